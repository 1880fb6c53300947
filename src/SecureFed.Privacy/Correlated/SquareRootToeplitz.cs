using System.Collections.Immutable;
using System.Numerics;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// Noise that is correlated over the rounds of a training, so that sums over rounds carry less of it: the square-root Toeplitz
/// factorisation B·C = A of the prefix sums A (Fichtenberger, Henzinger and Upadhyay, ICML 2023), whole or cut to some bands
/// (Choquette-Choo et al., NeurIPS 2023). spec 02-privacy#matrix-1
/// </summary>
/// <remarks>
/// After round t, counted from 0, the sum of all rounds so far is released with the noise Σ_j B[t, j]·z_j, where z_0, z_1, … are
/// independent vectors of Gaussian noise. Nothing here assumes that anybody is sampled. Immutable and thread-safe.
/// </remarks>
public sealed class SquareRootToeplitz
{
    /// <summary>The most rounds.</summary>
    public const int LargestStepCount = 1 << 20;

    /// <summary>The most terms of the recurrences: rounds times bands, for a factor that is cut.</summary>
    public const long LargestWork = 1L << 26;

    // Coefficients are multiples of 2^-128.
    private const int FractionBits = 128;

    private readonly ImmutableArray<double> _noise;

    private SquareRootToeplitz(int steps, int bands, double squaredSensitivity, ImmutableArray<double> noise) =>
        (Steps, Bands, SquaredSensitivity, _noise) = (steps, bands, squaredSensitivity, noise);

    /// <summary>T: how many rounds.</summary>
    public int Steps { get; }

    /// <summary>How many diagonals of C are not zero; T for the whole factor.</summary>
    public int Bands { get; }

    /// <summary>The squared length of the longest column of C, rounded up by less than 10^-15 of it.</summary>
    public double SquaredSensitivity { get; }

    /// <summary>What z_j weighs in the noise of round j + <paramref name="lag"/>: B[j + lag, j], the same for every j, within 2^-52 of it.</summary>
    /// <param name="lag">0 to T − 1.</param>
    public double NoiseWeight(int lag)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lag);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lag, Steps);
        return _noise[lag];
    }

    /// <summary>The whole factor, for units that take part in one round only.</summary>
    /// <param name="steps">T, 1 to 2^20.</param>
    /// <exception cref="ArgumentOutOfRangeException">T is out of range.</exception>
    public static SquareRootToeplitz Create(int steps) => Create(steps, steps);

    /// <summary>The factor cut to some bands, for units that come back after at least as many rounds.</summary>
    /// <param name="steps">T, 1 to 2^20.</param>
    /// <param name="bands">1 to T, and T times this at most 2^26 unless it is T itself.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static SquareRootToeplitz Create(int steps, int bands)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, LargestStepCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(bands, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bands, bands == steps ? steps : LargestWork / steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bands, steps);

        // spec 02-privacy#matrix-2: c_0 = 1, c_k = c_(k−1)·(2k − 1)/(2k), each rounded up.
        BigInteger[] column = new BigInteger[bands];
        column[0] = BigInteger.One << FractionBits;
        BigInteger squares = column[0] * column[0];
        for (int k = 1; k < bands; k++)
        {
            column[k] = Above(column[k - 1] * ((2 * k) - 1), 2 * k);
            squares += column[k] * column[k];
        }

        double sensitivity = (double)(squares >> FractionBits) * Math.ScaleB(1, -FractionBits);
        return new(
            steps,
            bands,
            sensitivity * (1 + (4 * NearOne.UnitRoundoff)),
            bands == steps ? [.. column.Select(ToDouble)] : Quotient(steps, column)
        );
    }

    /// <summary>
    /// How far a unit can move C·x by taking part in some rounds, each time with a vector of length 1.
    /// spec 02-privacy#matrix-3
    /// </summary>
    /// <param name="participations">k ≥ 1: in how many rounds at most.</param>
    /// <param name="separation">b: how many rounds later it may come back at the earliest; at least <see cref="Bands"/> unless k is 1.</param>
    /// <returns>√k times the length of the first column of C, rounded up.</returns>
    /// <exception cref="ArgumentOutOfRangeException">k or b is out of range: no bound is known here for columns that overlap.</exception>
    public double Sensitivity(int participations = 1, int separation = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participations, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(separation, participations == 1 ? 1 : Bands);

        // No more than ⌈T/b⌉ rounds lie b apart.
        long most = Math.Min(participations, ((long)Steps + separation - 1) / separation);
        return Math.Sqrt(most * SquaredSensitivity) * (1 + (4 * NearOne.UnitRoundoff));
    }

    /// <summary>
    /// What an accountant charges for all T rounds together: one Gaussian, of multiplier σ over the sensitivity. The noise is
    /// continuous; no such statement holds for noise on a grid.
    /// </summary>
    /// <param name="sigma">σ &gt; 0 of each coordinate of each z_j, in units of the longest contribution to a round.</param>
    /// <param name="participations">As for <see cref="Sensitivity"/>.</param>
    /// <param name="separation">As for <see cref="Sensitivity"/>.</param>
    /// <exception cref="PrivacyDomainException">σ is outside its domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Sensitivity"/>.</exception>
    public PrivacyEvent Release(double sigma, int participations = 1, int separation = int.MaxValue)
    {
        Domain.Sigma(sigma);
        return PrivacyEvent.Gaussian(
            sigma / Sensitivity(participations, separation) * (1 - (4 * NearOne.UnitRoundoff))
        );
    }

    /// <summary>The noise of the sum after a round: Σ_j B[t, j]·z_j over j = 0 … t.</summary>
    /// <param name="independent">double[t + 1][d]: z_0 … z_t, all of one length.</param>
    /// <param name="noise">double[d]: is overwritten.</param>
    /// <exception cref="ArgumentException">There are no vectors or more than T, or their lengths differ.</exception>
    public void Correlate(ReadOnlySpan<ReadOnlyMemory<double>> independent, Span<double> noise)
    {
        if (independent.IsEmpty || independent.Length > Steps)
        {
            throw new ArgumentException(
                $"Round t takes t + 1 vectors, at most {Steps}; {independent.Length} were given.",
                nameof(independent)
            );
        }

        foreach (ReadOnlyMemory<double> vector in independent)
        {
            if (vector.Length != noise.Length)
            {
                throw new ArgumentException(
                    $"All vectors have {noise.Length} coordinates; one has {vector.Length}.",
                    nameof(independent)
                );
            }
        }

        noise.Clear();
        for (int j = 0; j < independent.Length; j++)
        {
            double weight = _noise[independent.Length - 1 - j];
            ReadOnlySpan<double> vector = independent[j].Span;
            for (int i = 0; i < noise.Length; i++)
            {
                noise[i] += weight * vector[i];
            }
        }
    }

    // B = A·C^−1 is Toeplitz too: C·B = A says Σ_j c_j·b_(t−j) = 1. The c_j fall and are positive, so that all zeros of
    // Σ c_j·x^j lie outside the unit circle (Eneström and Kakeya) and roundings die out.
    private static ImmutableArray<double> Quotient(int steps, BigInteger[] column)
    {
        BigInteger one = BigInteger.One << FractionBits;
        BigInteger[] weights = new BigInteger[steps];
        for (int t = 0; t < steps; t++)
        {
            BigInteger sum = BigInteger.Zero;
            for (int j = 1; j <= t && j < column.Length; j++)
            {
                sum += column[j] * weights[t - j];
            }

            weights[t] = one - (sum >> FractionBits);
        }

        return [.. weights.Select(ToDouble)];
    }

    private static BigInteger Above(BigInteger numerator, BigInteger denominator) =>
        (numerator + denominator - 1) / denominator;

    private static double ToDouble(BigInteger scaled) => (double)scaled * Math.ScaleB(1, -FractionBits);
}
