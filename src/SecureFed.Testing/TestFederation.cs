using SecureFed.Core;

namespace SecureFed.Testing;

/// <summary>Federations of toy parties, made in microseconds and the same for the same seed.</summary>
public static class TestFederation
{
    /// <summary>The members party-000000 … with toy keys and journals in memory.</summary>
    /// <param name="parties">At least 2.</param>
    public static IReadOnlyList<FederationMember> Members(int parties) =>
        [
            .. Enumerable
                .Range(0, parties)
                .Select(ParticipantId.FromIndex)
                .Select(id => new FederationMember(id, new TestSigner(id.ToString()), new InMemoryClientJournal())),
        ];

    /// <summary>A federation of toy parties whose randomness comes from a seed.</summary>
    /// <param name="parties">At least 2.</param>
    /// <param name="seed">Decides every key, mask, share and rounding.</param>
    public static InProcessFederation Create(int parties, ulong seed) =>
        InProcessFederation.FromMembers(
            "test-federation",
            Members(parties),
            TestSuite.Instance,
            new SeededRandomSource(seed, "federation")
        );
}
