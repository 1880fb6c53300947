using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace SecureFed.Core;

/// <summary>A bound W on the weight of one party that follows a quantile of the parties' weights from round to round. spec 01-updates#bound-1</summary>
/// <remarks>
/// Immutable, public and thread-safe. The geometric update of Andrew, Thakkar, McMahan and Ramaswamy (NeurIPS 2021), there
/// for clip norms: each party also says whether its weight is at most W, only the sum of these bits comes out, and W shrinks
/// when more than the wanted share of the parties is below it. Correctly rounded: the same sums give the same bits on every
/// machine. Encoding: the ASCII label "SecureFed/1 weight bound", W in steps of 2^-30 (64 bits), quantile and rate (IEEE 754
/// double precision), steps (64 bits), all little-endian.
/// </remarks>
public sealed class WeightBound : IEquatable<WeightBound>
{
    /// <summary>The largest bound: 2^31.</summary>
    public const long LargestValue = 1L << 31;

    /// <summary>The smallest rate, and how far a quantile stays from 0 and 1: 2^-20.</summary>
    public const double SmallestRate = 1.0 / (1 << 20);

    /// <summary>The name of the metric that counts the parties at or below the bound.</summary>
    public const string MetricName = "weight-within-bound";

    private const int FractionBits = 30;
    private const long Smallest = 1L << FractionBits;
    private const long Largest = LargestValue << FractionBits;

    // Quantile and rate are doubles from 2^-20 on: multiples of 2^-72.
    private const int ParameterBits = 72;

    private readonly long _scaled;

    private WeightBound(long scaled, double quantile, double rate, long stepCount) =>
        (_scaled, Quantile, Rate, StepCount) = (scaled, quantile, rate, stepCount);

    /// <summary>W for the next round: an integer from 1 to 2^31, the plan's largest weight.</summary>
    public long Value => (_scaled + (1L << (FractionBits - 1))) >> FractionBits;

    /// <summary>The share of parties whose weight is to be at most W.</summary>
    public double Quantile { get; }

    /// <summary>How fast W moves: one round changes it by at most the factor e^rate.</summary>
    public double Rate { get; }

    /// <summary>How many rounds were taken in.</summary>
    public long StepCount { get; }

    /// <summary>What every party reports: 1 when its weight is at most W, else 0.</summary>
    public static MetricBlock Block { get; } = MetricBlock.Create(MetricName, count: 1, maximum: 1);

    private static ReadOnlySpan<byte> Label => "SecureFed/1 weight bound"u8;

    private static int SizeInBytes => Label.Length + (4 * sizeof(long));

    /// <summary>Starts from a guess.</summary>
    /// <param name="initial">W of the first round, 1 to 2^31.</param>
    /// <param name="quantile">From 2^-20 to 1 − 2^-20; 0.5 follows the median.</param>
    /// <param name="rate">From 2^-20 to 1; 0.2 moves W by a tenth when all parties are on one side of a median.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range or NaN.</exception>
    public static WeightBound Start(long initial, double quantile = 0.5, double rate = 0.2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(initial, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(initial, LargestValue);
        if (!IsQuantile(quantile))
        {
            throw new ArgumentOutOfRangeException(
                nameof(quantile),
                quantile,
                "The quantile is a number from 2^-20 to 1 − 2^-20, for example 0.5 for the median."
            );
        }

        if (!IsRate(rate))
        {
            throw new ArgumentOutOfRangeException(
                nameof(rate),
                rate,
                "The rate is a number from 2^-20 to 1, for example 0.2."
            );
        }

        return new WeightBound(initial << FractionBits, quantile, rate, stepCount: 0);
    }

    /// <summary>The weight that a party sends: its own, or W when that is less.</summary>
    /// <param name="weight">At least 1.</param>
    public long Cap(long weight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        return Math.Min(weight, Value);
    }

    /// <summary>The metrics of a party with whether its weight is at most W.</summary>
    /// <param name="values">What it reports beside.</param>
    /// <param name="weight">Its own weight before <see cref="Cap"/>, at least 1.</param>
    public MetricValues AddTo(MetricValues values, long weight)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        return values.With(MetricName, weight <= Value ? 1 : 0);
    }

    /// <summary>The bound of the next round: W · exp(−rate · (share − quantile)).</summary>
    /// <param name="sums">The metrics of a round under this bound, whose plan names <see cref="Block"/>.</param>
    /// <exception cref="ArgumentException">The plan did not name the metric.</exception>
    public WeightBound Next(MetricSums sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        return Next(sums.Integers(MetricName)[0], sums.Contributors);
    }

    /// <summary>The bound of the next round, from the number of parties at or below this one.</summary>
    /// <param name="within">0 to <paramref name="contributors"/>.</param>
    /// <param name="contributors">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public WeightBound Next(long within, int contributors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contributors, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(within);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(within, contributors);

        // spec 01-updates#bound-2: the exponent rate · (quantile − within / contributors) as one fraction.
        BigInteger excess = (Exact(Quantile) * contributors) - ((BigInteger)within << ParameterBits);
        BigInteger next = ExactExponential.NearestProduct(
            _scaled,
            Exact(Rate) * excess,
            (BigInteger)contributors << (2 * ParameterBits)
        );
        return new WeightBound(
            (long)BigInteger.Max(Smallest, BigInteger.Min(Largest, next)),
            Quantile,
            Rate,
            StepCount + 1
        );
    }

    /// <summary>The encoding.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[SizeInBytes];
        Label.CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(Label.Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest, _scaled);
        BinaryPrimitives.WriteDoubleLittleEndian(rest[8..], Quantile);
        BinaryPrimitives.WriteDoubleLittleEndian(rest[16..], Rate);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], StepCount);
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not the encoding of a bound.</exception>
    public static WeightBound FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeInBytes || !bytes.StartsWith(Label))
        {
            throw new FormatException("These bytes are not a weight bound: they have another label or length.");
        }

        ReadOnlySpan<byte> rest = bytes[Label.Length..];
        long scaled = BinaryPrimitives.ReadInt64LittleEndian(rest);
        double quantile = BinaryPrimitives.ReadDoubleLittleEndian(rest[8..]);
        double rate = BinaryPrimitives.ReadDoubleLittleEndian(rest[16..]);
        long steps = BinaryPrimitives.ReadInt64LittleEndian(rest[24..]);
        return scaled is >= Smallest and <= Largest && IsQuantile(quantile) && IsRate(rate) && steps >= 0
            ? new WeightBound(scaled, quantile, rate, steps)
            : throw new FormatException("A number of the weight bound is out of range.");
    }

    /// <inheritdoc/>
    public bool Equals(WeightBound? other) =>
        other is not null
        && _scaled == other._scaled
        && Quantile.Equals(other.Quantile)
        && Rate.Equals(other.Rate)
        && StepCount == other.StepCount;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WeightBound);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_scaled, Quantile, Rate, StepCount);

    /// <summary>For example "W = 512 after 3 rounds, quantile 0.5, rate 0.2".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"W = {Value} after {StepCount} rounds, quantile {Quantile}, rate {Rate}"
        );

    private static bool IsQuantile(double value) => value >= SmallestRate && value <= 1 - SmallestRate;

    private static bool IsRate(double value) => value >= SmallestRate && value <= 1;

    private static BigInteger Exact(double value) => ExactNumber.Of(value).ScaledByPowerOfTwo(ParameterBits).Floor();
}
