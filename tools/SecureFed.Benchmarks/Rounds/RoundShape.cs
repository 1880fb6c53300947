using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>The size of a round, and who leaves when.</summary>
/// <param name="Participants">n.</param>
/// <param name="Length">d.</param>
/// <param name="CollusionBound">c.</param>
/// <param name="MinimumSurvivors">U.</param>
/// <param name="Leaving">How many parties fall silent before they send each of the five messages of a round, in their order.</param>
internal sealed record RoundShape(
    int Participants,
    int Length,
    int CollusionBound,
    int MinimumSurvivors,
    ImmutableArray<int> Leaving
)
{
    private static readonly ImmutableArray<MessageType> s_messages =
    [
        MessageType.KeyAdvertisement,
        MessageType.EncryptedShares,
        MessageType.MaskedInput,
        MessageType.ConsistencySignature,
        MessageType.UnmaskShares,
    ];

    /// <summary>All that leave do so after sharing, where they cost the server most.</summary>
    public static ImmutableArray<int> AfterSharing(int count) => [0, 0, count, 0, 0];

    /// <summary>The first message a party does not send; null when it stays.</summary>
    public MessageType? SilentFrom(int party)
    {
        for (int message = 0; message < Leaving.Length; message++)
        {
            party -= Leaving[message];
            if (party < 0)
            {
                return s_messages[message];
            }
        }

        return null;
    }

    /// <summary>k and t of a cohort of this size; k = n − 1 on the complete graph.</summary>
    public (int Neighbours, int Threshold) GraphOf(int cohort) =>
        DescriptorRules.MaskedSchemeFor(Participants) == SchemeKind.MaskedSparse
        && GraphSizing.ForRound(cohort, CollusionBound, MinimumSurvivors) is { } graph
            ? (graph.Neighbours, graph.Threshold)
            : (cohort - 1, DescriptorRules.LeastThreshold(Participants, CollusionBound));

    /// <summary>A round on the complete graph in which a tenth may collude, U is the threshold, and some leave after sharing.</summary>
    public static RoundShape Small(int participants, int length, int dropped)
    {
        int collusionBound = Math.Max(1, participants / 10);
        return new(
            participants,
            length,
            collusionBound,
            DescriptorRules.LeastThreshold(participants, collusionBound),
            AfterSharing(dropped)
        );
    }
}
