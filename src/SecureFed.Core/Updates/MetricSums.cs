using System.Collections.Immutable;

namespace SecureFed.Core;

/// <summary>The decoded sums of a round's metrics, exact. spec 01-updates#metric-4</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class MetricSums
{
    private readonly ImmutableArray<long> _integers;

    internal MetricSums(ImmutableArray<MetricBlock> blocks, ImmutableArray<long> integers, int contributors) =>
        (Blocks, _integers, Contributors) = (blocks, integers, contributors);

    /// <summary>The plan's metrics, in its order; empty for a plan without metrics.</summary>
    public ImmutableArray<MetricBlock> Blocks { get; }

    /// <summary>How many parties are in every sum; at least 1.</summary>
    public int Contributors { get; }

    /// <summary>long[count], the sums in steps.</summary>
    /// <param name="name">A metric of the plan.</param>
    /// <exception cref="ArgumentException">The plan has no such metric.</exception>
    public ImmutableArray<long> Integers(string name)
    {
        (MetricBlock block, int start) = Find(name);
        return _integers.Slice(start, block.Count);
    }

    /// <summary>double[count], the sums in the unit of the metric: integer · 2^-f, rounded to double.</summary>
    /// <inheritdoc cref="Integers" path="/param"/>
    /// <inheritdoc cref="Integers" path="/exception"/>
    public ImmutableArray<double> Sums(string name)
    {
        (MetricBlock block, int start) = Find(name);
        return
        [
            .. _integers.Slice(start, block.Count).Select(integer => Math.ScaleB((double)integer, -block.FractionBits)),
        ];
    }

    /// <summary>The number of metrics and of parties.</summary>
    public override string ToString() => $"{Blocks.Length} metrics of {Contributors} parties";

    private (MetricBlock Block, int Start) Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int start = 0;
        foreach (MetricBlock block in Blocks)
        {
            if (string.Equals(block.Name, name, StringComparison.Ordinal))
            {
                return (block, start);
            }

            start += block.Count;
        }

        throw new ArgumentException(
            $"The plan has no metric '{name}'; it has {(Blocks.IsEmpty ? "none" : string.Join(", ", Blocks.Select(block => block.Name)))}.",
            nameof(name)
        );
    }
}

/// <summary>The metrics of a round as far as they are given out: sums, or the reason why there are none. A closed family.</summary>
/// <remarks>
/// Immutable. Whoever holds the ring elements of the sum can read the metrics in them: withholding is a rule for those who
/// are given this value. The floor that protects parties is the one their own policy enforces. spec 06-security#metrics-1
/// </remarks>
public abstract class MetricRelease
{
    private MetricRelease() { }

    /// <summary>The sums.</summary>
    /// <exception cref="InvalidOperationException">They are withheld.</exception>
    public MetricSums SumsOrThrow() =>
        this switch
        {
            Released released => released.Sums,
            _ => throw new InvalidOperationException($"The metrics of this round are not given out: {this}."),
        };

    internal static MetricRelease Of(MetricSums sums, int minimumContributors) =>
        sums.Contributors >= minimumContributors
            ? new Released(sums)
            : new Withheld(sums.Contributors, minimumContributors);

    /// <summary>Enough parties are in the sums.</summary>
    public sealed class Released : MetricRelease
    {
        internal Released(MetricSums sums) => Sums = sums;

        /// <summary>The sums.</summary>
        public MetricSums Sums { get; }

        /// <summary>The number of metrics and of parties.</summary>
        public override string ToString() => Sums.ToString();
    }

    /// <summary>Too few parties are in the sums.</summary>
    public sealed class Withheld : MetricRelease
    {
        internal Withheld(int contributors, int minimumContributors) =>
            (Contributors, MinimumContributors) = (contributors, minimumContributors);

        /// <summary>How many parties are in the sums.</summary>
        public int Contributors { get; }

        /// <summary>The least number with which the plan gives metrics out.</summary>
        public int MinimumContributors { get; }

        /// <summary>For example "withheld: 4 parties, at least 5 asked for".</summary>
        public override string ToString() =>
            $"withheld: {Contributors} parties, at least {MinimumContributors} asked for";
    }
}
