using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Fills a vector with independent samples of N_Z(0, σ²), in the order in which the stream's words decide them. spec 02-privacy#sampler-3</summary>
/// <param name="variance">σ².</param>
/// <param name="words">The uniform words.</param>
/// <param name="samples">Receives the samples.</param>
public delegate void NoiseSampling(long variance, RandomSource words, Span<long> samples);

/// <summary>The seeds of a party's removable layers of noise: a one-way chain, of which a later seed says nothing about an earlier one. spec 02-privacy#layers-3</summary>
/// <remarks>Stateless and thread-safe.</remarks>
public static class LayerSeeds
{
    private static readonly byte[] ChainLabel = Encoding.ASCII.GetBytes(Labels.NoiseChain);
    private static readonly byte[] LayerLabel = Encoding.ASCII.GetBytes(Labels.NoiseLayer);

    /// <summary>Draws all layers of a party's noise, and the seed that opens the removable ones.</summary>
    /// <param name="suite">The suite of the round.</param>
    /// <param name="encoding">An encoding with noise in layers.</param>
    /// <param name="random">The system's generator outside of tests.</param>
    /// <param name="sampling">The sampler.</param>
    /// <exception cref="ArgumentException">The encoding has no noise in layers.</exception>
    public static NoiseVector Draw(
        ProtocolSuite suite,
        UpdateEncoding encoding,
        RandomSource random,
        NoiseSampling sampling
    )
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(encoding);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(sampling);
        NoiseLayers layers =
            encoding.Noise?.Layers
            ?? throw new ArgumentException("The plan of this encoding has no noise in layers.", nameof(encoding));
        SecretBytes seed = SecretBytes.Generate(ProtocolSuite.SecretSizeInBytes, random);
        try
        {
            // The layer that always stays has no seed that could be opened.
            return new NoiseVector(
                encoding,
                samples =>
                {
                    sampling(layers.VarianceOf(0), random, samples);
                    AddLayers(suite, seed, 1, layers, sampling, samples);
                },
                seed
            );
        }
        catch
        {
            seed.Dispose();
            throw;
        }
    }

    /// <summary>Adds the samples of layers <paramref name="first"/> to L to a vector.</summary>
    /// <param name="suite">Derives keys and makes the keystreams.</param>
    /// <param name="seed">The seed of layer <paramref name="first"/>; it stays the caller's.</param>
    /// <param name="first">1 to L + 1, of which L + 1 adds nothing.</param>
    /// <param name="layers">Sound layers.</param>
    /// <param name="sampling">The sampler.</param>
    /// <param name="sum">Receives the sums, mod 2^64.</param>
    public static void AddLayers(
        ProtocolSuite suite,
        SecretBytes seed,
        int first,
        NoiseLayers layers,
        NoiseSampling sampling,
        Span<long> sum
    )
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(seed);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(sampling);
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        SecretBytes current = Copy(seed);
        using PinnedSamples layer = new(sum.Length);
        try
        {
            for (int k = first; k <= layers.Removable; k++)
            {
                using (SecretBytes key = suite.DeriveKey(current, LayerLabel))
                using (KeystreamWords words = new(suite.CreateKeystream(key)))
                {
                    sampling(layers.VarianceOf(k), words, layer.Span);
                }

                for (int i = 0; i < sum.Length; i++)
                {
                    sum[i] = unchecked(sum[i] + layer.Span[i]);
                }

                current = Replace(current, suite.DeriveKey(current, ChainLabel));
            }
        }
        finally
        {
            current.Dispose();
        }
    }

    /// <summary>The seed of layer <paramref name="layer"/> from that of layer 1.</summary>
    /// <param name="suite">Derives keys.</param>
    /// <param name="first">The seed of layer 1; it stays the caller's.</param>
    /// <param name="layer">At least 1.</param>
    internal static SecretBytes SeedOf(ProtocolSuite suite, SecretBytes first, int layer)
    {
        SecretBytes current = Copy(first);
        for (int k = 1; k < layer; k++)
        {
            current = Replace(current, suite.DeriveKey(current, ChainLabel));
        }

        return current;
    }

    private static SecretBytes Copy(SecretBytes seed) => SecretBytes.CopyFrom(seed.Reveal(SecretAccess.ForPrimitive));

    private static SecretBytes Replace(SecretBytes old, SecretBytes next)
    {
        old.Dispose();
        return next;
    }

    /// <summary>The bytes of a keystream, one after the other.</summary>
    [Secret]
    private sealed class KeystreamWords(MaskKeystream stream) : RandomSource, IDisposable
    {
        private long _next;

        public override void Fill(Span<byte> destination)
        {
            Invariant.Check(destination.Length % sizeof(uint) == 0, "a sampler draws whole words");
            Span<uint> lanes = MemoryMarshal.Cast<byte, uint>(destination);
            lanes.Clear();
            stream.AddTo(lanes, _next);
            _next += lanes.Length;
        }

        public void Dispose() => stream.Dispose();

        public override string ToString() => nameof(KeystreamWords);
    }

    [Secret]
    private sealed class PinnedSamples(int length) : IDisposable
    {
        private readonly long[] _samples = GC.AllocateUninitializedArray<long>(length, pinned: true);

        public Span<long> Span => _samples;

        public override string ToString() => nameof(PinnedSamples);

        public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_samples.AsSpan()));
    }
}
