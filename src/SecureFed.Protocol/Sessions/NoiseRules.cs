using System.Numerics;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What every client recomputes of a round's noise. spec 02-privacy#shares-1</summary>
public static class NoiseRules
{
    /// <summary>
    /// h: how many honest shares of noise are in every sum that the server can learn: U − c on the complete graph, and on
    /// a sparse one the effective cohort. spec 02-privacy#shares-1
    /// </summary>
    /// <param name="descriptor">A descriptor whose threshold is sound.</param>
    public static int HonestShares(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return descriptor.Scheme == SchemeKind.MaskedSparse
            ? DescriptorRules.EffectiveCohort(descriptor)
            : descriptor.MinimumSurvivors - descriptor.CollusionBound;
    }

    /// <summary>z = √(h·v)/Δ: the honest noise over what one unit can change, both on the grid. spec 02-privacy#shares-4</summary>
    /// <param name="descriptor">A sound descriptor with noise.</param>
    /// <returns>z, never above the true one.</returns>
    /// <exception cref="ArgumentException">The round has no noise.</exception>
    public static double NoiseMultiplier(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        RoundNoise noise =
            descriptor.Noise ?? throw new ArgumentException("The round has no noise.", nameof(descriptor));
        return NoiseMultiplier(
            DescriptorRules.EncodingOf(descriptor).SquaredNormBound,
            noise.Terms,
            HonestShares(descriptor),
            descriptor.CollusionBound,
            noise.Relation
        );
    }

    /// <summary>The same from its parts.</summary>
    /// <param name="squaredNormBound">S: the squared integer norm of one unit's vector.</param>
    /// <param name="terms">The shares, each of variance at least 1.</param>
    /// <param name="honestShares">h, at least 1.</param>
    /// <param name="collusionBound">c, which counts where the shares have layers.</param>
    /// <param name="relation">Replacing one unit moves the sum twice as far as adding one.</param>
    public static double NoiseMultiplier(
        UInt128 squaredNormBound,
        SumNoise terms,
        int honestShares,
        int collusionBound,
        NeighbouringRelation relation
    )
    {
        ArgumentNullException.ThrowIfNull(terms);

        // Three roundings, each below 2^-52 of the number.
        const double RoundedDown = 1 - (1.0 / (1L << 50));
        BigInteger squaredSensitivity = (BigInteger)squaredNormBound * SquaredReach(relation);
        BigInteger variance = terms.Layers is { } layers
            ? LeastHonestVariance(layers, collusionBound)
            : (BigInteger)terms.ShareVariance * honestShares;
        return Math.Sqrt((double)variance / (double)squaredSensitivity) * RoundedDown;
    }

    /// <summary>
    /// What the noise that stays after the removal has at least, from parties that do not collude, whoever drops out:
    /// (n − j − c) times the layers 0 … j, j = 0 … L. spec 02-privacy#layers-6
    /// </summary>
    /// <param name="layers">Sound layers.</param>
    /// <param name="collusionBound">c.</param>
    /// <returns>0 or less when c parties can be all of a sum.</returns>
    public static BigInteger LeastHonestVariance(NoiseLayers layers, int collusionBound)
    {
        ArgumentNullException.ThrowIfNull(layers);
        BigInteger least = (BigInteger)layers.VarianceUpTo(0) * (layers.Parties - collusionBound);
        long kept = layers.VarianceUpTo(0);
        for (int j = 1; j <= layers.Removable; j++)
        {
            kept += layers.VarianceOf(j);
            least = BigInteger.Min(least, (BigInteger)kept * (layers.Parties - j - collusionBound));
        }

        return least;
    }

    /// <summary>The least share variance that gives a noise multiplier, rounded up: v ≥ z²·Δ²/h. spec 02-privacy#shares-4</summary>
    /// <param name="squaredNormBound">S.</param>
    /// <param name="noiseMultiplier">z, positive and finite.</param>
    /// <param name="honestShares">h, at least 1.</param>
    /// <param name="relation">The relation.</param>
    /// <returns>v in squared grid units, which may be above what a plan allows.</returns>
    public static BigInteger LeastShareVariance(
        UInt128 squaredNormBound,
        double noiseMultiplier,
        int honestShares,
        NeighbouringRelation relation
    ) => LeastVariance(squaredNormBound, noiseMultiplier, 1, honestShares, relation);

    /// <summary>The least s of noise in layers that gives a noise multiplier, rounded up: s ≥ z²·Δ²·U/(U − c). spec 02-privacy#layers-6</summary>
    /// <param name="squaredNormBound">S.</param>
    /// <param name="noiseMultiplier">z, positive and finite.</param>
    /// <param name="minimumSurvivors">U.</param>
    /// <param name="collusionBound">c, below U.</param>
    /// <param name="relation">The relation.</param>
    /// <returns>s in squared grid units, which may be above what a plan allows.</returns>
    public static BigInteger LeastLayeredVariance(
        UInt128 squaredNormBound,
        double noiseMultiplier,
        int minimumSurvivors,
        int collusionBound,
        NeighbouringRelation relation
    ) =>
        LeastVariance(squaredNormBound, noiseMultiplier, minimumSurvivors, minimumSurvivors - collusionBound, relation);

    // z²·Δ²·factor/honest, rounded up.
    private static BigInteger LeastVariance(
        UInt128 squaredNormBound,
        double noiseMultiplier,
        int factor,
        int honestShares,
        NeighbouringRelation relation
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(honestShares, 1);
        if (!(double.IsFinite(noiseMultiplier) && noiseMultiplier > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(noiseMultiplier),
                noiseMultiplier,
                "A noise multiplier is positive and finite."
            );
        }

        // z² as an exact rational number with a power of two below.
        ExactNumber square = ExactNumber.Of(noiseMultiplier).Squared();
        (BigInteger numerator, int exponent) = square.Parts;
        numerator *= (BigInteger)squaredNormBound * SquaredReach(relation) * factor;
        BigInteger denominator = honestShares;
        if (exponent >= 0)
        {
            numerator <<= exponent;
        }
        else
        {
            denominator <<= -exponent;
        }

        return (numerator + denominator - 1) / denominator;
    }

    // spec 02-privacy#shares-6
    internal static DescriptorRefusal? Check(RoundDescriptor descriptor)
    {
        if (descriptor.Noise is not { } noise)
        {
            return null;
        }

        string? broken =
            !Enum.IsDefined(noise.Unit) ? $"unit {(int)noise.Unit} is unknown"
            : !Enum.IsDefined(noise.Relation) ? $"relation {(int)noise.Relation} is unknown"
            : !(noise.SamplingRate is > 0 and <= 1) ? "a sampling rate is above 0 and at most 1"
            : noise.SamplingRate < 1 && noise.Unit != PrivacyUnit.Record
                ? "only records are sampled inside a party: the server sees which parties take part"
            : noise.SamplingRate < 1 && noise.Relation != NeighbouringRelation.AddOrRemoveOne
                ? "sampling promises for adding or removing a record only"
            : noise.Unit == PrivacyUnit.Client && noise.Terms.MaximumExamples != 1
                ? "where a party is the unit, its vector is one"
            : descriptor.Scheme is not (SchemeKind.MaskedComplete or SchemeKind.MaskedSparse)
                ? "shares of noise hide nothing from a server that sees every vector: the round must be masked"
            : HonestShares(descriptor) < 1
                ? $"U − c ≥ 1 honest shares of noise are required, U = {descriptor.MinimumSurvivors}, c = {descriptor.CollusionBound}"
            : noise.Terms.Layers is { } layers
            && (
                descriptor.Scheme != SchemeKind.MaskedComplete
                || layers.Parties - layers.Removable != descriptor.MinimumSurvivors
            )
                ? $"layers of noise are removed on the complete graph, n − U of them: n = {layers.Parties}, U = {descriptor.MinimumSurvivors}, {layers.Removable} layers"
            : noise.Terms.Layers is { Parties: > DescriptorRules.MaximumCompleteCohort } many
                ? $"a plan with layers of noise has at most {DescriptorRules.MaximumCompleteCohort} parties, and every layer costs each of them a sample for each coordinate: n = {many.Parties}"
            : null;
        return broken is null ? null : new DescriptorRefusal(AbortReason.PrivacyTooWeak, broken);
    }

    private static int SquaredReach(NeighbouringRelation relation) =>
        relation == NeighbouringRelation.ReplaceOne ? 4 : 1;
}
