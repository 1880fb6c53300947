using System.Globalization;
using System.Numerics;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>How fine a grid a compressed ring carries. What it is decides accuracy only: a client counts with the descriptor's own numbers. spec 02-privacy#compressed-6</summary>
public static class CompressionRules
{
    // A coordinate leaves the ring where it is larger than this many standard deviations: once in 5·10^8.
    private const int DeviationsInHalfTheRing = 6;

    // Rounding uses up a part of the norm; this keeps what round-3 takes off an update at about half a hundredth.
    private const int LeastSquaredStepsPerCoordinate = 16;

    /// <summary>The encoding with the finest grid for which the noisy sum stays inside the ring.</summary>
    /// <param name="plan">Length, participants and clip norm; its grid and its noise are not used.</param>
    /// <param name="terms">Bits, examples and divisor; its share variance is not used.</param>
    /// <param name="noiseMultiplier">z.</param>
    /// <param name="honestShares">h.</param>
    /// <param name="relation">The relation.</param>
    /// <param name="normOfSum">The L2 norm that the sum without noise is expected to have at most, in the unit of the update: a public constant.</param>
    /// <returns>Fraction bits and share variance chosen; without the rotation of an attempt.</returns>
    /// <exception cref="PlanRefusedException">The ring is too narrow for these numbers.</exception>
    public static UpdateEncoding Choose(
        UpdateEncoding plan,
        SumNoise terms,
        double noiseMultiplier,
        int honestShares,
        NeighbouringRelation relation,
        double normOfSum
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(terms);
        if (!Enum.IsDefined(terms.Compression) || terms.Compression == CompressedBits.None)
        {
            throw new ArgumentOutOfRangeException(
                nameof(terms),
                terms.Compression,
                "A compressed ring has 20 or 24 bits."
            );
        }

        if (!(normOfSum > 0 && double.IsFinite(normOfSum)))
        {
            throw new ArgumentOutOfRangeException(
                nameof(normOfSum),
                normOfSum,
                "The expected norm of a sum is positive and finite."
            );
        }

        int fractionBits = UpdateEncoding.MaximumFractionBits;
        while (!Fits(fractionBits))
        {
            if (--fractionBits < 0)
            {
                throw Refused(PlanFault.RingTooWide, terms, "on no grid does the noisy sum stay inside it");
            }
        }

        BigInteger variance = VarianceAt(fractionBits);
        BigInteger squaredNormBound = UpdateEncoding.SquaredNormBoundOf(plan.ClipNorm, fractionBits);
        return squaredNormBound < (BigInteger)LeastSquaredStepsPerCoordinate * plan.Length
                ? throw Refused(
                    PlanFault.GridTooCoarse,
                    terms,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"on the finest grid that fits, 2^-{fractionBits}, rounding {plan.Length} coordinates would shorten updates of norm {plan.ClipNorm} by more than half a hundredth"
                    )
                )
            : variance < SumNoise.LeastShareVariance
                ? throw Refused(
                    PlanFault.NoiseOutOfRange,
                    terms,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"on the finest grid that fits, 2^-{fractionBits}, a share of noise has a variance of {variance} squared grid units and {SumNoise.LeastShareVariance} are needed"
                    )
                )
            : UpdateEncoding.Create(
                plan.Length,
                plan.MaximumParticipants,
                plan.ClipNorm,
                fractionBits,
                noise: terms with
                {
                    ShareVariance = (long)variance,
                }
            );

        BigInteger VarianceAt(int bits) =>
            NoiseRules.LeastShareVariance(
                (UInt128)UpdateEncoding.SquaredNormBoundOf(plan.ClipNorm, bits),
                noiseMultiplier,
                honestShares,
                relation
            );

        // Sums and products of doubles are the same everywhere, so all who plan choose the same grid.
        bool Fits(int bits)
        {
            if (UpdateEncoding.SquaredNormBoundOf(plan.ClipNorm, bits).GetBitLength() > 120)
            {
                return false;
            }

            double norm = Math.ScaleB(normOfSum, bits);
            double signal = norm * norm / HadamardRotation.WindowLength(plan.Length);
            double noise = plan.MaximumParticipants * (double)VarianceAt(bits);
            double half = Math.ScaleB(1.0, (int)terms.Compression - 1) / DeviationsInHalfTheRing;
            return signal + noise <= half * half;
        }
    }

    private static PlanRefusedException Refused(PlanFault fault, SumNoise terms, string what) =>
        new(
            fault,
            $"A ring of {(int)terms.Compression} bits is too narrow: {what}. Use "
                + (terms.Compression == CompressedBits.Twenty ? "24 bits, " : string.Empty)
                + "a plan without compression, or fewer participants or records."
        );
}
