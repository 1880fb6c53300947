using System.Collections.Immutable;
using System.Globalization;

namespace SecureFed.Core;

/// <summary>A group of figures that every party of a round sends beside its update, inside the same masked vector. spec 01-updates#metric-1</summary>
/// <remarks>
/// Immutable, public and thread-safe. A coordinate is an integer from 0 to <see cref="Maximum"/> in steps of
/// 2^-<see cref="FractionBits"/>. Compared by its four values.
/// </remarks>
public sealed record MetricBlock
{
    /// <summary>The most blocks of a plan: 64.</summary>
    public const int MaximumBlocks = 64;

    /// <summary>The most coordinates of all blocks of a plan together: 4,096.</summary>
    public const int MaximumCoordinates = 4096;

    /// <summary>The most fraction bits of a metric: 60.</summary>
    public const int MaximumFractionBits = 60;

    private MetricBlock(string name, int count, long maximum, int fractionBits) =>
        (Name, Count, Maximum, FractionBits) = (name, count, maximum, fractionBits);

    /// <summary>Its name, written like a participant id; unique in a plan.</summary>
    public string Name { get; }

    /// <summary>Number of coordinates, at least 1.</summary>
    public int Count { get; }

    /// <summary>The largest integer that one party may send for a coordinate, in steps; 1 to 2^63 − 1.</summary>
    public long Maximum { get; }

    /// <summary>One step is 2^-FractionBits in the unit of the metric; 0 to 60, and 0 for counts.</summary>
    public int FractionBits { get; }

    /// <summary>The largest value of a coordinate in the unit of the metric: Maximum · 2^-FractionBits, rounded to double.</summary>
    public double LargestValue => Math.ScaleB((double)Maximum, -FractionBits);

    /// <summary>Makes a block.</summary>
    /// <param name="name">1 to 64 characters of a-z, 0-9, '-', '_' and '.'.</param>
    /// <param name="count">Number of coordinates, 1 to 4,096.</param>
    /// <param name="maximum">The largest integer of one party and coordinate, in steps; 1 to 2^63 − 1. It widens the ring like a clip norm.</param>
    /// <param name="fractionBits">0 to 60.</param>
    /// <exception cref="PlanRefusedException">A value is out of range; the message names it.</exception>
    public static MetricBlock Create(string name, int count, long maximum, int fractionBits = 0)
    {
        ArgumentNullException.ThrowIfNull(name);
        return !ParticipantId.TryParse(name, out _)
                ? throw Refused(
                    $"A metric's name has 1 to {ParticipantId.MaximumLength} characters of a-z, 0-9, '-', '_' and '.'."
                )
            : count is < 1 or > MaximumCoordinates
                ? throw Refused($"Metric '{name}' has 1 to {MaximumCoordinates} coordinates; the plan says {count}.")
            : maximum < 1
                ? throw Refused(
                    $"The largest integer of metric '{name}' is 1 to 2^63 - 1, in steps; the plan says {maximum}."
                )
            : fractionBits is < 0 or > MaximumFractionBits
                ? throw Refused(
                    $"Metric '{name}' has 0 to {MaximumFractionBits} fraction bits; the plan says {fractionBits}."
                )
            : new MetricBlock(name, count, maximum, fractionBits);
    }

    /// <summary>For example "loss: 1 coordinate from 0 to 65536 in steps of 2^-16".</summary>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}: {Count} coordinate{(Count == 1 ? string.Empty : "s")} from 0 to {Maximum} in steps of 2^-{FractionBits}"
        );

    /// <summary>What is wrong with a list of blocks; null when it can be part of a plan. spec 01-updates#metric-1</summary>
    internal static string? ProblemOf(ImmutableArray<MetricBlock> blocks)
    {
        if (blocks.Length > MaximumBlocks)
        {
            return $"A plan has at most {MaximumBlocks} metrics; this one names {blocks.Length}. Give related figures one block of several coordinates.";
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        int coordinates = 0;
        foreach (MetricBlock block in blocks)
        {
            coordinates += block.Count;
            if (!names.Add(block.Name))
            {
                return $"Metric '{block.Name}' is named twice. Give each a name of its own.";
            }
        }

        return coordinates > MaximumCoordinates
            ? $"The metrics of a plan have at most {MaximumCoordinates} coordinates together; these have {coordinates}. Use fewer bins."
            : null;
    }

    private static PlanRefusedException Refused(FormattableString message) =>
        new(PlanFault.MetricOutOfRange, message.ToString(CultureInfo.InvariantCulture));
}
