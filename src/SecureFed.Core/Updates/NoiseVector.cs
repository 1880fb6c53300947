using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecureFed.Core;

/// <summary>One party's share of the noise of one attempt, drawn before the data is touched. Made only by the sampler.</summary>
/// <remarks>In pinned memory, wiped when it is used or disposed of. Used once: the same noise on two updates would cancel in their difference.</remarks>
[Secret]
public sealed class NoiseVector : IDisposable
{
    private readonly long[] _samples;
    private SecretBytes? _layerSeed;
    private bool _isGone;

    /// <summary>Draws the samples; with layers, those that <paramref name="layerSeed"/> yields are among them. It is taken.</summary>
    internal NoiseVector(UpdateEncoding encoding, Filling fill, SecretBytes? layerSeed = null)
    {
        Invariant.Check(encoding.Noise is not null, "noise is drawn for plans with noise");
        Invariant.Check(
            encoding.Noise.Layers is null == layerSeed is null,
            "noise in layers, and no other, has a seed that opens them"
        );
        Encoding = encoding;
        _layerSeed = layerSeed;
        _samples = GC.AllocateUninitializedArray<long>(encoding.RingLength, pinned: true);
        fill(_samples);
    }

    internal delegate void Filling(Span<long> samples);

    /// <summary>The encoding whose noise it is.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>Wipes it.</summary>
    public void Dispose()
    {
        _isGone = true;
        _layerSeed?.Dispose();
        _layerSeed = null;
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_samples.AsSpan()));
    }

    /// <summary>The type only.</summary>
    public override string ToString() => nameof(NoiseVector);

    /// <summary>lanes[i] ← lanes[i] + noise[i] mod 2^b; then the noise is wiped.</summary>
    /// <returns>The seed of the removable layers, for the session that opens them; null when there are none.</returns>
    internal SecretBytes? MoveInto(RingVector lanes)
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        lanes.Add(_samples);
        SecretBytes? seed = _layerSeed;
        _layerSeed = null;
        Dispose();
        return seed;
    }
}
