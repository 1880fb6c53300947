using System.Buffers.Binary;

namespace SecureFed.Core;

/// <summary>The number under which a kind of server optimiser is stored. Numbers are never reused.</summary>
public enum ServerOptimiserKind : byte
{
    /// <summary>No kind; refused everywhere.</summary>
    None = 0,

    /// <summary><see cref="ServerOptimiser.GradientDescent"/>.</summary>
    GradientDescent = 1,

    /// <summary><see cref="ServerOptimiser.Momentum"/>.</summary>
    Momentum = 2,

    /// <summary><see cref="ServerOptimiser.Adaptive.Adagrad"/>.</summary>
    Adagrad = 3,

    /// <summary><see cref="ServerOptimiser.Adaptive.Adam"/>.</summary>
    Adam = 4,

    /// <summary><see cref="ServerOptimiser.Adaptive.Yogi"/>.</summary>
    Yogi = 5,
}

/// <summary>What a server optimiser remembers from round to round: the number of steps and a vector per accumulator.</summary>
/// <remarks>
/// Immutable and thread-safe. Public, as the models it follows from are. It is a value so that a host can store it beside
/// the model and resume with the same bits. Encoding: the ASCII label "SecureFed/1 optimiser state", kind (1 byte), number of
/// vectors (1 byte), d (32 bits), steps (64 bits), then the vectors as IEEE 754 single-precision numbers, all little-endian.
/// </remarks>
public sealed class OptimiserState
{
    private readonly float[][] _accumulators;

    internal OptimiserState(ServerOptimiserKind kind, int length, long stepCount, params float[][] accumulators)
    {
        Kind = kind;
        Length = length;
        StepCount = stepCount;
        _accumulators = accumulators;
    }

    /// <summary>Which optimiser's state this is.</summary>
    public ServerOptimiserKind Kind { get; }

    /// <summary>d, the number of the model's weights.</summary>
    public int Length { get; }

    /// <summary>How many steps were taken.</summary>
    public long StepCount { get; }

    /// <summary>How many vectors the optimiser keeps: none for gradient descent, one for momentum, two for the adaptive kinds.</summary>
    public int AccumulatorCount => _accumulators.Length;

    private static ReadOnlySpan<byte> Label => "SecureFed/1 optimiser state"u8;

    private static int HeaderSizeInBytes => Label.Length + 1 + 1 + sizeof(int) + sizeof(long);

    /// <summary>float[d], one of the vectors, all finite.</summary>
    /// <param name="index">0 to <see cref="AccumulatorCount"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such vector.</exception>
    public ReadOnlySpan<float> Accumulator(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, AccumulatorCount);
        return _accumulators[index];
    }

    /// <summary>The encoding.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[checked(HeaderSizeInBytes + ((long)AccumulatorCount * Length * sizeof(float)))];
        Label.CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(Label.Length);
        rest[0] = (byte)Kind;
        rest[1] = (byte)AccumulatorCount;
        BinaryPrimitives.WriteInt32LittleEndian(rest[2..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest[6..], StepCount);
        for (int i = 0; i < AccumulatorCount; i++)
        {
            FloatBytes.Write(_accumulators[i], bytes.AsSpan(HeaderSizeInBytes + (i * Length * sizeof(float))));
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not the encoding of a state.</exception>
    public static OptimiserState FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSizeInBytes || !bytes.StartsWith(Label))
        {
            throw new FormatException("These bytes are not an optimiser state: they do not start with its label.");
        }

        ReadOnlySpan<byte> header = bytes[Label.Length..];
        var kind = (ServerOptimiserKind)header[0];
        int count = header[1];
        int length = BinaryPrimitives.ReadInt32LittleEndian(header[2..]);
        long steps = BinaryPrimitives.ReadInt64LittleEndian(header[6..]);
        if (ServerOptimiser.AccumulatorsOf(kind) is not { } expected || count != expected)
        {
            throw new FormatException("The optimiser state names a kind that this version does not know.");
        }

        if (
            length is < 1 or > GlobalModel.MaximumLength
            || steps < 0
            || bytes.Length - HeaderSizeInBytes != (long)count * length * sizeof(float)
        )
        {
            throw new FormatException("The numbers of the optimiser state do not agree with the number of its bytes.");
        }

        float[][] accumulators = new float[count][];
        for (int i = 0; i < count; i++)
        {
            accumulators[i] = new float[length];
            if (
                !FloatBytes.TryReadCanonical(
                    bytes[(HeaderSizeInBytes + (i * length * sizeof(float)))..],
                    accumulators[i]
                )
            )
            {
                throw new FormatException("A number of the optimiser state is NaN, infinite or a negative zero.");
            }
        }

        // The second vector of the adaptive kinds is a mean or sum of squares; a root of less than zero has no step.
        if (count > 1 && accumulators[1].AsSpan().IndexOfAnyInRange(float.NegativeInfinity, -float.Epsilon) >= 0)
        {
            throw new FormatException("A number of the optimiser state is negative where squares are kept.");
        }

        return new OptimiserState(kind, length, steps, accumulators);
    }
}
