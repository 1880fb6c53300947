using System.Globalization;
using System.Numerics;

namespace SecureFed.Core;

/// <content>Plans that do not fit, and what would.</content>
public sealed partial class UpdateEncoding
{
    // spec 02-privacy#compressed-4: the norm is that of the integers before they are reduced, in signed lanes of 32 bits.
    private static void RequireExactNorm(double clipNorm, BigInteger coordinateBound, int fractionBits)
    {
        if (coordinateBound >= 1 << 30)
        {
            throw Refused(
                PlanFault.RingTooWide,
                CultureInfo.InvariantCulture,
                $"In a compressed ring one coordinate is below 2^30 grid steps; with {fractionBits} fraction bits the clip norm {clipNorm} is {coordinateBound}. "
                    + $"Use at most {fractionBits - ((long)coordinateBound.GetBitLength() - 30)} fraction bits."
            );
        }
    }

    private static PlanRefusedException TooCoarse(int length, double clipNorm, int fractionBits)
    {
        string remedy = "Use a larger clip norm or fewer coordinates";
        for (int finer = fractionBits + 1; finer <= MaximumFractionBits; finer++)
        {
            (BigInteger coordinateBound, BigInteger squaredNormBound) = Bounds(clipNorm, finer);
            if (!IsTooCoarse(length, coordinateBound, squaredNormBound))
            {
                remedy = $"Use at least {finer} fraction bits, a larger clip norm, or fewer coordinates";
                break;
            }
        }

        return Refused(
            PlanFault.GridTooCoarse,
            CultureInfo.InvariantCulture,
            $"With {fractionBits} fraction bits the clip norm {clipNorm} is {Math.ScaleB(clipNorm, fractionBits)} grid steps, "
                + $"and rounding {length} coordinates can alone be that long: updates would be rounded away. {remedy}."
        );
    }

    private static PlanRefusedException TooWide(
        int maximumParticipants,
        double clipNorm,
        int fractionBits,
        long maximumWeight,
        BigInteger largest,
        long ringBits
    )
    {
        BigInteger capacity = (BigInteger.One << (Ring.MaximumBits - 1)) - 1;
        BigInteger participants = capacity / largest;
        List<string> remedies = [];
        int excessBits = (int)(ringBits - Ring.MaximumBits);
        if (fractionBits >= excessBits)
        {
            remedies.Add($"at most {fractionBits - excessBits} fraction bits (now {fractionBits})");
        }

        remedies.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"a clip norm of at most {Math.ScaleB(clipNorm, -excessBits)} (now {clipNorm})"
            )
        );
        if (participants >= 1)
        {
            remedies.Add($"at most {participants} participants (now {maximumParticipants})");
        }

        string weight = maximumWeight > 0 ? $" and weights up to {maximumWeight}" : string.Empty;
        return Refused(
            PlanFault.RingTooWide,
            CultureInfo.InvariantCulture,
            $"A sum of {maximumParticipants} updates of norm {clipNorm} on the grid 2^-{fractionBits}{weight} needs a ring of "
                + $"{ringBits} bits; the widest has {Ring.MaximumBits}. Use {string.Join(", or ", remedies)}."
        );
    }

    private static PlanRefusedException MetricTooWide(int maximumParticipants, MetricBlock metric, long ringBits)
    {
        BigInteger capacity = (BigInteger.One << (Ring.MaximumBits - 1)) - 1;
        BigInteger participants = capacity / metric.Maximum;
        return Refused(
            PlanFault.RingTooWide,
            CultureInfo.InvariantCulture,
            $"A sum of metric '{metric.Name}' over {maximumParticipants} parties needs a ring of {ringBits} bits; the widest has "
                + $"{Ring.MaximumBits}. Use a maximum of at most {capacity / maximumParticipants} steps (now {metric.Maximum}), "
                + $"with fewer fraction bits or a smaller range, or at most {participants} participants (now {maximumParticipants})."
        );
    }
}
