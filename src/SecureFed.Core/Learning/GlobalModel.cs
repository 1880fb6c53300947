using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SecureFed.Core;

/// <summary>The weights that a round starts from, and the digest by which all parties check that they start from the same.</summary>
/// <remarks>
/// Immutable and thread-safe. Public: the model goes to every party. The canonical encoding is the ASCII label
/// "SecureFed/1 model", the length d as 32 bits and d IEEE 754 single-precision numbers, all little-endian; negative zero
/// is stored as zero, so models that compare equal have equal digests.
/// </remarks>
public sealed class GlobalModel
{
    /// <summary>The most weights a model has: 2²⁸, which is 1 GiB.</summary>
    public const int MaximumLength = 1 << 28;

    private readonly float[] _weights;

    private GlobalModel(float[] weights)
    {
        _weights = weights;
        Digest = DigestOf(weights);
    }

    /// <summary>d, the number of weights.</summary>
    public int Length => _weights.Length;

    /// <summary>float[d], all finite.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>SHA-256 of the canonical encoding; this is what a round's descriptor names.</summary>
    public Digest Digest { get; }

    private static ReadOnlySpan<byte> Label => "SecureFed/1 model"u8;

    /// <summary>Copies weights into a model.</summary>
    /// <param name="weights">float[d], all finite; 1 ≤ d ≤ <see cref="MaximumLength"/>.</param>
    /// <exception cref="ArgumentException">A weight is NaN or infinite, or the length is out of range.</exception>
    public static GlobalModel Create(ReadOnlySpan<float> weights)
    {
        RequireLength(weights.Length);
        return new GlobalModel(Canonical(weights.ToArray()));
    }

    /// <summary>The model whose weights are all zero.</summary>
    /// <param name="length">d, 1 to <see cref="MaximumLength"/>.</param>
    /// <exception cref="ArgumentException">The length is out of range.</exception>
    public static GlobalModel Zero(int length)
    {
        RequireLength(length);
        return new GlobalModel(new float[length]);
    }

    /// <summary>The model with each weight moved by <paramref name="rate"/> · <paramref name="direction"/>; products and sums rounded to float.</summary>
    /// <param name="direction">float[d], for example a mean update.</param>
    /// <param name="rate">Finite.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a weight of the result is NaN or infinite: training diverged.</exception>
    public GlobalModel Moved(ReadOnlySpan<float> direction, float rate = 1)
    {
        if (direction.Length != Length)
        {
            throw new ArgumentException(
                $"The model has {Length} weights and the update {direction.Length}; they must be of one plan.",
                nameof(direction)
            );
        }

        float[] moved = new float[Length];
        for (int i = 0; i < moved.Length; i++)
        {
            moved[i] = _weights[i] + (rate * direction[i]);
        }

        return new GlobalModel(Canonical(moved));
    }

    /// <summary>float[d], a copy of the weights.</summary>
    public float[] ToArray() => (float[])_weights.Clone();

    /// <summary>The canonical encoding.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[checked(Label.Length + sizeof(int) + ((long)_weights.Length * sizeof(float)))];
        Label.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Label.Length), _weights.Length);
        FloatBytes.Write(_weights, bytes.AsSpan(Label.Length + sizeof(int)));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not the canonical encoding of a model.</exception>
    public static GlobalModel FromBytes(ReadOnlySpan<byte> bytes)
    {
        int headerSize = Label.Length + sizeof(int);
        if (bytes.Length < headerSize || !bytes.StartsWith(Label))
        {
            throw new FormatException("These bytes are not a SecureFed model: they do not start with its label.");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[Label.Length..]);
        if (length is < 1 or > MaximumLength || bytes.Length - headerSize != (long)length * sizeof(float))
        {
            throw new FormatException("The length of the model does not agree with the number of its bytes.");
        }

        float[] weights = new float[length];
        if (!FloatBytes.TryReadCanonical(bytes[headerSize..], weights))
        {
            throw new FormatException("A weight of the model is NaN, infinite or a negative zero.");
        }

        return new GlobalModel(weights);
    }

    private static void RequireLength(int length)
    {
        if (length is < 1 or > MaximumLength)
        {
            throw new ArgumentException($"A model has 1 to {MaximumLength} weights; {length} were given.");
        }
    }

    // Takes the array over; callers keep no reference.
    private static float[] Canonical(float[] weights)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            if (!float.IsFinite(weights[i]))
            {
                throw new ArgumentException(
                    $"Weight {i} of {weights.Length} is NaN or infinite. Training diverged: lower the learning rate or check the data."
                );
            }

            // −0 + 0 is +0; every other number stays.
            weights[i] += 0f;
        }

        return weights;
    }

    private static Digest DigestOf(float[] weights)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Label);
        Span<byte> buffer = stackalloc byte[4096];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, weights.Length);
        hash.AppendData(buffer[..sizeof(int)]);
        for (int start = 0; start < weights.Length; start += buffer.Length / sizeof(float))
        {
            int count = Math.Min(buffer.Length / sizeof(float), weights.Length - start);
            FloatBytes.Write(weights.AsSpan(start, count), buffer);
            hash.AppendData(buffer[..(count * sizeof(float))]);
        }

        hash.GetHashAndReset(buffer);
        return Digest.FromBytes(buffer[..Digest.SizeInBytes]);
    }
}
