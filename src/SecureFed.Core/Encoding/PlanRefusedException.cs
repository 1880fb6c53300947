namespace SecureFed.Core;

/// <summary>Which part of a plan makes no sense or does not fit. spec 01-updates#width-4</summary>
public enum PlanFault
{
    /// <summary>The number of coordinates is out of range.</summary>
    LengthOutOfRange = 1,

    /// <summary>The number of participants is out of range.</summary>
    ParticipantCountOutOfRange = 2,

    /// <summary>The clip norm is not a finite number in range.</summary>
    ClipNormOutOfRange = 3,

    /// <summary>The number of fraction bits is out of range.</summary>
    FractionBitsOutOfRange = 4,

    /// <summary>The largest weight is out of range.</summary>
    MaximumWeightOutOfRange = 5,

    /// <summary>The grid is so coarse that rounding alone could use up the norm bound.</summary>
    GridTooCoarse = 6,

    /// <summary>The sum of the largest updates does not fit a 64-bit ring.</summary>
    RingTooWide = 7,

    /// <summary>A metric is out of range, named twice, or there are too many.</summary>
    MetricOutOfRange = 8,

    /// <summary>The noise is out of range, or the plan has weights or metrics, which no noise would hide.</summary>
    NoiseOutOfRange = 9,
}

/// <summary>A plan that cannot work, refused when it is made and not in the middle of a round.</summary>
/// <remarks>The message names the numbers and what to change. Plans are public: nothing secret can be in it.</remarks>
public sealed class PlanRefusedException : ArgumentException
{
    internal PlanRefusedException(PlanFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>The part at fault.</summary>
    public PlanFault Fault { get; }
}
