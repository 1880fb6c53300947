namespace SecureFed.Protocol;

/// <summary>Why no sparse graph could be sized.</summary>
public enum GraphFault
{
    /// <summary>The number of clients is out of range.</summary>
    ClientCountOutOfRange = 1,

    /// <summary>The share of corrupt clients is not in [0, 1).</summary>
    CorruptFractionOutOfRange = 2,

    /// <summary>The share of clients that drop out is not in [0, 1).</summary>
    DropoutFractionOutOfRange = 3,

    /// <summary>The secrecy bits are out of range.</summary>
    SecrecyBitsOutOfRange = 4,

    /// <summary>The failure bits are out of range.</summary>
    FailureBitsOutOfRange = 5,

    /// <summary>The adversary is none of <see cref="GraphAdversary"/>.</summary>
    UnknownAdversary = 6,

    /// <summary>No even number of neighbours meets all three conditions.</summary>
    NoSolution = 7,
}

/// <summary>A sparse graph that cannot be sized, with the numbers and what to change.</summary>
/// <remarks>Sizing has public arguments only: nothing secret can be in the message.</remarks>
public sealed class GraphRefusedException : ArgumentException
{
    internal GraphRefusedException(GraphFault fault, string message, string remedy)
        : base($"{message} {remedy}")
    {
        Fault = fault;
        Finding = message;
        Remedy = remedy;
    }

    /// <summary>The argument or condition at fault.</summary>
    public GraphFault Fault { get; }

    /// <summary>What is wrong, with its numbers, in one sentence.</summary>
    public string Finding { get; }

    /// <summary>What to change, in one sentence.</summary>
    public string Remedy { get; }
}
