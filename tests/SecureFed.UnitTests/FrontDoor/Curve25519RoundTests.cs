using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.BouncyCastle;
using SecureFed.Protocol;
using SecureFed.Testing;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Whole rounds with the suite SF-X25519-CC20-1 and Ed25519 signers.</summary>
public sealed class Curve25519RoundTests
{
    private static readonly AggregationPlan s_plan = Plans.Masked(length: 3, parties: 5, survivors: 4);

    [Fact]
    public void A_masked_round_gives_the_exact_sum()
    {
        using InProcessFederation federation = Federation(seed: 1);
        using InProcessRound round = InProcessRoundTests.Filled(federation, s_plan);

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Equal(SuiteId.X25519CC20V1, done.Descriptor.Suite);
        Assert.Equal(Plans.SumOf(3, [0, 1, 2, 3, 4]), done.Sum.Integers());
        Assert.Empty(done.Dropped);
    }

    [Theory]
    [InlineData(RoundPhase.ShareKeys, false)]
    [InlineData(RoundPhase.MaskedInput, false)]
    [InlineData(RoundPhase.Unmask, true)]
    public void A_party_that_leaves_is_unmasked_with_its_shares(RoundPhase during, bool counts)
    {
        using InProcessFederation federation = Federation(seed: 2);
        using InProcessRound round = InProcessRoundTests.Filled(federation, s_plan);
        round.Drop(ParticipantId.FromIndex(3), during);

        RoundOutcome.Completed done = Assert.IsType<RoundOutcome.Completed>(round.Complete());

        Assert.Equal(Plans.SumOf(3, counts ? [0, 1, 2, 3, 4] : [0, 1, 2, 4]), done.Sum.Integers());
    }

    [Fact]
    public void A_member_with_a_key_of_the_other_suite_is_refused()
    {
        using EcdsaP256Signer stranger = EcdsaP256Signer.Generate();
        FederationMember[] members = [.. Members(4), Member(4, stranger)];

        Assert.Throws<ArgumentException>(() =>
            InProcessFederation.FromMembers("f", members, Curve25519Suite.Instance, new SeededRandomSource(3))
        );
        Assert.Throws<ArgumentException>(() =>
            InProcessFederation.FromMembers("f", Members(5), P256Suite.Instance, new SeededRandomSource(3))
        );
    }

    private static InProcessFederation Federation(ulong seed) =>
        InProcessFederation.FromMembers(
            "test-federation",
            Members(5),
            Curve25519Suite.Instance,
            new SeededRandomSource(seed)
        );

    private static IEnumerable<FederationMember> Members(int count) =>
        Enumerable
            .Range(0, count)
            .Select(i => Member(i, Ed25519Signer.Generate(new SeededRandomSource((ulong)i + 100))));

    private static FederationMember Member(int index, ISigner signer) =>
        new(ParticipantId.FromIndex(index), signer, new InMemoryClientJournal());
}
