using System.Collections.Immutable;

namespace SecureFed.Samples.Shared;

/// <summary>A feature and the public range that its values are clamped to before statistics leave a party.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Low">The smallest value that counts, from the meaning of the feature and not from the data.</param>
/// <param name="High">The largest value that counts, above <paramref name="Low"/>.</param>
public sealed record Feature(string Name, double Low, double High);

/// <summary>Rows of features with a yes/no label. Private to the party that holds them.</summary>
/// <remarks>Not changed after construction. A missing value is NaN.</remarks>
public sealed class LabelledRows
{
    /// <summary>Takes the arrays over.</summary>
    /// <param name="features">What the columns are.</param>
    /// <param name="values">float[rows][features], NaN where a value is missing.</param>
    /// <param name="labels">bool[rows].</param>
    public LabelledRows(ImmutableArray<Feature> features, float[][] values, bool[] labels)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        if (values.Length != labels.Length)
        {
            throw new ArgumentException($"{values.Length} rows have {labels.Length} labels.", nameof(labels));
        }

        Features = features;
        Values = values;
        Labels = labels;
    }

    /// <summary>What the columns are.</summary>
    public ImmutableArray<Feature> Features { get; }

    /// <summary>float[rows][features], NaN where a value is missing.</summary>
    public float[][] Values { get; }

    /// <summary>bool[rows].</summary>
    public bool[] Labels { get; }

    /// <summary>The number of rows.</summary>
    public int Count => Labels.Length;

    /// <summary>The number of rows whose label is true.</summary>
    public int PositiveCount => Labels.Count(label => label);

    /// <summary>The rows with the given indices, in that order.</summary>
    public LabelledRows Select(IReadOnlyCollection<int> indices) =>
        new(Features, [.. indices.Select(i => Values[i])], [.. indices.Select(i => Labels[i])]);

    /// <summary>All rows of several parts, in order; the parts have the same features.</summary>
    public static LabelledRows Concat(IReadOnlyCollection<LabelledRows> parts) =>
        new(
            parts.First().Features,
            [.. parts.SelectMany(part => part.Values)],
            [.. parts.SelectMany(part => part.Labels)]
        );
}
