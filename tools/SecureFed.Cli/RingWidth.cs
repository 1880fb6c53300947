using System.Globalization;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>How wide a ring has to be, with or without noise.</summary>
/// <param name="RingBits">b: bits of one value on the wire.</param>
/// <param name="LaneBits">Bits of the machine word that holds one value: 32 or 64.</param>
/// <param name="BytesPerMillion">Bytes of 1,000,000 packed values.</param>
/// <param name="CoordinateBound">B: the largest coordinate of one update, in grid steps.</param>
/// <param name="NoiseTail">What noise adds to the largest sum, in grid steps.</param>
internal sealed record RingWidth(
    int RingBits,
    int LaneBits,
    long BytesPerMillion,
    long CoordinateBound,
    BigInteger NoiseTail
)
{
    /// <summary>
    /// 2·exp(−x²/2) ≤ 10⁻²⁰ for this x: a sum of discrete Gaussians of standard deviation s stays within x·s except with
    /// probability below 10⁻²⁰ (it is sub-Gaussian; Canonne, Kamath, Steinke, arXiv 2004.00010).
    /// </summary>
    public const double TailFactor = 9.68;

    private const int Million = 1_000_000;

    /// <summary>Computes the width.</summary>
    /// <param name="clients">n.</param>
    /// <param name="clipNorm">C, in the unit of the update.</param>
    /// <param name="fractionBits">f.</param>
    /// <param name="maximumWeight">W, 0 without weights.</param>
    /// <param name="noiseStandardDeviation">
    /// Of the noise in a coordinate of the sum, all clients' shares together, in the unit of the update; 0 without noise.
    /// </param>
    /// <exception cref="PlanRefusedException">A number is out of range, or the ring does not fit without noise.</exception>
    /// <exception cref="DemoException">The ring does not fit with noise.</exception>
    public static RingWidth Of(
        int clients,
        double clipNorm,
        int fractionBits,
        long maximumWeight,
        double noiseStandardDeviation
    )
    {
        // One coordinate: how long the vector is does not change the width.
        UpdateEncoding exact = UpdateEncoding.Create(1, clients, clipNorm, fractionBits, maximumWeight);
        BigInteger tail = Tail(noiseStandardDeviation, fractionBits);
        BigInteger largest = BigInteger.Max(
            ((BigInteger)clients * exact.CoordinateBound) + tail,
            (BigInteger)clients * maximumWeight
        );
        long bits = Math.Max(Ring.MinimumBits, largest.GetBitLength() + 1);
        if (bits > Ring.MaximumBits)
        {
            throw new DemoException(
                DemoExit.Plan,
                "plan-refused",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A sum of {clients} updates of norm {clipNorm} on the grid 2^-{fractionBits} with noise of standard deviation {noiseStandardDeviation} needs a ring of {bits} bits; the widest has {Ring.MaximumBits}."
                ),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Use {bits - Ring.MaximumBits} fraction bits less, or a smaller noise or clip norm."
                )
            );
        }

        Ring ring = new((int)bits);
        return new RingWidth(
            ring.Bits,
            ring.LaneBits,
            RingPacking.PackedSizeInBytes(ring, Million),
            exact.CoordinateBound,
            tail
        );
    }

    private static BigInteger Tail(double noiseStandardDeviation, int fractionBits)
    {
        if (!double.IsFinite(noiseStandardDeviation) || noiseStandardDeviation < 0)
        {
            throw Options.Usage("--noise-stddev", "a finite number from 0", noiseStandardDeviation);
        }

        double steps = Math.Ceiling(TailFactor * Math.ScaleB(noiseStandardDeviation, fractionBits));
        return double.IsFinite(steps)
            ? new BigInteger(steps)
            : throw Options.Usage("--noise-stddev", "far smaller", noiseStandardDeviation);
    }
}
