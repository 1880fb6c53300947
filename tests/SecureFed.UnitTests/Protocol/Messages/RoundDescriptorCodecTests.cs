using System.Buffers.Binary;
using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class RoundDescriptorCodecTests
{
    private const int Header = MessageCodec.HeaderSizeInBytes;
    private static readonly Digest s_session = Digest.Of("session"u8);

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
    public void A_descriptor_is_the_bytes_that_the_specification_writes()
    {
        RoundDescriptor round = SmallRound(
            because: "x",
            roster: [new RosterEntry(ParticipantId.Parse("a"), new byte[] { 7 })],
            metrics: [MetricBlock.Create("n", 1, 4), MetricBlock.Create("auc", 258, long.MaxValue, 60)]
        );
        byte[] expected =
        [
            .. (byte[])[1, 0, 1, 1, (byte)'x'],
            .. (byte[])[0xE8, 3, 0, 0],
            .. (byte[])[0, 0, 0, 0, 0, 0, 0xF0, 0x3F],
            .. (byte[])[16, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            .. (byte[])[2, 0],
            .. (byte[])[1, (byte)'n', 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0],
            .. (byte[])[3, (byte)'a', (byte)'u', (byte)'c', 2, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 60],
            20,
            .. (byte[])[4, 0, 3, 0, 1, 0],
            0,
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

    [Fact]
    public void Noise_stands_in_the_place_of_the_reason_for_having_none()
    {
        byte[] without = RoundDescriptorCodec.Encode(SmallRound());
        byte[] with = RoundDescriptorCodec.Encode(
            SmallRound(
                noise: new RoundNoise(
                    new SumNoise(0x0102030405, 258, 2) { Compression = CompressedBits.Twenty },
                    PrivacyUnit.Record,
                    NeighbouringRelation.AddOrRemoveOne,
                    0.5
                )
            )
        );
        byte[] reason = [0, 6, .. "a test"u8];
        byte[] block =
        [
            1,
            .. (byte[])[5, 4, 3, 2, 1, 0, 0, 0],
            .. (byte[])[2, 1, 0, 0],
            .. (byte[])[0, 0, 0, 0, 0, 0, 0, 0x40],
            1,
            1,
            .. (byte[])[0, 0, 0, 0, 0, 0, 0xE0, 0x3F],
            20,
        ];
        int at = without.AsSpan().IndexOf(reason);
        Assert.Equal([.. without[..at], .. block, .. without[(at + reason.Length)..]], with);
        Assert.Throws<ArgumentException>(() =>
            RoundDescriptorCodec.Encode(
                SmallRound(
                    noise: new RoundNoise(
                        new SumNoise(100, 1, double.NaN),
                        PrivacyUnit.Record,
                        NeighbouringRelation.ReplaceOne,
                        1
                    )
                )
            )
        );
    }

    internal static RoundDescriptor SmallRound(
        double clipNorm = 1,
        string federation = "north",
        string because = "",
        ImmutableArray<RosterEntry>? roster = null,
        ImmutableArray<MetricBlock>? metrics = null,
        RoundNoise? noise = null
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
            Metrics = metrics ?? [],
            RingBits = 20,
            Threshold = 4,
            MinimumSurvivors = 3,
            CollusionBound = 1,
            NoPrivacyBecause = noise is null ? "a test" : string.Empty,
            Noise = noise,
            ModelDigest = Digest.Of("model"u8),
            Federation = federation,
            Round = 9,
            Attempt = 2,
            Roster =
                roster
                ?? [.. Enumerable.Range(0, 5).Select(i => new RosterEntry(ParticipantId.FromIndex(i), new byte[65]))],
        };

    private static byte[] Prefix(MessageType type) => [(byte)'S', (byte)'F', 1, (byte)type, .. s_session.ToArray()];
}
