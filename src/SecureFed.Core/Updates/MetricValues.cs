using System.Collections.Immutable;

namespace SecureFed.Core;

/// <summary>What one party measured in a round, by the name of the metric: it enters the masked vector beside the update.</summary>
/// <remarks>
/// Immutable and thread-safe; <see cref="With"/> gives a new one. Secret to its owner: it does not print its values. Checked
/// against the plan's blocks when the update is encoded, and not before.
/// </remarks>
public sealed class MetricValues
{
    private readonly ImmutableDictionary<string, ImmutableArray<double>> _values;

    private MetricValues(ImmutableDictionary<string, ImmutableArray<double>> values) => _values = values;

    /// <summary>Nothing measured: for plans without metrics.</summary>
    public static MetricValues None { get; } =
        new(ImmutableDictionary.Create<string, ImmutableArray<double>>(StringComparer.Ordinal));

    /// <summary>Number of metrics.</summary>
    public int Count => _values.Count;

    /// <summary>The same values and those of one more metric.</summary>
    /// <param name="name">The name of a block of the plan, once.</param>
    /// <param name="values">One for each coordinate of the block, in the unit of the metric. Integers are exact up to 2^53.</param>
    /// <exception cref="ArgumentException">The name is given twice.</exception>
    public MetricValues With(string name, params ReadOnlySpan<double> values)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _values.ContainsKey(name)
            ? throw new ArgumentException(
                $"Metric '{name}' has its values. Give all coordinates of a metric in one call.",
                nameof(name)
            )
            : new MetricValues(_values.Add(name, [.. values]));
    }

    /// <summary>The type and the number of metrics; no value is printed.</summary>
    public override string ToString() => $"{nameof(MetricValues)}({Count})";

    /// <summary>lanes[start …] ← the values as integers, block after block. spec 01-updates#metric-2</summary>
    /// <exception cref="UpdateRefusedException">Not exactly the metrics of the plan, or a value is outside its range.</exception>
    internal void WriteTo(RingVector lanes, int start, ImmutableArray<MetricBlock> blocks)
    {
        foreach (MetricBlock block in blocks)
        {
            ImmutableArray<double> values = ValuesOf(block);
            for (int i = 0; i < values.Length; i++)
            {
                lanes[start++] = StepsOf(block, i, values[i]);
            }
        }

        if (_values.Count > blocks.Length)
        {
            string unknown = _values
                .Keys.Where(name => !blocks.Any(block => string.Equals(block.Name, name, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal)
                .First();
            throw new UpdateRefusedException(
                UpdateFault.MetricsMismatch,
                $"The plan has no metric '{unknown}'. Leave it out, or agree on a plan that names it.",
                metric: unknown
            );
        }
    }

    // spec 01-updates#metric-3: every update carries every metric; what was not measured is not silently zero.
    private ImmutableArray<double> ValuesOf(MetricBlock block) =>
        !_values.TryGetValue(block.Name, out ImmutableArray<double> values)
            ? throw new UpdateRefusedException(
                UpdateFault.MetricsMismatch,
                $"The plan asks every party for metric '{block.Name}' and the update has none. Measure it, or stay out of the round.",
                metric: block.Name
            )
        : values.Length != block.Count
            ? throw new UpdateRefusedException(
                UpdateFault.MetricsMismatch,
                $"Metric '{block.Name}' has {block.Count} coordinates in the plan; {values.Length} were given.",
                metric: block.Name
            )
        : values;

    private static ulong StepsOf(MetricBlock block, int coordinate, double value)
    {
        const double TwoToThe63 = 9223372036854775808.0;

        // Scaling by a power of two from 1 on is exact or overflows; rounding a double to an integer is exact too.
        double steps = Math.Round(Math.ScaleB(value, block.FractionBits), MidpointRounding.ToEven);
        return steps >= 0 && steps < TwoToThe63 && (long)steps <= block.Maximum
            ? (ulong)steps
            : throw new UpdateRefusedException(
                UpdateFault.MetricOutOfRange,
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"Coordinate {coordinate} of metric '{block.Name}' is not a number from 0 to {block.LargestValue} (0 to {block.Maximum} steps of 2^-{block.FractionBits}). "
                ) + "Clip the metric to its range, or agree on a plan with a larger maximum.",
                coordinate,
                block.Name
            );
    }
}
