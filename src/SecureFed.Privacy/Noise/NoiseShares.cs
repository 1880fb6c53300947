using System.Globalization;
using System.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// How much noise each party adds, so that what nobody knows is enough in every sum that may come out: with as few parties as
/// the round accepts, some of which collude and subtract their own shares. spec 02-privacy#variance-1
/// </summary>
/// <remarks>Immutable and thread-safe. All variances are exact, in squared grid units; those of shares are drawn with <see cref="SamplerVariance"/>.</remarks>
public sealed class NoiseShares
{
    private NoiseShares(Rational target, int parties, int survivors, int colluding) =>
        (Target, Parties, Survivors, Colluding) = (target, parties, survivors, colluding);

    /// <summary>σ²: the variance that must stay unknown.</summary>
    public Rational Target { get; }

    /// <summary>n: the parties that are invited.</summary>
    public int Parties { get; }

    /// <summary>U: with fewer parties the round ends without a sum.</summary>
    public int Survivors { get; }

    /// <summary>c: how many parties may collude.</summary>
    public int Colluding { get; }

    /// <summary>The variance of the share of each party: σ²/(U − c).</summary>
    public Rational ShareVariance => Target / Rational.Of(Survivors - Colluding);

    /// <summary>The variance that a sampler of integer variances draws a share with: <see cref="ShareVariance"/>, rounded up.</summary>
    /// <exception cref="PrivacyDomainException">It is above <see cref="DiscreteGaussianSampler.MaximumVariance"/>.</exception>
    public long SamplerVariance
    {
        get
        {
            BigInteger variance = ShareVariance.Ceiling();
            return variance <= DiscreteGaussianSampler.MaximumVariance
                ? (long)variance
                : throw new PrivacyDomainException(
                    nameof(Target),
                    (double)variance,
                    "such that a share is at most 2^58",
                    "Use a coarser grid."
                );
        }
    }

    /// <summary>Plans the shares.</summary>
    /// <param name="target">σ² &gt; 0, in squared grid units.</param>
    /// <param name="parties">n, at least 1.</param>
    /// <param name="survivors">U, 1 to n.</param>
    /// <param name="colluding">c, 0 to U − 1.</param>
    /// <exception cref="PrivacyDomainException">σ² is not positive.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of parties is out of range.</exception>
    public static NoiseShares Create(Rational target, int parties, int survivors, int colluding)
    {
        RequirePlan(target, parties, survivors, colluding);
        return new(target, parties, survivors, colluding);
    }

    /// <summary>The variance of the sum's noise that the colluding parties do not know.</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U.</param>
    /// <returns>(n − dropped − c) shares: never below σ².</returns>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public Rational HonestVariance(int dropped) => Of(dropped, Parties - Colluding);

    /// <summary>The variance of all noise in the sum, which accuracy pays for.</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public Rational TotalVariance(int dropped) => Of(dropped, Parties);

    /// <summary>For example "40 of 50 parties, 2 of them colluding: shares of 500/19".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Survivors} of {Parties} parties, {Colluding} of them colluding: shares of {ShareVariance}"
        );

    internal static void RequirePlan(Rational target, int parties, int survivors, int colluding)
    {
        if (target.Numerator.Sign <= 0)
        {
            throw new PrivacyDomainException(
                nameof(target),
                (double)target.Numerator,
                "positive",
                "It is the variance that must stay unknown."
            );
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(survivors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(survivors, parties);
        ArgumentOutOfRangeException.ThrowIfNegative(colluding);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(colluding, survivors);
    }

    private Rational Of(int dropped, int parties)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dropped);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dropped, Parties - Survivors);
        return ShareVariance * Rational.Of(parties - dropped);
    }
}
