using System.Buffers.Binary;
using System.Collections.Immutable;
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
        RoundDescriptor descriptor = SmallRound();
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
        MessageLimits limits = MessageLimits.For(SmallRound());
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

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_clip_norm_that_is_not_positive_and_finite_is_refused_on_both_sides(double clipNorm)
    {
        byte[] bytes = MessageCodec.Encode(new ProtocolMessage.RoundInvitation(s_session, SmallRound()));
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(Header + 2 + 1 + 1 + 4), clipNorm);

        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);

        Assert.Equal("descriptor.clipNorm", result.Field);
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(SmallRound(clipNorm: clipNorm)));
    }

    [Theory]
    [InlineData("Cleveland")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("caf\u00E9")]
    public void A_federation_that_is_not_a_name_is_refused(string federation) =>
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(SmallRound(federation: federation)));

    [Fact]
    public void Text_that_has_no_single_encoding_or_controls_a_terminal_is_refused()
    {
        // Not inline data: test runners replace lone surrogates.
        foreach (string because in (string[])["tab\there", "\u001B[2J", "lone \uD800", "\uDC00 wrong \uD800 order"])
        {
            Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(SmallRound(because: because)));
        }

        Assert.Throws<ArgumentException>(() =>
            RoundDescriptorCodec.Encode(SmallRound(because: new string('\u00E9', 101)))
        );
        Assert.NotEmpty(RoundDescriptorCodec.Encode(SmallRound(because: new string('\u00E9', 100))));
    }

    [Theory]
    [InlineData("C080", "an overlong encoding")]
    [InlineData("EDA080", "a surrogate")]
    [InlineData("F4908080", "above U+10FFFF")]
    [InlineData("C328", "a missing continuation byte")]
    [InlineData("1B", "a control character")]
    public void Bytes_that_are_not_the_one_encoding_of_a_text_are_refused(string hex, string why)
    {
        byte[] text = Convert.FromHexString(hex);
        byte[] good = RoundDescriptorCodec.Encode(SmallRound(because: new string('x', text.Length)));
        byte[] bytes = [.. Prefix(MessageType.RoundInvitation), .. good];
        Assert.NotNull(MessageCodec.Decode(bytes, MessageLimits.Default).Message);
        text.CopyTo(bytes.AsSpan(Header + 4));

        DecodeResult result = MessageCodec.Decode(bytes, MessageLimits.Default);

        Assert.True(result.Field == "descriptor.unprotectedBecause", $"{why}: {result}");
    }

    [Fact]
    public void A_roster_must_be_strictly_ascending()
    {
        RosterEntry a = new(ParticipantId.Parse("a"), new byte[1]);
        RosterEntry b = new(ParticipantId.Parse("b"), new byte[1]);

        Assert.NotEmpty(RoundDescriptorCodec.Encode(SmallRound(roster: [a, b])));
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(SmallRound(roster: [b, a])));
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(SmallRound(roster: [a, a])));
        byte[] repeated =
        [
            .. Prefix(MessageType.RoundInvitation),
            .. RoundDescriptorCodec.Encode(SmallRound(roster: [a, b])),
        ];
        repeated[^3] = (byte)'a';
        Assert.Equal("descriptor.roster", MessageCodec.Decode(repeated, MessageLimits.Default).Field);
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

    [Fact]
    public void A_descriptor_is_the_bytes_that_the_specification_writes()
    {
        RoundDescriptor round = SmallRound(
            because: "x",
            roster: [new RosterEntry(ParticipantId.Parse("a"), new byte[] { 7 })]
        );
        byte[] expected =
        [
            .. (byte[])[1, 0, 1, 1, (byte)'x'],
            .. (byte[])[0xE8, 3, 0, 0],
            .. (byte[])[0, 0, 0, 0, 0, 0, 0xF0, 0x3F],
            .. (byte[])[16, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20],
            .. (byte[])[4, 0, 3, 0, 1, 0],
            6,
            .. "a test"u8,
            .. Digest.Of("model"u8).ToArray(),
            5,
            .. "north"u8,
            .. (byte[])[9, 0, 0, 0, 0, 0, 0, 0],
            .. (byte[])[2, 0, 0, 0],
            .. (byte[])[1, 0, 1, (byte)'a', 1, 7],
        ];

        Assert.Equal(expected, RoundDescriptorCodec.Encode(round));
    }

    private static byte[] Sample(MessageType type) =>
        MessageCodec.Encode(new MessageRecipe(type, Parties: 5, Entries: 3, VectorBytes: 12, Seed: 1).Build());

    private static byte[] Prefix(MessageType type) => [(byte)'S', (byte)'F', 1, (byte)type, .. s_session.ToArray()];

    private static ProtocolMessage.PlainInput Plain(int vectorBytes) =>
        new(s_session, 3, new byte[vectorBytes], s_signature);

    private static RoundDescriptor SmallRound(
        double clipNorm = 1,
        string federation = "north",
        string because = "",
        ImmutableArray<RosterEntry>? roster = null
    ) =>
        new()
        {
            Suite = SuiteId.P256A256V1,
            Scheme = SchemeKind.MaskedComplete,
            UnprotectedBecause = because,
            Length = 1000,
            ClipNorm = clipNorm,
            FractionBits = 16,
            MaximumParticipants = 5,
            MaximumWeight = 0,
            RingBits = 20,
            Threshold = 4,
            MinimumSurvivors = 3,
            CollusionBound = 1,
            NoPrivacyBecause = "a test",
            ModelDigest = Digest.Of("model"u8),
            Federation = federation,
            Round = 9,
            Attempt = 2,
            Roster =
                roster
                ?? [.. Enumerable.Range(0, 5).Select(i => new RosterEntry(ParticipantId.FromIndex(i), new byte[65]))],
        };
}
