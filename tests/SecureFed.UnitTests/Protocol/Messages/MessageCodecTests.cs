using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class MessageCodecTests
{
    private const int Header = MessageCodec.HeaderSizeInBytes;
    private static readonly Digest s_session = Digest.Of("session"u8);
    private static readonly byte[] s_signature = new byte[64];

    public static TheoryData<MessageType> Types => [.. MessageRecipe.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_message_cut_off_at_any_length_is_malformed(MessageType type)
    {
        byte[] bytes = Sample(type);

        for (int length = 0; length < bytes.Length; length++)
        {
            DecodeResult result = MessageCodec.Decode(bytes.AsMemory(0, length), MessageLimits.Default);
            Assert.Null(result.Message);
            Assert.True(result.Fault == PeerFaultKind.MalformedMessage, $"{length} of {bytes.Length}: {result}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_message_with_bytes_after_its_end_is_malformed(MessageType type)
    {
        byte[] bytes = [.. Sample(type), 0];

        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);

        Assert.Equal((PeerFaultKind.MalformedMessage, "message"), (result.Fault, result.Field));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_change_of_a_header_byte_is_refused_or_is_another_message(MessageType type)
    {
        byte[] bytes = Sample(type);
        for (int position = 0; position < Header; position++)
        {
            for (int delta = 1; delta < 256; delta++)
            {
                byte[] changed = (byte[])bytes.Clone();
                changed[position] ^= (byte)delta;

                DecodeResult result = MessageCodec.Decode(changed, MessageLimits.Default);

                switch (position)
                {
                    case 0 or 1:
                        Assert.Equal((PeerFaultKind.MalformedMessage, "protocol"), (result.Fault, result.Field));
                        break;
                    case 2:
                        Assert.Equal((PeerFaultKind.UnsupportedVersion, "version"), (result.Fault, result.Field));
                        break;
                    case 3:
                        // Two types with one layout differ in the header only, which is part of what is signed.
                        Assert.True(result.Message is null || (byte)result.Message.Type == changed[3]);
                        break;
                    default:
                        Assert.Equal(Digest.FromBytes(changed.AsSpan(4, 32)), result.Message?.Session);
                        break;
                }
            }
        }
    }

    [Fact]
    public void An_unregistered_type_is_malformed()
    {
        byte[] bytes = Sample(MessageType.SurvivorAnnouncement);
        foreach (int type in Enumerable.Range(0, 256).Where(t => !MessageRecipe.Types.Contains((MessageType)t)))
        {
            bytes[3] = (byte)type;

            DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);

            Assert.Equal((PeerFaultKind.MalformedMessage, "type"), (result.Fault, result.Field));
        }
    }

    [Fact]
    public void A_session_of_zeros_is_refused_on_both_sides()
    {
        byte[] bytes = Sample(MessageType.SurvivorAnnouncement);
        bytes.AsSpan(4, 32).Clear();

        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);

        Assert.Equal((PeerFaultKind.MalformedMessage, "session"), (result.Fault, result.Field));
        ProtocolMessage unbound = new ProtocolMessage.SurvivorAnnouncement(default, PartySet.Of(3, [1]));
        Assert.Throws<ArgumentException>(() => MessageCodec.Encode(unbound));
    }

    [Fact]
    public void A_message_above_the_limit_is_too_large_and_one_at_the_limit_is_not()
    {
        RoundDescriptor descriptor = RoundDescriptorCodecTests.SmallRound();
        MessageLimits limits = MessageLimits.For(descriptor);
        byte[] longest = MessageCodec.Encode(Plain(limits.MaximumPackedVectorSizeInBytes));
        byte[] tooLong = MessageCodec.Encode(Plain(limits.MaximumPackedVectorSizeInBytes + 1));
        byte[] farTooLong = new byte[limits.MaximumMessageSizeInBytes + 1];

        Assert.NotNull(MessageCodec.Decode(longest, limits).Message);
        Assert.Equal("packedVector", MessageCodec.Decode(tooLong, limits).Field);
        Assert.Equal(PeerFaultKind.MessageTooLarge, MessageCodec.Decode(tooLong, limits).Fault);
        Assert.Equal(PeerFaultKind.MessageTooLarge, MessageCodec.Decode(farTooLong, limits).Fault);
    }

    [Fact]
    public void The_limits_of_a_round_allow_the_longest_message_of_every_type()
    {
        foreach (int parties in (int[])[1, 3, 40, 256])
        {
            MessageRecipe invitation = new(MessageType.RoundInvitation, parties, parties, 0, 7);
            MessageLimits limits = MessageLimits.For(invitation.Descriptor(new Random(7)));
            foreach (MessageType type in MessageRecipe.Types)
            {
                byte[] bytes = MessageCodec.Encode(new MessageRecipe(type, parties, parties, 0, 7).Build());

                Assert.Equal(PeerFaultKind.None, MessageCodec.Decode(bytes, limits).Fault);
            }
        }
    }

    [Fact]
    public void The_limits_of_any_descriptor_can_be_computed()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            RoundDescriptor descriptor = new MessageRecipe(MessageType.RoundInvitation, 2, 0, 0, seed).Descriptor(
                new Random(seed)
            );

            MessageLimits limits = MessageLimits.For(descriptor);

            Assert.InRange(limits.MaximumMessageSizeInBytes, limits.MaximumPackedVectorSizeInBytes, Array.MaxLength);
        }
    }

    [Fact]
    public void A_set_over_another_roster_is_refused_when_the_round_is_known()
    {
        MessageLimits limits = MessageLimits.For(RoundDescriptorCodecTests.SmallRound());
        byte[] same = MessageCodec.Encode(new ProtocolMessage.SurvivorAnnouncement(s_session, PartySet.Of(5, [0])));
        byte[] smaller = MessageCodec.Encode(new ProtocolMessage.SurvivorAnnouncement(s_session, PartySet.Of(4, [0])));
        byte[] larger = MessageCodec.Encode(new ProtocolMessage.SurvivorAnnouncement(s_session, PartySet.Of(6, [0])));

        Assert.NotNull(MessageCodec.Decode(same, limits).Message);
        Assert.Equal(PeerFaultKind.MalformedMessage, MessageCodec.Decode(smaller, limits).Fault);
        Assert.Equal(PeerFaultKind.MessageTooLarge, MessageCodec.Decode(larger, limits).Fault);
        Assert.NotNull(MessageCodec.Decode(smaller, MessageLimits.Default).Message);
    }

    [Fact]
    public void A_bit_above_the_roster_is_refused()
    {
        byte[] bytes = MessageCodec.Encode(new ProtocolMessage.SurvivorAnnouncement(s_session, PartySet.Of(5, [4])));
        bytes[^1] |= 0x20;

        Assert.Equal("survivors", MessageCodec.Decode(bytes, MessageLimits.Default).Field);
    }

    [Fact]
    public void Lists_out_of_order_or_with_repeats_are_refused_on_both_sides()
    {
        ProtocolMessage.MaskedInput Complaining(params ushort[] dealers) =>
            new(
                s_session,
                0,
                PartySet.Of(5, [1]),
                [.. dealers.Select(dealer => new ShareComplaint(dealer, PeerFaultKind.ShareDecryptFailed))],
                new byte[3],
                s_signature
            );

        byte[] ascending = MessageCodec.Encode(Complaining(1, 2));
        byte[] repeated = (byte[])ascending.Clone();
        repeated[Header + 2 + 3 + 2] = 2;

        Assert.NotNull(MessageCodec.Decode(ascending, MessageLimits.Default).Message);
        Assert.Equal("complaints", MessageCodec.Decode(repeated, MessageLimits.Default).Field);
        Assert.Throws<ArgumentException>(() => MessageCodec.Encode(Complaining(2, 2)));
        Assert.Throws<ArgumentException>(() => MessageCodec.Encode(Complaining(3, 2)));
    }

    [Theory]
    [InlineData(MessageType.CohortAnnouncement, "advertisements")]
    [InlineData(MessageType.ShareDelivery, "envelopes")]
    public void A_list_whose_second_entry_names_the_first_party_or_an_earlier_one_is_refused(
        MessageType type,
        string field
    )
    {
        byte[] first = MessageCodec.Encode(WithParties(type, 5));
        byte[] bytes = MessageCodec.Encode(WithParties(type, 5, 6));
        int second = first.Length;
        Assert.Equal(6, bytes[second]);
        Assert.NotNull(MessageCodec.Decode(bytes, MessageLimits.Default).Message);
        foreach (byte other in (byte[])[5, 4, 0])
        {
            bytes[second] = other;

            Assert.Equal(field, MessageCodec.Decode(bytes, MessageLimits.Default).Field);
            Assert.Throws<ArgumentException>(() => MessageCodec.Encode(WithParties(type, 5, other)));
        }
    }

    [Fact]
    public void A_repeated_signer_of_an_unmask_request_can_be_expressed()
    {
        ProtocolMessage.UnmaskRequest request = new(
            s_session,
            PartySet.Of(3, [0, 1, 2]),
            [new SurvivorSignature(2, s_signature), new SurvivorSignature(2, s_signature)]
        );

        DecodeResult result = MessageCodec.Decode(MessageCodec.Encode(request), MessageLimits.Default);

        Assert.Null(MessageEquality.FirstDifference(request, result.Message));
    }

    [Fact]
    public void A_complaint_or_reason_outside_the_registry_is_refused_on_both_sides()
    {
        ProtocolMessage withdrawal = new ProtocolMessage.ClientWithdrawal(
            s_session,
            1,
            AbortReason.ModelMismatch,
            PartySet.Of(3, []),
            s_signature
        );
        byte[] bytes = MessageCodec.Encode(withdrawal);
        for (int reason = 0; reason <= ushort.MaxValue; reason++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(Header + 2), (ushort)reason);
            bool registered = reason != 0 && Enum.IsDefined((AbortReason)reason);

            Assert.Equal(registered, MessageCodec.Decode(bytes, MessageLimits.Default).Message is not null);
        }

        Assert.Throws<ArgumentException>(() =>
            MessageCodec.Encode(new ProtocolMessage.RoundAborted(s_session, AbortReason.None, PartySet.Of(1, [])))
        );
        Assert.Throws<ArgumentException>(() =>
            MessageCodec.Encode(
                new ProtocolMessage.MaskedInput(
                    s_session,
                    0,
                    PartySet.Of(2, [0]),
                    [new ShareComplaint(1, PeerFaultKind.TimedOut)],
                    default,
                    s_signature
                )
            )
        );
    }

    [Fact]
    public void A_signature_of_another_size_cannot_be_encoded_but_the_content_can_be_signed()
    {
        ProtocolMessage.PlainInput unsigned = new(s_session, 1, new byte[4], default);

        Assert.Throws<ArgumentException>(() => MessageCodec.Encode(unsigned));
        Assert.Equal(21 + 36 + 2 + 32, MessageCodec.SignedContent(unsigned).Length);
    }

    [Fact]
    public void The_signed_content_is_label_header_sender_and_the_digest_of_the_rest()
    {
        byte[] bytes = MessageCodec.Encode(Plain(9));
        byte[] expected =
        [
            .. Encoding.ASCII.GetBytes("SecureFed/1 signature"),
            .. bytes.AsSpan(0, Header + 2),
            .. SHA256.HashData(bytes.AsSpan((Header + 2)..^64)),
        ];

        Assert.Equal(expected, MessageCodec.SignedContent(Plain(9)));
    }

    [Fact]
    public void The_signed_content_of_shares_carries_the_root_in_place_of_the_body_digest()
    {
        ProtocolMessage.EncryptedShares message = new(s_session, 7, [], s_signature);
        Digest root = Digest.Of("root"u8);
        byte[] bytes = MessageCodec.Encode(message);
        byte[] expected =
        [
            .. Encoding.ASCII.GetBytes("SecureFed/1 signature"),
            .. bytes.AsSpan(0, Header + 2),
            .. root.ToArray(),
        ];

        Assert.Equal(expected, MessageCodec.SignedContentOfShares(s_session, 7, root));
        Assert.Throws<ArgumentException>(() => MessageCodec.SignedContent(message));
    }

    [Fact]
    public void A_packed_vector_is_a_slice_of_the_input()
    {
        byte[] bytes = MessageCodec.Encode(Plain(1 << 20));

        long before = GC.GetAllocatedBytesForCurrentThread();
        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        ProtocolMessage.PlainInput decoded = Assert.IsType<ProtocolMessage.PlainInput>(result.Message);
        Assert.True(decoded.PackedVector.Span.Overlaps(bytes));
        Assert.InRange(allocated, 0, 4096);
    }

    [Fact]
    public void A_count_that_cannot_follow_allocates_nothing()
    {
        byte[] bytes = [.. Prefix(MessageType.CohortAnnouncement), 0x00, 0x10];

        long before = GC.GetAllocatedBytesForCurrentThread();
        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((PeerFaultKind.MalformedMessage, "advertisements"), (result.Fault, result.Field));
        Assert.InRange(allocated, 0, 1024);
    }

    [Fact]
    public void A_description_names_the_field_and_nothing_received()
    {
        DecodeResult result = MessageCodec.Decode("SF\u0001\u0002secret"u8.ToArray(), MessageLimits.Default);

        Assert.Equal("session: the message ends inside it", result.Description);
        Assert.Equal("MalformedMessage, session: the message ends inside it", result.ToString());
    }

    private static ProtocolMessage WithParties(MessageType type, params ushort[] parties) =>
        type == MessageType.CohortAnnouncement
            ? new ProtocolMessage.CohortAnnouncement(
                s_session,
                [
                    .. parties.Select(party => new ProtocolMessage.KeyAdvertisement(
                        s_session,
                        party,
                        new byte[65],
                        new byte[65],
                        s_session,
                        s_signature
                    )),
                ]
            )
            : new ProtocolMessage.ShareDelivery(
                s_session,
                1,
                PartySet.Of(9, [5, 6]),
                [
                    .. parties.Select(party => new ShareEnvelope(
                        party,
                        new DealtShare(s_session, s_session, new byte[116]),
                        [s_session],
                        s_signature
                    )),
                ]
            );

    private static byte[] Sample(MessageType type) =>
        MessageCodec.Encode(new MessageRecipe(type, Parties: 5, Entries: 3, VectorBytes: 12, Seed: 1).Build());

    private static byte[] Prefix(MessageType type) => [(byte)'S', (byte)'F', 1, (byte)type, .. s_session.ToArray()];

    private static ProtocolMessage.PlainInput Plain(int vectorBytes) =>
        new(s_session, 3, new byte[vectorBytes], s_signature);
}
