using System.Collections.Immutable;
using System.Globalization;

namespace SecureFed.Privacy;

/// <summary>
/// Noise in layers, of which survivors let the surplus be removed once it is known who dropped out (Jiang, Wang and Chen,
/// EuroSys 2024): what stays in the sum is the same, however many dropped out. spec 02-privacy#layers-1
/// </summary>
/// <remarks>
/// Immutable and thread-safe. Exact, in squared grid units. The set of survivors has to be agreed before any layer is opened:
/// whoever may name the drop-outs later takes noise away.
/// </remarks>
public sealed class RemovableNoise
{
    private RemovableNoise(
        Rational target,
        int parties,
        int survivors,
        int colluding,
        ImmutableArray<Rational> layers
    ) => (Target, Parties, Survivors, Colluding, Components) = (target, parties, survivors, colluding, layers);

    /// <summary>σ²: the variance that must stay unknown.</summary>
    public Rational Target { get; }

    /// <summary>n: the parties that are invited.</summary>
    public int Parties { get; }

    /// <summary>U: with fewer parties the round ends without a sum.</summary>
    public int Survivors { get; }

    /// <summary>c: how many parties may collude.</summary>
    public int Colluding { get; }

    /// <summary>The variances of a party's layers 0 … n − U, each drawn by itself.</summary>
    public ImmutableArray<Rational> Components { get; }

    /// <summary>Plans the layers.</summary>
    /// <param name="target">σ² &gt; 0, in squared grid units.</param>
    /// <param name="parties">n, at least 1.</param>
    /// <param name="survivors">U, 1 to n.</param>
    /// <param name="colluding">c, 0 to U − 1: how many parties know their own layers.</param>
    /// <exception cref="PrivacyDomainException">σ² is not positive.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of parties is out of range.</exception>
    public static RemovableNoise Create(Rational target, int parties, int survivors, int colluding)
    {
        NoiseShares.RequirePlan(target, parties, survivors, colluding);

        // With c of U known to others, U − c parties must bring what U would.
        Rational whole = target * new Rational(survivors, survivors - colluding);
        ImmutableArray<Rational>.Builder layers = ImmutableArray.CreateBuilder<Rational>(parties - survivors + 1);
        layers.Add(whole / Rational.Of(parties));
        for (int k = 1; k <= parties - survivors; k++)
        {
            // σ²/(n − k) − σ²/(n − k + 1): what one more drop-out asks of each of those that stay.
            layers.Add(whole / (Rational.Of(parties - k + 1) * Rational.Of(parties - k)));
        }

        return new(target, parties, survivors, colluding, layers.MoveToImmutable());
    }

    /// <summary>The number of the first layer that every survivor opens; it and all later ones are removed.</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U; at n − U no layer is opened.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public int FirstRemoved(int dropped)
    {
        RequireSurvivors(dropped);
        return dropped + 1;
    }

    /// <summary>The variance of all noise in the sum before any is removed.</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public Rational VarianceBeforeRemoval(int dropped) => Kept(Components.Length, dropped, 0);

    /// <summary>The variance of the noise that stays in the sum: σ²·U/(U − c), whatever the number of drop-outs.</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public Rational VarianceAfterRemoval(int dropped) => Kept(FirstRemoved(dropped), dropped, 0);

    /// <summary>The part of <see cref="VarianceAfterRemoval"/> that the colluding parties do not know: never below σ².</summary>
    /// <param name="dropped">How many parties dropped out, 0 to n − U.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many drop-outs end the round.</exception>
    public Rational HonestVariance(int dropped) => Kept(FirstRemoved(dropped), dropped, Colluding);

    /// <summary>For example "19 layers for 40 to 50 parties, 2 of them colluding".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Components.Length} layers for {Survivors} to {Parties} parties, {Colluding} of them colluding"
        );

    private Rational Kept(int layers, int dropped, int known)
    {
        RequireSurvivors(dropped);
        Rational sum = default;
        for (int k = 0; k < layers; k++)
        {
            sum += Components[k];
        }

        return sum * Rational.Of(Parties - dropped - known);
    }

    private void RequireSurvivors(int dropped)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dropped);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dropped, Parties - Survivors);
    }
}
