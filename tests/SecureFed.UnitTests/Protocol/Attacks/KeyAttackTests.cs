using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Attacks on the keys of a cohort: swapped, reflected, shared, altered, invalid, and signatures moved elsewhere.</summary>
public class KeyAttackTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);

    public static TheoryData<string, string> RefusedPoints
    {
        get
        {
            TheoryData<string, string> data = [];
            string path = RepositoryFolders.InRoot("spec", "vectors", "security", "vectors", "primitives.json");
            using JsonDocument vectors = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonElement vector in vectors.RootElement.GetProperty("ecdhP256_reject").EnumerateArray())
            {
                data.Add(vector.GetProperty("why").GetString()!, vector.GetProperty("point").GetString()!);
            }

            string valid = Convert.ToHexString(Inside.FreshKey().Span);
            data.Add("compressed", "02" + valid[2..66]);
            data.Add("hybrid", "06" + valid[2..]);
            data.Add("short", valid[..^2]);
            data.Add("long", valid + "00");
            data.Add(
                "as long as the codec takes",
                string.Concat(Enumerable.Repeat("04", MessageLimits.MaximumKeySizeInBytes))
            );
            return data;
        }
    }

    [Fact]
    public void KEY_01_A_mask_key_swapped_towards_one_client_is_refused_by_it_alone()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        round.Hook = sent =>
            sent is { Type: MessageType.CohortAnnouncement, To: 0 }
                ? [sent.With(Swapped(Forge.Read<ProtocolMessage.CohortAnnouncement>(sent.Bytes), 3))]
                : [sent];

        round.Run();

        Assert.Equal(AbortReason.BadSignature, round.ClientAborted(0).Reason);
        Assert.Equal(s_five.IdOf(3), Assert.Single(round.ClientAborted(0).Named));
        Assert.DoesNotContain(
            round.Sent,
            sent => sent.From == 0 && sent.Type is MessageType.EncryptedShares or MessageType.MaskedInput
        );
        PeerFault told = Assert.Single(round.ServerFaults, fault => fault.Kind == PeerFaultKind.Withdrew);
        Assert.Equal((s_five.IdOf(0), s_five.IdOf(3)), (told.Who, told.About));
        round.AssertExact(1, 2, 3, 4);
    }

    [Fact]
    public void KEY_01_Neighbour_an_untouched_roster_keeps_everybody_in()
    {
        using MessageRound round = new(s_five, new RoundPlan());

        round.Run();

        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void KEY_03_Own_keys_shown_as_a_peers_are_refused(bool asChannelKey, bool ownChannelKey)
    {
        Step<ClientReceipt> step = Show(
            (cohort, round) =>
            {
                ProtocolMessage.KeyAdvertisement own = cohort.Advertisements[0];
                ReadOnlyMemory<byte> reflected = ownChannelKey ? own.ChannelKey : own.MaskKey;
                return Forge.Replace(
                    cohort,
                    Forge.Keys(
                        round.Federation.Signers[2],
                        cohort.Advertisements[2],
                        channel: asChannelKey ? reflected : (ReadOnlyMemory<byte>?)null,
                        mask: asChannelKey ? (ReadOnlyMemory<byte>?)null : reflected
                    )
                );
            }
        );

        AssertRefused(step, AbortReason.OwnKeyReflected, 2);
    }

    [Theory]
    [InlineData("mask as mask of another")]
    [InlineData("channel as channel of another")]
    [InlineData("mask as channel of another")]
    [InlineData("one key for both purposes")]
    public void KEY_04_A_key_that_occurs_twice_is_refused(string how)
    {
        Step<ClientReceipt> step = Show(
            (cohort, round) =>
            {
                ProtocolMessage.KeyAdvertisement other = cohort.Advertisements[1];
                ProtocolMessage.KeyAdvertisement entry = cohort.Advertisements[2];
                ISigner signer = round.Federation.Signers[2];
                return Forge.Replace(
                    cohort,
                    how switch
                    {
                        "mask as mask of another" => Forge.Keys(signer, entry, mask: other.MaskKey),
                        "channel as channel of another" => Forge.Keys(signer, entry, channel: other.ChannelKey),
                        "mask as channel of another" => Forge.Keys(signer, entry, channel: other.MaskKey),
                        _ => Forge.Keys(signer, entry, channel: entry.MaskKey),
                    }
                );
            }
        );

        AssertRefused(step, AbortReason.KeyReused, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KEY_04_The_server_takes_no_key_twice(bool ofAnother)
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery first = round.Take(MessageType.KeyAdvertisement, from: 0);
        round.Deliver(first);
        Delivery second = round.Take(MessageType.KeyAdvertisement, from: 1);
        ProtocolMessage.KeyAdvertisement entry = Forge.Read<ProtocolMessage.KeyAdvertisement>(second.Bytes);
        ReadOnlyMemory<byte> taken = Forge.Read<ProtocolMessage.KeyAdvertisement>(first.Bytes).MaskKey;
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(
            1,
            Forge.Bytes(Forge.Keys(s_five.Signers[1], entry, channel: ofAnother ? taken : entry.MaskKey))
        );

        Inside.AssertFault(step, PeerFaultKind.KeyReused);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Deliver(second);
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData("mask key")]
    [InlineData("channel key")]
    [InlineData("commitment")]
    [InlineData("missing")]
    public void KEY_05_An_own_entry_that_is_altered_or_missing_is_refused(string what)
    {
        Step<ClientReceipt> step = Show(
            (cohort, round) =>
            {
                // The strongest case: the attacker has this client's signature on the altered entry.
                ProtocolMessage.KeyAdvertisement own = cohort.Advertisements[0];
                ISigner signer = round.Federation.Signers[0];
                return what switch
                {
                    "mask key" => Forge.Replace(cohort, Forge.Keys(signer, own, mask: Inside.FreshKey())),
                    "channel key" => Forge.Replace(cohort, Forge.Keys(signer, own, channel: Inside.FreshKey())),
                    "commitment" => Forge.Replace(cohort, Forge.Keys(signer, own, commitment: Digest.Of([7]))),
                    _ => new ProtocolMessage.CohortAnnouncement(cohort.Session, cohort.Advertisements[1..]),
                };
            }
        );

        AssertRefused(step, AbortReason.OwnKeyAltered, 0);
    }

    [Fact]
    public void KEY_05_An_own_entry_that_stands_twice_cannot_be_decoded()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery honest = round.Take(MessageType.CohortAnnouncement, to: 0);
        const int Header = MessageCodec.HeaderSizeInBytes;
        int entrySize = (honest.Bytes.Length - Header - 2) / 5;
        byte[] twice =
        [
            .. honest.Bytes.Span[..Header],
            6,
            0,
            .. honest.Bytes.Span.Slice(Header + 2, entrySize),
            .. honest.Bytes.Span[(Header + 2)..],
        ];

        Step<ClientReceipt> step = round.ToClient(0, twice);

        Assert.Contains(
            Assert.Single(step.Faults).Kind,
            new[] { PeerFaultKind.MalformedMessage, PeerFaultKind.MessageTooLarge }
        );
        Assert.Equal(MessageType.EncryptedShares, Assert.Single(round.ToClient(0, honest.Bytes).Send).Type);
    }

    [Theory]
    [MemberData(nameof(RefusedPoints))]
    public void KEY_06_A_cohort_with_an_invalid_point_is_refused(string why, string point)
    {
        Assert.NotEmpty(why);
        byte[] key = Convert.FromHexString(point);
        if (key.Length == 0)
        {
            return;
        }

        foreach (bool asMask in new[] { true, false })
        {
            Step<ClientReceipt> step = Show(
                (cohort, round) =>
                    Forge.Replace(
                        cohort,
                        Forge.Keys(
                            round.Federation.Signers[4],
                            cohort.Advertisements[4],
                            channel: asMask ? (ReadOnlyMemory<byte>?)null : key,
                            mask: asMask ? key : (ReadOnlyMemory<byte>?)null
                        )
                    )
            );

            AssertRefused(step, AbortReason.InvalidPoint, 4);
        }
    }

    [Theory]
    [MemberData(nameof(RefusedPoints))]
    public void KEY_06_The_server_takes_no_invalid_point(string why, string point)
    {
        Assert.NotEmpty(why);
        byte[] key = Convert.FromHexString(point);
        using MessageRound round = new(s_five, new RoundPlan());
        Delivery honest = round.Take(MessageType.KeyAdvertisement, from: 2);
        Digest before = round.Server.StateFingerprint();

        Step<AggregateResult> step = round.ToServer(2, WithMaskKey(honest, key));

        Inside.AssertFault(step, key.Length == 0 ? PeerFaultKind.MalformedMessage : PeerFaultKind.InvalidPoint);
        Assert.Equal(s_five.IdOf(2), step.Faults[0].Who);
        Assert.Equal(before, round.Server.StateFingerprint());
        round.Deliver(honest);
        round.Run();
        round.AssertExact(0, 1, 2, 3, 4);
    }

    [Fact]
    public void KEY_11_A_transplanted_signature_never_verifies()
    {
        using MessageRound first = new(s_five, new RoundPlan());
        using MessageRound second = new(s_five, new RoundPlan { Attempt = 2 }, new RoundOptions { Seed = 2 });
        first.Run();
        second.Run();
        ProtocolMessage.FromClient[] messages =
        [
            .. first
                .Sent.Concat(second.Sent)
                .Where(sent => sent.From is not null)
                .Select(sent => Forge.Read<ProtocolMessage.FromClient>(sent.Bytes)),
        ];
        Random random = new(11);
        int transplants = 0;
        while (transplants < 1000)
        {
            ProtocolMessage.FromClient donor = messages[random.Next(messages.Length)];
            ProtocolMessage.FromClient host = messages[random.Next(messages.Length)];
            byte[] content = ContentOf(host);
            if (ReferenceEquals(donor, host) || content.AsSpan().SequenceEqual(ContentOf(donor)))
            {
                continue;
            }

            transplants++;
            Assert.False(
                P256Suite.Instance.VerifySignature(
                    s_five.Roster[random.Next(2) == 0 ? host.Sender : donor.Sender].SigningKey.Span,
                    content,
                    donor.Signature.Span
                ),
                $"the signature of a {donor.Type} verifies on a {host.Type}"
            );
        }

        Assert.All(
            messages,
            message =>
                Assert.True(
                    P256Suite.Instance.VerifySignature(
                        s_five.Roster[message.Sender].SigningKey.Span,
                        ContentOf(message),
                        message.Signature.Span
                    )
                )
        );
    }

    [Fact]
    public void KEY_11_A_key_message_with_a_signature_of_another_attempt_is_refused_by_server_and_client()
    {
        using MessageRound earlier = new(s_five, new RoundPlan());
        ProtocolMessage.KeyAdvertisement old = Forge.Read<ProtocolMessage.KeyAdvertisement>(
            earlier.Take(MessageType.KeyAdvertisement, from: 1).Bytes
        );
        using MessageRound round = new(s_five, new RoundPlan { Attempt = 2 });
        round.Hook = sent => sent is { Type: MessageType.KeyAdvertisement, From: 1 } ? [] : [sent];
        ProtocolMessage.KeyAdvertisement moved = new(
            round.D,
            1,
            old.ChannelKey,
            old.MaskKey,
            old.SeedCommitment,
            old.Signature
        );
        Delivery cohort = round.Take(MessageType.CohortAnnouncement, to: 0);
        ProtocolMessage.CohortAnnouncement announced = Forge.Read<ProtocolMessage.CohortAnnouncement>(cohort.Bytes);

        Step<ClientReceipt> atClient = round.ToClient(
            0,
            Forge.Bytes(
                new ProtocolMessage.CohortAnnouncement(
                    round.D,
                    [announced.Advertisements[0], moved, .. announced.Advertisements[1..]]
                )
            )
        );

        AssertRefused(atClient, AbortReason.BadSignature, 1);
        using MessageRound fresh = new(s_five, new RoundPlan { Attempt = 2 });
        fresh.StartServer();
        Inside.AssertFault(fresh.ToServer(1, Forge.Bytes(moved)), PeerFaultKind.BadSignature);
    }

    private static byte[] ContentOf(ProtocolMessage.FromClient message) =>
        message is ProtocolMessage.EncryptedShares shares
            ? MessageCodec.SignedContentOfShares(
                shares.Session,
                shares.Sender,
                ShareTree.Root([
                    .. shares.Shares.Select(
                        (share, holder) => ShareTree.Leaf(shares.Session, shares.Sender, (ushort)holder, share)
                    ),
                ])
            )
            : MessageCodec.SignedContent(message);

    private static Step<ClientReceipt> Show(
        Func<ProtocolMessage.CohortAnnouncement, MessageRound, ProtocolMessage.CohortAnnouncement> change
    )
    {
        using MessageRound round = new(s_five, new RoundPlan());
        ReadOnlyMemory<byte> honest = round.Take(MessageType.CohortAnnouncement, to: 0).Bytes;
        List<SecretBytes> secrets = Inside.SecretsOf(round.Clients[0]);
        Step<ClientReceipt> step = round.ToClient(
            0,
            Forge.Bytes(change(Forge.Read<ProtocolMessage.CohortAnnouncement>(honest), round))
        );
        Inside.AssertLeft(step, secrets);
        return step;
    }

    private static void AssertRefused(Step<ClientReceipt> step, AbortReason reason, int named)
    {
        RoundEnding<ClientReceipt>.Aborted aborted = Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(step.Ended);
        Assert.Equal(reason, aborted.Reason);
        Assert.Equal(s_five.IdOf(named), Assert.Single(aborted.Named));
    }

    private static ProtocolMessage.CohortAnnouncement Swapped(ProtocolMessage.CohortAnnouncement cohort, int party)
    {
        ProtocolMessage.KeyAdvertisement entry = cohort.Advertisements[party];
        return Forge.Replace(
            cohort,
            new(
                cohort.Session,
                entry.Sender,
                entry.ChannelKey,
                Inside.FreshKey(),
                entry.SeedCommitment,
                entry.Signature
            )
        );
    }

    // An empty key cannot be encoded: the bytes are put together by hand.
    private static ReadOnlyMemory<byte> WithMaskKey(Delivery honest, byte[] key)
    {
        ProtocolMessage.KeyAdvertisement entry = Forge.Read<ProtocolMessage.KeyAdvertisement>(honest.Bytes);
        if (key.Length > 0)
        {
            return Forge.Bytes(Forge.Keys(s_five.Signers[2], entry, mask: key));
        }

        int at = MessageCodec.HeaderSizeInBytes + 2 + 1 + entry.ChannelKey.Length;
        return (byte[])[.. honest.Bytes.Span[..at], 0, .. honest.Bytes.Span[(at + 1 + entry.MaskKey.Length)..]];
    }
}
