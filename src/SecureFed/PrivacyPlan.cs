using System.Globalization;
using System.Text;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What a plan does against reading single inputs out of published sums. A closed family.</summary>
/// <remarks>Immutable. There is no default: doing without noise is a decision with a reason.</remarks>
public abstract class PrivacyPlan
{
    private PrivacyPlan() { }

    /// <summary>No noise: the exact sum is published.</summary>
    /// <param name="because">Why that is acceptable, 1 to 200 UTF-8 bytes. Every participant sees it and must agree.</param>
    /// <exception cref="ArgumentException">The reason is empty or too long.</exception>
    public static PrivacyPlan None(string because) => new NoNoise(Reasons.Check(because, nameof(because)));

    /// <summary>
    /// Noise that the parties make themselves, each a share of it, inside the masked sum: the server sees only the noisy
    /// sum. It hides one record of a party. spec 02-privacy#shares-1
    /// </summary>
    /// <param name="noiseMultiplier">z: the noise of the honest parties over what one record can change; 0.01 to 1,000,000.</param>
    /// <param name="maximumExamples">E: the records of the largest party, 1 to 2^24. The ring is sized for that many.</param>
    /// <param name="divisor">What a mean is divided by: a public constant, for example the expected number of records.</param>
    /// <param name="sampling">Which records take part.</param>
    /// <param name="relation">How neighbouring data sets differ. With sampling, only by adding or removing a record.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its range.</exception>
    /// <exception cref="ArgumentException">Sampling is claimed for replacing a record.</exception>
    public static DistributedNoise ForRecords(
        double noiseMultiplier,
        int maximumExamples,
        double divisor,
        SamplingClaim sampling,
        NeighbouringRelation relation = NeighbouringRelation.AddOrRemoveOne
    )
    {
        ArgumentNullException.ThrowIfNull(sampling);
        if (sampling.Rate < 1 && relation != NeighbouringRelation.AddOrRemoveOne)
        {
            throw new ArgumentException(
                "Poisson sampling promises for adding or removing a record, and not for replacing one. Claim nothing, or use that relation.",
                nameof(sampling)
            );
        }

        return new DistributedNoise(
            PrivacyUnit.Record,
            relation,
            noiseMultiplier,
            maximumExamples,
            divisor,
            sampling.Rate
        );
    }

    /// <summary>
    /// The same, hiding a whole party with everything it holds. With few parties the noise is as large as their updates:
    /// for a handful of hospitals, <see cref="ForRecords"/> is what trains a model.
    /// </summary>
    /// <param name="noiseMultiplier">z: the noise of the honest parties over what one party can change; 0.01 to 1,000,000.</param>
    /// <param name="divisor">What a mean is divided by: a public constant, for example the expected number of parties.</param>
    /// <param name="relation">How neighbouring federations differ.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its range.</exception>
    public static DistributedNoise ForParties(
        double noiseMultiplier,
        double divisor,
        NeighbouringRelation relation = NeighbouringRelation.AddOrRemoveOne
    ) => new DistributedNoise(PrivacyUnit.Client, relation, noiseMultiplier, 1, divisor, 1);

    /// <summary>Why the plan has no noise; empty for one that has.</summary>
    public abstract string Because { get; }

    /// <summary>Shares of discrete Gaussian noise inside the sum.</summary>
    public sealed class DistributedNoise : PrivacyPlan
    {
        internal DistributedNoise(
            PrivacyUnit unit,
            NeighbouringRelation relation,
            double noiseMultiplier,
            int maximumExamples,
            double divisor,
            double samplingRate,
            bool hasRemovableSurplus = false
        )
        {
            const double Least = 0.01;
            const double Most = 1_000_000;
            if (!(noiseMultiplier is >= Least and <= Most))
            {
                throw PrivacyDomainException.Of(
                    nameof(noiseMultiplier),
                    noiseMultiplier,
                    "from 0.01 to 1000000",
                    "It is the noise over what one unit can change; `securefed privacy account` says what a number is worth."
                );
            }

            if (maximumExamples is < 1 or > SumNoise.MostExamples)
            {
                throw PrivacyDomainException.Of(
                    nameof(maximumExamples),
                    maximumExamples,
                    "from 1 to 2^24",
                    "It counts the records of the largest party."
                );
            }

            if (!(divisor > 0 && double.IsFinite(divisor)))
            {
                throw PrivacyDomainException.Of(
                    nameof(divisor),
                    divisor,
                    "positive and finite",
                    "Use the number of records, or parties, that is expected in a round."
                );
            }

            if (!Enum.IsDefined(relation))
            {
                throw new ArgumentOutOfRangeException(nameof(relation), relation, "Name one of the two relations.");
            }

            (Unit, Relation, NoiseMultiplier) = (unit, relation, noiseMultiplier);
            (MaximumExamples, Divisor, SamplingRate) = (maximumExamples, divisor, samplingRate);
            HasRemovableSurplus = hasRemovableSurplus;
        }

        /// <summary>
        /// The same noise in layers: the parties that stay let the server remove what fewer drop-outs than planned for leave
        /// over, so that the noise of the sum does not grow with the parties in it. spec 02-privacy#layers-1
        /// </summary>
        /// <remarks>
        /// Costs n − U samples more for each coordinate of each party, and the server as many; on the complete graph only.
        /// A party that vanishes between masking and unmasking leaves its surplus in the sum, which costs accuracy only.
        /// </remarks>
        public DistributedNoise WithRemovableSurplus() =>
            new(Unit, Relation, NoiseMultiplier, MaximumExamples, Divisor, SamplingRate, hasRemovableSurplus: true);

        /// <summary>Whether surplus noise is removed when fewer parties drop out than may.</summary>
        public bool HasRemovableSurplus { get; }

        /// <summary>Whose presence it hides.</summary>
        public PrivacyUnit Unit { get; }

        /// <summary>How neighbouring data sets differ.</summary>
        public NeighbouringRelation Relation { get; }

        /// <summary>z as asked for. Rounding a share up to the grid makes the real one slightly larger.</summary>
        public double NoiseMultiplier { get; }

        /// <summary>E.</summary>
        public int MaximumExamples { get; }

        /// <summary>The public divisor of a mean.</summary>
        public double Divisor { get; }

        /// <summary>q; 1 when nothing is claimed.</summary>
        public double SamplingRate { get; }

        /// <inheritdoc/>
        public override string Because => string.Empty;

        /// <summary>For example "noise 1.1 times one record, add or remove one, q = 0.1".</summary>
        public override string ToString() =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"noise {NoiseMultiplier} times one {(Unit == PrivacyUnit.Record ? "record" : "party")}, {(Relation == NeighbouringRelation.ReplaceOne ? "replace one" : "add or remove one")}{(SamplingRate < 1 ? $", q = {SamplingRate}" : string.Empty)}{(HasRemovableSurplus ? ", surplus removed" : string.Empty)}"
            );
    }

    /// <summary>The exact sum is published.</summary>
    public sealed class NoNoise : PrivacyPlan
    {
        internal NoNoise(string because) => Because = because;

        /// <inheritdoc/>
        public override string Because { get; }

        /// <summary>For example "no noise (synthetic data)".</summary>
        public override string ToString() => $"no noise ({Because})";
    }
}

/// <summary>Reasons that stand in a round's descriptor.</summary>
internal static class Reasons
{
    public static string Check(string because, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(because, parameter);
        int size = Encoding.UTF8.GetByteCount(because);
        return size <= MessageLimits.MaximumBecauseSizeInBytes
            ? because
            : throw new ArgumentException(
                $"A reason has at most {MessageLimits.MaximumBecauseSizeInBytes} UTF-8 bytes; this one has {size}. Shorten it.",
                parameter
            );
    }
}
