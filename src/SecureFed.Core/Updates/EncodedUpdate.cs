using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>An update as ring elements: integers on the grid 2^-f whose exact norm keeps the plan's bound. Made only by <see cref="Encode"/>. spec 01-updates#stages-1</summary>
/// <remarks>
/// Secret to its owner until it is masked or encrypted; it does not print its values. The vector is mutable so that the
/// next stage can work in place; after <see cref="Encode"/> returns, the library itself does not change it.
/// </remarks>
public sealed class EncodedUpdate
{
    /// <summary>How often rounding is drawn anew before it is done toward zero. spec 01-updates#round-4</summary>
    internal const int MaximumDraws = 16;

    /// <summary>How often the length is corrected to make room for rounding. spec 01-updates#round-3</summary>
    internal const int MaximumShrinks = 16;

    // At half its length even an update on the coarsest allowed grid has its mean squared norm inside the bound.
    private const double SmallestShrink = 0.5;

    private int _claims;

    private EncodedUpdate(UpdateEncoding encoding, RingVector values)
    {
        Encoding = encoding;
        Values = values;
    }

    /// <summary>The encoding.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>RingLength elements of Z_2^b in two's complement: the values, the weight if there are weights, then the metrics.</summary>
    public RingVector Values { get; }

    /// <summary>Whether the share of noise has been added. A session of a plan with noise refuses an update without.</summary>
    public bool HasNoise { get; private set; }

    /// <summary>What the session opens the removable layers of the noise with; null without layers, and once a session has it. spec 02-privacy#layers-3</summary>
    internal SecretBytes? LayerSeed { get; private set; }

    /// <summary>Takes the update for one session. False when it has noise and a session had it before: the same noise in two sums cancels in their difference. spec 02-privacy#shares-2</summary>
    /// <param name="layerSeed">From now on the session's, to open layers with and to wipe; null without layers, and when nothing was taken.</param>
    internal bool TryClaim(out SecretBytes? layerSeed)
    {
        layerSeed = null;
        if (Interlocked.Exchange(ref _claims, 1) != 0)
        {
            return !HasNoise;
        }

        (layerSeed, LayerSeed) = (LayerSeed, null);
        return true;
    }

    /// <summary>Adds a party's share of noise to every coordinate, in place, and wipes the share. spec 02-privacy#shares-2</summary>
    /// <param name="noise">Drawn for the same encoding, not used before.</param>
    /// <exception cref="ArgumentException">The noise is that of another encoding.</exception>
    /// <exception cref="InvalidOperationException">The update has its noise.</exception>
    /// <exception cref="ObjectDisposedException">The noise was used before.</exception>
    public void AddNoise(NoiseVector noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        if (!noise.Encoding.Equals(Encoding))
        {
            throw new ArgumentException(
                $"The noise was drawn for another plan ({noise.Encoding}). Draw it for the encoding of the update.",
                nameof(noise)
            );
        }

        if (HasNoise)
        {
            throw new InvalidOperationException(
                "This update has its share of noise; a second one would only cost accuracy."
            );
        }

        LayerSeed = noise.MoveInto(Values);
        HasNoise = true;
    }

    /// <summary>A sum of vectors that each keep the bound by themselves.</summary>
    internal static EncodedUpdate OfExamples(UpdateEncoding encoding, RingVector sum) => new(encoding, sum);

    /// <summary>Rounds a clipped update to the grid, at random and without bias, within the plan's integer norm bound.</summary>
    /// <param name="update">A clipped update. Its encoding is used.</param>
    /// <param name="random">About two bytes per coordinate are drawn.</param>
    /// <param name="metrics">Exactly the metrics of the plan; null for a plan without.</param>
    /// <returns>Integers with exact sum of squares ≤ <see cref="UpdateEncoding.SquaredNormBound"/> over the value coordinates.</returns>
    /// <remarks>Thread-safe. Not constant-time: redraws depend on the update, which never leaves its owner in clear.</remarks>
    /// <exception cref="UpdateRefusedException">A metric of the plan is missing, unknown to it or outside its range.</exception>
    public static EncodedUpdate Encode(ClippedUpdate update, RandomSource random, MetricValues? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(random);
        UpdateEncoding encoding = update.Encoding;
        RingVector lanes = new(encoding.Ring, encoding.RingLength);
        (metrics ?? MetricValues.None).WriteTo(lanes, encoding.MetricStart, encoding.Metrics);

        // spec 01-updates#weight-2: exactly 2^f for the largest weight and in plans without weights.
        double weightFraction = encoding.IsWeighted ? (double)update.Weight / encoding.MaximumWeight : 1.0;
        double stepsPerUnit = Math.ScaleB(weightFraction, encoding.FractionBits);
        double factor = stepsPerUnit * RoomForRounding(update.Values, stepsPerUnit, encoding.SquaredNormBound);
        RoundWithinBound(update.Values, factor, encoding.SquaredNormBound, random, lanes);

        lanes.Reduce();
        // spec 01-updates#weight-3
        if (encoding.IsWeighted)
        {
            lanes[encoding.Length] = (ulong)update.Weight;
        }

        return new EncodedUpdate(encoding, lanes);
    }

    /// <summary>The type and the shape; no value is printed.</summary>
    public override string ToString() => $"{nameof(EncodedUpdate)}({Encoding})";

    private static void RoundWithinBound(
        ReadOnlySpan<float> values,
        double factor,
        UInt128 squaredNormBound,
        RandomSource random,
        RingVector lanes
    )
    {
        using StochasticRounder rounder = new(random, values.Length);
        for (int draw = 0; draw < MaximumDraws; draw++)
        {
            // spec 01-updates#norm-1
            if (rounder.Draw(values, factor, squaredNormBound, lanes) <= squaredNormBound)
            {
                return;
            }
        }

        // spec 01-updates#round-5: |⌊y⌋| ≤ |y| in every coordinate, so this keeps the bound that the clipped vector keeps.
        Invariant.Check(
            rounder.Truncate(values, factor, lanes) <= squaredNormBound,
            "an update rounded toward zero keeps the integer norm bound"
        );
    }

    // spec 01-updates#round-3: rounding at random makes a vector longer on average, by the variance of the rounding. A
    // clipped update lies just inside the bound, so without this nearly every draw for a long one would be refused and
    // rounding toward zero, which is biased, would be the rule. Returns the factor ≤ 1 that leaves room for the mean and
    // two deviations. Vectors that cannot leave the bound, such as those on the grid, are left alone.
    private static double RoomForRounding(ReadOnlySpan<float> values, double stepsPerUnit, UInt128 squaredNormBound)
    {
        double bound = (double)squaredNormBound;
        double squaredNorm = SumOfSquares.Run(values) * stepsPerUnit * stepsPerUnit;
        double largestVariance = 0.25 * values.Length;
        if (
            squaredNorm + largestVariance + Allowance(squaredNorm, largestVariance) <= bound
            || RoundedUpNorm.Run(values, stepsPerUnit) <= bound
        )
        {
            return 1.0;
        }

        double shrink = 1.0;
        for (int round = 0; round < MaximumShrinks && shrink > SmallestShrink; round++)
        {
            double current = squaredNorm * shrink * shrink;
            double variance = RoundingVariance.Run(values, stepsPerUnit * shrink);
            double room = bound - variance - Allowance(current, variance);
            if (variance <= 0 || current <= room)
            {
                break;
            }

            // Never so close to 1 that the rounded product of the factors could reach the unshrunk one.
            shrink *= Math.Min(1 - (1.0 / (1L << 40)), Math.Sqrt(Math.Max(room, 0) / current));
            shrink = Math.Max(shrink, SmallestShrink);
        }

        return shrink;
    }

    // Two standard deviations, from above, of the squared norm after rounding.
    private static double Allowance(double squaredNorm, double variance) =>
        2 * (Math.Sqrt(squaredNorm) + Math.Sqrt(variance));
}
