namespace SecureFed.Benchmarks.Measuring;

/// <summary>One row of the table of targets: something measured against a limit of the machine or against a peer.</summary>
internal abstract class BenchmarkRow
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What is measured, and against what.</summary>
    public abstract string What { get; }

    /// <summary>The target, in words.</summary>
    public abstract string Target { get; }

    /// <summary>Whether its result has a drawing.</summary>
    public virtual bool HasChart => false;

    /// <summary>Measures.</summary>
    public abstract BenchmarkResult Run();
}

/// <summary>What one row came to.</summary>
/// <param name="Met">Whether the target is met.</param>
/// <param name="Ratio">Ours against the yardstick; null for rows that are absolute.</param>
/// <param name="Value">An absolute value; null for rows that are ratios.</param>
/// <param name="Unit">The unit of <paramref name="Value"/>, or what the ratio is a ratio of.</param>
internal sealed record BenchmarkResult(bool Met, double? Ratio, double? Value, string Unit)
{
    /// <summary>The numbers behind the result.</summary>
    public IReadOnlyDictionary<string, double> Details { get; init; } =
        new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>A Markdown table for the results page; null for rows that are one number.</summary>
    public string? Table { get; init; }

    /// <summary>A drawing of the table, an SVG document, for --svg.</summary>
    public string? Chart { get; init; }

    /// <summary>What a reader must know: a yardstick that was missing, a part that was left out.</summary>
    public string? Note { get; init; }
}
