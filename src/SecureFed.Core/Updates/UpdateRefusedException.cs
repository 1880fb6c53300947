namespace SecureFed.Core;

/// <summary>What is wrong with an update that its owner tried to contribute. spec 01-updates#input-1</summary>
public enum UpdateFault
{
    /// <summary>A coordinate is NaN or infinite.</summary>
    NonFinite = 1,

    /// <summary>The update has another number of coordinates than the plan, or the two vectors of a difference differ in length.</summary>
    LengthMismatch = 2,

    /// <summary>The weight is below 1 or above the plan's largest weight.</summary>
    WeightOutOfRange = 3,

    /// <summary>The update has no coordinates or more than the library handles.</summary>
    LengthOutOfRange = 4,

    /// <summary>The sum of the weights is not one that the contributors could have sent.</summary>
    TotalWeightOutOfRange = 5,

    /// <summary>The metrics given are not exactly those of the plan.</summary>
    MetricsMismatch = 6,

    /// <summary>A metric is NaN, infinite, negative or above the plan's maximum.</summary>
    MetricOutOfRange = 7,

    /// <summary>More examples than the plan allows one party.</summary>
    TooManyExamples = 8,
}

/// <summary>An update that cannot be contributed. Nothing has left the process when this is thrown.</summary>
/// <remarks>The message names positions, lengths and limits, never a value of the update.</remarks>
public sealed class UpdateRefusedException : ArgumentException
{
    internal UpdateRefusedException(
        UpdateFault fault,
        string message,
        int? coordinateIndex = null,
        string? metric = null
    )
        : base(message)
    {
        Fault = fault;
        CoordinateIndex = coordinateIndex;
        Metric = metric;
    }

    /// <summary>What is wrong.</summary>
    public UpdateFault Fault { get; }

    /// <summary>The first coordinate at fault, when one is: of the update, or of <see cref="Metric"/>.</summary>
    public int? CoordinateIndex { get; }

    /// <summary>The name of the metric at fault, when one is.</summary>
    public string? Metric { get; }
}
