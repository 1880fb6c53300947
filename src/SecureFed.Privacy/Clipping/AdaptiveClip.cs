using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// A clip norm C that follows a quantile of the parties' norms from round to round, by a noisy count of the parties whose
/// update is not longer than C (Andrew, Thakkar, McMahan and Ramaswamy, NeurIPS 2021). spec 02-privacy#clip-1
/// </summary>
/// <remarks>
/// Immutable, public and thread-safe. Correctly rounded: the same counts give the same bits on every machine. Encoding: the
/// ASCII label "SecureFed/1 adaptive clip", C in steps of 2^-120 (192 bits), quantile and rate (IEEE 754 double precision),
/// steps (64 bits), all little-endian.
/// </remarks>
public sealed class AdaptiveClip : IEquatable<AdaptiveClip>
{
    /// <summary>The smallest C: 2^-60, the smallest clip norm of a plan. Noise in the counts cannot take it lower.</summary>
    public const double SmallestValue = UpdateEncoding.SmallestClipNorm;

    /// <summary>The largest C: 2^62, the largest clip norm of a plan.</summary>
    public const double LargestValue = UpdateEncoding.LargestClipNorm;

    /// <summary>The smallest rate, and how far a quantile stays from 0 and 1: 2^-20.</summary>
    public const double SmallestRate = 1.0 / (1 << 20);

    // A double from 2^-60 on is a multiple of 2^-112; the rest keeps every rounding below 2^-60 of C.
    private const int FractionBits = 120;
    private const int StateBytes = 24;

    // Quantile and rate are doubles from 2^-20 on: multiples of 2^-72. Every double is a multiple of 2^-1074.
    private const int ParameterBits = 72;
    private const int CountBits = 1074;

    private static readonly BigInteger s_smallest = Exact(SmallestValue, FractionBits);
    private static readonly BigInteger s_largest = Exact(LargestValue, FractionBits);

    private readonly BigInteger _scaled;

    private AdaptiveClip(BigInteger scaled, double quantile, double rate, long stepCount) =>
        (_scaled, Quantile, Rate, StepCount) = (scaled, quantile, rate, stepCount);

    /// <summary>C for the next round, 2^-60 to 2^62, in the unit of the updates: the largest double that is not above the state.</summary>
    public double Value
    {
        get
        {
            int excess = Math.Max(0, (int)_scaled.GetBitLength() - 53);
            return Math.ScaleB((double)(long)(_scaled >> excess), excess - FractionBits);
        }
    }

    /// <summary>γ: the share of parties whose update is to be at most C long.</summary>
    public double Quantile { get; }

    /// <summary>η: how fast C moves.</summary>
    public double Rate { get; }

    /// <summary>How many rounds were taken in.</summary>
    public long StepCount { get; }

    private static ReadOnlySpan<byte> Label => "SecureFed/1 adaptive clip"u8;

    private static int SizeInBytes => Label.Length + StateBytes + (3 * sizeof(long));

    /// <summary>Starts from a guess.</summary>
    /// <param name="initial">C of the first round, 2^-60 to 2^62.</param>
    /// <param name="quantile">γ, from 2^-20 to 1 − 2^-20; 0.5 follows the median.</param>
    /// <param name="rate">η, from 2^-20 to 1; 0.2 moves C by a tenth when all parties are on one side of a median.</param>
    /// <exception cref="PrivacyDomainException">A number is out of range or NaN.</exception>
    public static AdaptiveClip Start(double initial, double quantile = 0.5, double rate = 0.2)
    {
        if (!(initial is >= SmallestValue and <= LargestValue))
        {
            throw new PrivacyDomainException(
                nameof(initial),
                initial,
                "from 2^-60 to 2^62",
                "It is a guess of the norm of an update, for example 0.1."
            );
        }

        if (!IsQuantile(quantile))
        {
            throw new PrivacyDomainException(
                nameof(quantile),
                quantile,
                "from 2^-20 to 1 − 2^-20",
                "It is the share of updates that are not clipped, for example 0.5."
            );
        }

        if (!IsRate(rate))
        {
            throw new PrivacyDomainException(nameof(rate), rate, "from 2^-20 to 1", "For example 0.2.");
        }

        return new AdaptiveClip(Exact(initial, FractionBits), quantile, rate, stepCount: 0);
    }

    /// <summary>The standard deviation of the noise on the count that is usual: a twentieth of the parties.</summary>
    /// <param name="participants">n, at least 1.</param>
    public static double UsualCountSigma(int participants)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participants, 1);
        return participants / 20.0;
    }

    /// <summary>
    /// The noise multiplier of the updates, such that updates and count together cost as much as one Gaussian of a given
    /// multiplier. spec 02-privacy#clip-3
    /// </summary>
    /// <param name="noiseMultiplier">z &gt; 0 of the whole.</param>
    /// <param name="countSigma">s &gt; z/2: the standard deviation of the noise on the count. A party reports 1/2 or −1/2, so that it moves the count by 1/2.</param>
    /// <returns>(z^-2 − (2s)^-2)^(−1/2), rounded up by less than 10^-14 of it.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or the count alone costs more than z allows.</exception>
    public static double ValueNoiseMultiplier(double noiseMultiplier, double countSigma)
    {
        const double Largest = 1e300;
        Domain.Positive(noiseMultiplier, nameof(noiseMultiplier), "It is σ/Δ of updates and count together.");
        Domain.Positive(countSigma, nameof(countSigma), "It is the standard deviation of the noise on the count.");
        double half = noiseMultiplier / 2;
        if (countSigma <= half || countSigma > Largest)
        {
            throw new PrivacyDomainException(
                nameof(countSigma),
                countSigma,
                "more than half of the noise multiplier, and at most 1e300",
                "The count alone would cost more than the whole may."
            );
        }

        // s − z/2 is one rounding of two exact numbers: nothing cancels, however close they are.
        double multiplier =
            noiseMultiplier * Math.Sqrt(countSigma / (countSigma - half)) * Math.Sqrt(countSigma / (countSigma + half));
        return multiplier * (1 + (16 * NearOne.UnitRoundoff));
    }

    /// <summary>What a party reports: whether its update is at most C long.</summary>
    /// <param name="norm">The L2 norm before clipping, not negative.</param>
    /// <exception cref="PrivacyDomainException">The norm is negative or NaN.</exception>
    public bool Covers(double norm) =>
        norm >= 0
            ? norm <= Value
            : throw new PrivacyDomainException(nameof(norm), norm, "not negative", "It is the length of an update.");

    /// <summary>The clip norm of the next round: C · exp(−η · (b − γ)), where b is the noisy share of parties within C.</summary>
    /// <param name="noisyCount">The noisy number of parties whose update is at most C long: any finite number, also negative or above <paramref name="participants"/>.</param>
    /// <param name="participants">n, at least 1: a public number, not one that depends on private data.</param>
    /// <exception cref="PrivacyDomainException">The count is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no participants.</exception>
    public AdaptiveClip Next(double noisyCount, int participants)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participants, 1);
        if (!double.IsFinite(noisyCount))
        {
            throw new PrivacyDomainException(
                nameof(noisyCount),
                noisyCount,
                "a finite number",
                "It is a sum of reports with its noise."
            );
        }

        // spec 02-privacy#clip-1: the exponent η·(γ − b) as one fraction. More parties within C than wanted make C smaller;
        // the other sign runs away from the quantile.
        BigInteger excess =
            (Exact(Quantile, ParameterBits) * participants << CountBits)
            - (Math.Sign(noisyCount) * Exact(Math.Abs(noisyCount), CountBits) << ParameterBits);
        BigInteger numerator = Exact(Rate, ParameterBits) * excess;
        BigInteger denominator = (BigInteger)participants << (CountBits + (2 * ParameterBits));

        // spec 02-privacy#clip-2: one round moves C by at most the factor e, and C stays within its limits.
        BigInteger next = ExactExponential.NearestProduct(
            _scaled,
            BigInteger.Clamp(numerator, -denominator, denominator),
            denominator
        );
        return new AdaptiveClip(BigInteger.Clamp(next, s_smallest, s_largest), Quantile, Rate, StepCount + 1);
    }

    /// <summary>The encoding.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[SizeInBytes];
        Label.CopyTo(bytes);
        Span<byte> rest = bytes.AsSpan(Label.Length);
        Invariant.Check(_scaled.TryWriteBytes(rest[..StateBytes], out _, isUnsigned: true), "C fits 192 bits");
        rest = rest[StateBytes..];
        BinaryPrimitives.WriteDoubleLittleEndian(rest, Quantile);
        BinaryPrimitives.WriteDoubleLittleEndian(rest[8..], Rate);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], StepCount);
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are not the encoding of a clip norm.</exception>
    public static AdaptiveClip FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeInBytes || !bytes.StartsWith(Label))
        {
            throw new FormatException("These bytes are not an adaptive clip norm: they have another label or length.");
        }

        ReadOnlySpan<byte> rest = bytes[Label.Length..];
        BigInteger scaled = new(rest[..StateBytes], isUnsigned: true);
        rest = rest[StateBytes..];
        double quantile = BinaryPrimitives.ReadDoubleLittleEndian(rest);
        double rate = BinaryPrimitives.ReadDoubleLittleEndian(rest[8..]);
        long steps = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
        return scaled >= s_smallest && scaled <= s_largest && IsQuantile(quantile) && IsRate(rate) && steps >= 0
            ? new AdaptiveClip(scaled, quantile, rate, steps)
            : throw new FormatException("A number of the adaptive clip norm is out of range.");
    }

    /// <inheritdoc/>
    public bool Equals(AdaptiveClip? other) =>
        other is not null
        && _scaled == other._scaled
        && Quantile.Equals(other.Quantile)
        && Rate.Equals(other.Rate)
        && StepCount == other.StepCount;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AdaptiveClip);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_scaled, Quantile, Rate, StepCount);

    /// <summary>For example "C = 0.125 after 3 rounds, quantile 0.5, rate 0.2".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"C = {Value} after {StepCount} rounds, quantile {Quantile}, rate {Rate}"
        );

    private static bool IsQuantile(double value) => value is >= SmallestRate and <= 1 - SmallestRate;

    private static bool IsRate(double value) => value is >= SmallestRate and <= 1;

    private static BigInteger Exact(double value, int bits) => ExactNumber.Of(value).ScaledByPowerOfTwo(bits).Floor();
}
