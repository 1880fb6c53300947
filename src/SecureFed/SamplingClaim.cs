using System.Globalization;

namespace SecureFed;

/// <summary>What a plan claims about who takes part in a round. Only what the server cannot see makes noise count for more. spec 02-privacy#sampling-1</summary>
/// <remarks>Immutable. There is no claim for parties that the server selects: it knows them.</remarks>
public sealed class SamplingClaim
{
    private SamplingClaim(double rate) => Rate = rate;

    /// <summary>Nothing: every record takes part, or whoever learns the sum also knows which ones do.</summary>
    public static SamplingClaim Nothing { get; } = new(1);

    /// <summary>q, the probability of each record; 1 for <see cref="Nothing"/>.</summary>
    public double Rate { get; }

    /// <summary>
    /// Every party takes each of its records with probability q, independently, anew in each round, from the system's
    /// generator, and tells nobody which. It holds against an adversary who does not see that choice.
    /// </summary>
    /// <param name="rate">q, above 0 and below 1.</param>
    public static SamplingClaim PoissonInsideParties(double rate) =>
        rate is > 0 and < 1
            ? new SamplingClaim(rate)
            : throw new ArgumentOutOfRangeException(
                nameof(rate),
                rate,
                "A sampling rate is above 0 and below 1. Claim Nothing when every record takes part."
            );

    /// <summary>For example "Poisson sampling of records, q = 0.1".</summary>
    public override string ToString() =>
        Rate < 1
            ? string.Create(CultureInfo.InvariantCulture, $"Poisson sampling of records, q = {Rate}")
            : "no sampling";
}
