using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecureFed.Core;

/// <summary>One party's share of the noise of one attempt, drawn before the data is touched. Made only by the sampler.</summary>
/// <remarks>In pinned memory, wiped when it is used or disposed of. Used once: the same noise on two updates would cancel in their difference.</remarks>
[Secret]
public sealed class NoiseVector : IDisposable
{
    private readonly long[] _samples;
    private bool _isGone;

    internal NoiseVector(UpdateEncoding encoding, Filling fill)
    {
        Invariant.Check(encoding.Noise is not null, "noise is drawn for plans with noise");
        Encoding = encoding;
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
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_samples.AsSpan()));
    }

    /// <summary>The type only.</summary>
    public override string ToString() => nameof(NoiseVector);

    /// <summary>lanes[i] ← lanes[i] + noise[i] mod 2^b; then the noise is wiped.</summary>
    internal void MoveInto(RingVector lanes)
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        if (lanes.Ring.LaneBits == 32)
        {
            Span<uint> narrow = lanes.NarrowLanes;
            for (int i = 0; i < _samples.Length; i++)
            {
                narrow[i] = unchecked(narrow[i] + (uint)_samples[i]);
            }
        }
        else
        {
            Span<ulong> wide = lanes.WideLanes;
            for (int i = 0; i < _samples.Length; i++)
            {
                wide[i] = unchecked(wide[i] + (ulong)_samples[i]);
            }
        }

        lanes.Reduce();
        Dispose();
    }
}
