using System.Collections.Immutable;
using System.Reflection;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class RoundDigestsTests
{
    private static readonly RoundDescriptor s_round = (
        (ProtocolMessage.RoundInvitation)new MessageRecipe(MessageType.RoundInvitation, 4, 0, 0, 3).Build()
    ).Descriptor;

    private static readonly Digest s_d = RoundDigests.Descriptor(s_round);

    public static TheoryData<string> DescriptorProperties =>
        [.. typeof(RoundDescriptor).GetProperties().Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(DescriptorProperties))]
    public void Changing_any_property_of_the_descriptor_changes_its_digest(string name)
    {
        PropertyInfo property = typeof(RoundDescriptor).GetProperty(name)!;
        RoundDescriptor original = Copy(s_round);
        SetPrivacy(original, hasNoise: name == nameof(RoundDescriptor.Noise));
        RoundDescriptor changed = Copy(original);
        property.SetValue(changed, Another(property.GetValue(original)!, property.Name));

        Assert.Equal(RoundDigests.Descriptor(original), RoundDigests.Descriptor(Copy(original)));
        Assert.NotEqual(RoundDigests.Descriptor(original), RoundDigests.Descriptor(changed));
    }

    [Fact]
    public void Each_part_of_the_noise_changes_the_digest_and_so_does_having_any()
    {
        RoundNoise noise = new(
            new SumNoise(100, 2, 3),
            PrivacyUnit.Record,
            NeighbouringRelation.AddOrRemoveOne,
            SamplingRate: 0.5
        );
        Digest Of(RoundNoise? changed)
        {
            RoundDescriptor round = Copy(s_round);
            SetPrivacy(round, hasNoise: changed is not null);
            typeof(RoundDescriptor).GetProperty(nameof(RoundDescriptor.Noise))!.SetValue(round, changed);
            return RoundDigests.Descriptor(round);
        }

        Digest[] digests =
        [
            Of(null),
            Of(noise),
            Of(noise with { Terms = noise.Terms with { ShareVariance = 101 } }),
            Of(noise with { Terms = noise.Terms with { MaximumExamples = 1 } }),
            Of(noise with { Terms = noise.Terms with { Divisor = 3.5 } }),
            Of(noise with { Terms = noise.Terms with { Compression = CompressedBits.TwentyFour } }),
            Of(noise with { Unit = PrivacyUnit.Client }),
            Of(noise with { Relation = NeighbouringRelation.ReplaceOne }),
            Of(noise with { SamplingRate = 0.25 }),
        ];
        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    private static RoundDescriptor Copy(RoundDescriptor round) =>
        (RoundDescriptor)
            typeof(object)
                .GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!
                .Invoke(round, null)!;

    // A descriptor has a reason for no noise, or noise.
    private static void SetPrivacy(RoundDescriptor round, bool hasNoise)
    {
        typeof(RoundDescriptor)
            .GetProperty(nameof(RoundDescriptor.NoPrivacyBecause))!
            .SetValue(round, hasNoise ? string.Empty : "test data");
        typeof(RoundDescriptor)
            .GetProperty(nameof(RoundDescriptor.Noise))!
            .SetValue(
                round,
                hasNoise
                    ? new RoundNoise(
                        new SumNoise(100, 1, 1),
                        PrivacyUnit.Record,
                        NeighbouringRelation.AddOrRemoveOne,
                        SamplingRate: 1
                    )
                    : null
            );
    }

    [Fact]
    public void Each_part_of_a_roster_entry_changes_the_digest()
    {
        RosterEntry last = s_round.Roster[^1];
        byte[] otherKey = last.SigningKey.ToArray();
        otherKey[^1] ^= 1;

        Assert.NotEqual(s_d, DigestWithRoster(s_round.Roster[..^1]));
        Assert.NotEqual(s_d, DigestWithRoster([.. s_round.Roster[..^1], last with { SigningKey = otherKey }]));
        Assert.NotEqual(
            s_d,
            DigestWithRoster([.. s_round.Roster[..^1], last with { Id = ParticipantId.FromIndex(999) }])
        );
    }

    [Fact]
    public void Changing_any_property_of_an_advertisement_but_its_signature_changes_the_cohort_digest()
    {
        ProtocolMessage.KeyAdvertisement first = Advertisement(1);
        ProtocolMessage.KeyAdvertisement second = Advertisement(5);
        Digest k = RoundDigests.Cohort(s_d, [first, second]);
        string[] bound = ["Sender", "ChannelKey", "MaskKey", "SeedCommitment"];

        foreach (string changed in bound)
        {
            Assert.NotEqual(k, RoundDigests.Cohort(s_d, [first, Advertisement(5, changed)]));
        }

        // Session is D, which the digest takes as its own argument; Type is the same for all.
        HashSet<string> known = [.. bound, "Session", "Signature", "Type"];
        Assert.True(known.SetEquals(typeof(ProtocolMessage.KeyAdvertisement).GetProperties().Select(p => p.Name)));
    }

    [Fact]
    public void The_bytes_of_signatures_do_not_change_the_cohort_digest() =>
        Assert.Equal(
            RoundDigests.Cohort(s_d, [Advertisement(1), Advertisement(5)]),
            RoundDigests.Cohort(s_d, [Advertisement(1, "Signature"), Advertisement(5, "Signature")])
        );

    [Fact]
    public void A_cohort_is_bound_to_its_descriptor_and_members()
    {
        Digest k = RoundDigests.Cohort(s_d, [Advertisement(1), Advertisement(5)]);
        Digest other = Digest.Of("another"u8);

        Assert.NotEqual(k, RoundDigests.Cohort(s_d, [Advertisement(1)]));
        Assert.NotEqual(
            k,
            RoundDigests.Cohort(other, [Advertisement(1, session: other), Advertisement(5, session: other)])
        );
        Assert.Throws<ArgumentException>(() => RoundDigests.Cohort(s_d, [Advertisement(5), Advertisement(1)]));
        Assert.Throws<ArgumentException>(() => RoundDigests.Cohort(s_d, [Advertisement(5), Advertisement(5)]));
        Assert.Throws<ArgumentException>(() => RoundDigests.Cohort(other, [Advertisement(5)]));
    }

    [Fact]
    public void Keys_of_different_lengths_cannot_be_cut_at_another_place()
    {
        ProtocolMessage.KeyAdvertisement Cut(int at)
        {
            byte[] both = [1, 2, 3, 4, 5, 6];
            return new(s_d, 1, both.AsMemory(0, at), both.AsMemory(at), s_d, default);
        }

        Assert.Equal(5, Enumerable.Range(1, 5).Select(at => RoundDigests.Cohort(s_d, [Cut(at)])).Distinct().Count());
    }

    [Fact]
    public void A_seed_commitment_binds_descriptor_sender_and_every_bit_of_the_seed()
    {
        byte[] seed = new byte[32];
        List<Digest> commitments =
        [
            RoundDigests.SeedCommitment(s_d, 1, seed),
            RoundDigests.SeedCommitment(s_d, 2, seed),
            RoundDigests.SeedCommitment(Digest.Of("another"u8), 1, seed),
        ];
        for (int bit = 0; bit < 256; bit++)
        {
            byte[] changed = new byte[32];
            changed[bit >> 3] = (byte)(1 << (bit & 7));
            commitments.Add(RoundDigests.SeedCommitment(s_d, 1, changed));
        }

        Assert.Equal(commitments.Count, commitments.Distinct().Count());
        Assert.Throws<ArgumentException>(() => RoundDigests.SeedCommitment(s_d, 1, new byte[31]));
    }

    [Fact]
    public void A_share_commitment_binds_all_that_it_is_about()
    {
        byte[] share = new byte[32];
        byte[] salt = new byte[16];
        byte[] otherShare = [1, .. new byte[31]];
        byte[] otherSalt = [.. new byte[15], 1];
        Digest[] commitments =
        [
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 1, 2, share, salt),
            RoundDigests.ShareCommitment(ShareKind.SelfMaskSeed, s_d, 1, 2, share, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, Digest.Of("another"u8), 1, 2, share, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 3, 2, share, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 1, 3, share, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 2, 1, share, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 1, 2, otherShare, salt),
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 1, 2, share, otherSalt),
        ];

        Assert.Equal(commitments.Length, commitments.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            RoundDigests.ShareCommitment(ShareKind.None, s_d, 1, 2, share, salt)
        );
        Assert.Throws<ArgumentException>(() =>
            RoundDigests.ShareCommitment(ShareKind.MaskKey, s_d, 1, 2, share, new byte[17])
        );
    }

    [Fact]
    public void The_digest_of_survivor_sets_binds_cohort_and_both_sets()
    {
        PartySet all = PartySet.Of(9, [0, 1, 2, 3, 8]);
        PartySet some = PartySet.Of(9, [0, 1, 2]);
        PartySet sameBitsOfMore = PartySet.Of(10, [0, 1, 2]);
        Digest[] digests =
        [
            RoundDigests.SurvivorSets(s_d, all, some),
            RoundDigests.SurvivorSets(s_d, some, all),
            RoundDigests.SurvivorSets(s_d, all, all),
            RoundDigests.SurvivorSets(s_d, all, sameBitsOfMore),
            RoundDigests.SurvivorSets(Digest.Of("another"u8), all, some),
        ];

        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    [Fact]
    public void Digests_are_the_hashes_that_the_specification_writes()
    {
        byte[] seed = MessageRecipe.RandomBytes(new Random(1), 32);
        byte[] salt = MessageRecipe.RandomBytes(new Random(2), 16);
        byte[] d = s_d.ToArray();
        ProtocolMessage.KeyAdvertisement one = Advertisement(0x0102);

        Assert.Equal(Digest.Of([.. "SecureFed/1 descriptor"u8, .. RoundDescriptorCodec.Encode(s_round)]), s_d);
        Assert.Equal(
            Digest.Of([
                .. "SecureFed/1 cohort"u8,
                .. d,
                1,
                0,
                2,
                1,
                65,
                .. one.ChannelKey.Span,
                65,
                .. one.MaskKey.Span,
                .. one.SeedCommitment.ToArray(),
            ]),
            RoundDigests.Cohort(s_d, [one])
        );
        Assert.Equal(
            Digest.Of([.. "SecureFed/1 seed commitment"u8, .. d, 2, 1, .. seed]),
            RoundDigests.SeedCommitment(s_d, 0x0102, seed)
        );
        Assert.Equal(
            Digest.Of([.. "SecureFed/1 share commitment"u8, 2, .. d, 2, 1, 4, 3, .. seed, .. salt]),
            RoundDigests.ShareCommitment(ShareKind.SelfMaskSeed, s_d, 0x0102, 0x0304, seed, salt)
        );
        Assert.Equal(
            Digest.Of([.. "SecureFed/1 survivor sets"u8, .. d, 9, 0, 0x0F, 0x01, 9, 0, 0x07, 0x00]),
            RoundDigests.SurvivorSets(s_d, PartySet.Of(9, [0, 1, 2, 3, 8]), PartySet.Of(9, [0, 1, 2]))
        );
    }

    private static Digest DigestWithRoster(ImmutableArray<RosterEntry> roster)
    {
        RoundDescriptor changed = (RoundDescriptor)
            typeof(object)
                .GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!
                .Invoke(s_round, null)!;
        typeof(RoundDescriptor).GetProperty(nameof(RoundDescriptor.Roster))!.SetValue(changed, roster);
        return RoundDigests.Descriptor(changed);
    }

    private static ProtocolMessage.KeyAdvertisement Advertisement(
        ushort sender,
        string changed = "",
        Digest? session = null
    )
    {
        byte[] Bytes(string name, byte value, int size) =>
            [.. Enumerable.Repeat(name == changed ? (byte)(value + 1) : value, size)];
        return new(
            session ?? s_d,
            changed == "Sender" ? (ushort)(sender + 1) : sender,
            Bytes("ChannelKey", 10, 65),
            Bytes("MaskKey", 20, 65),
            Digest.FromBytes(Bytes("SeedCommitment", 30, 32)),
            Bytes("Signature", 40, 64)
        );
    }

    private static object Another(object value, string name) =>
        value switch
        {
            SuiteId suite => suite == SuiteId.P256A256V1 ? SuiteId.X25519CC20V1 : SuiteId.P256A256V1,
            SchemeKind scheme => scheme == SchemeKind.Unprotected ? SchemeKind.MaskedComplete : SchemeKind.Unprotected,
            RoundNoise noise => noise with { SamplingRate = noise.SamplingRate / 2 },
            string text => text == "another" ? "other" : "another",
            int number => number == 7 ? 8 : 7,
            long number => number == 7 ? 8L : 7L,
            uint number => number == 7 ? 8U : 7U,
            ulong number => number == 7 ? 8UL : 7UL,
            double number => double.BitIncrement(number) is var next && double.IsFinite(next) ? next : 1.0,
            Digest digest => Digest.Of(digest.ToArray()),
            ImmutableArray<MetricBlock> metrics => metrics.Add(MetricBlock.Create("another", 1, 1)),
            ImmutableArray<RosterEntry> roster => roster.RemoveAt(0),
            _ => throw new InvalidOperationException($"Say what another {name} is: every property must be in D."),
        };
}
