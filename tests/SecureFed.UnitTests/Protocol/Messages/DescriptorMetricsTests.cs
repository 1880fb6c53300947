using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>The list of metrics in a descriptor: what it may hold, and what is one step outside. spec 05-transport#metrics-1</summary>
public sealed class DescriptorMetricsTests
{
    // Suite, scheme, an empty reason, length, clip norm, fraction bits, maximum participants, maximum weight.
    private const int ListOffset = 2 + 1 + 1 + 4 + 8 + 1 + 2 + 8;

    [Fact]
    public void The_largest_lists_are_read_back_and_one_more_block_or_coordinate_is_refused()
    {
        ImmutableArray<MetricBlock> most = Blocks(MetricBlock.MaximumBlocks, count: 64);
        Assert.Equal(MetricBlock.MaximumCoordinates, most.Sum(block => block.Count));
        Assert.Equal<MetricBlock[]>([.. most], [.. Read(Raw(most)).Metrics]);
        Assert.Equal(Raw(most), RoundDescriptorCodec.Encode(WithMetrics(most)));

        ImmutableArray<MetricBlock> tooManyBlocks = Blocks(MetricBlock.MaximumBlocks + 1, count: 1);
        AssertRefused(Raw(tooManyBlocks), PeerFaultKind.MessageTooLarge);
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(WithMetrics(tooManyBlocks)));

        ImmutableArray<MetricBlock> tooManyCoordinates = most.SetItem(3, MetricBlock.Create("larger", 65, 1));
        AssertRefused(Raw(tooManyCoordinates), PeerFaultKind.MalformedMessage);
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(WithMetrics(tooManyCoordinates)));
    }

    [Fact]
    public void A_name_that_stands_twice_is_refused_and_names_in_any_order_are_not()
    {
        ImmutableArray<MetricBlock> twice = [.. Blocks(2, 1), MetricBlock.Create("m0", 3, 7)];

        AssertRefused(Raw(twice), PeerFaultKind.MalformedMessage);
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(WithMetrics(twice)));
        ImmutableArray<MetricBlock> descending = [MetricBlock.Create("b", 1, 1), MetricBlock.Create("a", 1, 1)];
        Assert.Equal<MetricBlock[]>([.. descending], [.. Read(Raw(descending)).Metrics]);
    }

    [Theory]
    [InlineData(1, 1UL, 0, true)]
    [InlineData(4096, (ulong)long.MaxValue, 60, true)]
    [InlineData(0, 1UL, 0, false)]
    [InlineData(4097, 1UL, 0, false)]
    [InlineData(65_535, 1UL, 0, false)]
    [InlineData(1, 0UL, 0, false)]
    [InlineData(1, 1UL << 63, 0, false)]
    [InlineData(1, ulong.MaxValue, 0, false)]
    [InlineData(1, 1UL, 61, false)]
    [InlineData(1, 1UL, 255, false)]
    public void A_block_is_read_when_each_of_its_numbers_is_in_range(
        int count,
        ulong maximum,
        int fractionBits,
        bool isRead
    )
    {
        WireWriter writer = new(stackalloc byte[64]);
        writer.U16(1);
        writer.ShortBytes("loss"u8);
        writer.U16(count);
        writer.U64(maximum);
        writer.U8(fractionBits);
        byte[] bytes = Spliced(writer.Written);

        if (isRead)
        {
            Assert.Equal(
                MetricBlock.Create("loss", count, (long)maximum, fractionBits),
                Assert.Single(Read(bytes).Metrics)
            );
        }
        else
        {
            AssertRefused(bytes, PeerFaultKind.MalformedMessage);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Loss")]
    [InlineData("a b")]
    [InlineData("caf\u00E9")]
    public void A_name_that_is_not_one_is_refused_on_both_sides(string name)
    {
        WireWriter writer = new(stackalloc byte[64]);
        writer.U16(1);
        writer.ShortBytes(System.Text.Encoding.Latin1.GetBytes(name));
        writer.U16(1);
        writer.U64(1);
        writer.U8(0);

        AssertRefused(Spliced(writer.Written), PeerFaultKind.MalformedMessage);
        Assert.Equal(
            PlanFault.MetricOutOfRange,
            Assert.Throws<PlanRefusedException>(() => MetricBlock.Create(name, 1, 1)).Fault
        );
    }

    [Fact]
    public void An_invitation_to_the_smallest_round_with_the_longest_list_is_within_its_own_limits()
    {
        ImmutableArray<MetricBlock> longest =
        [
            .. Enumerable.Range(0, 64).Select(i => MetricBlock.Create($"{new string('m', 62)}{i:d2}", 1, 1)),
        ];
        RoundDescriptor round = WithMetrics(longest);
        typeof(RoundDescriptor).GetProperty(nameof(RoundDescriptor.Length))!.SetValue(round, 1);
        typeof(RoundDescriptor)
            .GetProperty(nameof(RoundDescriptor.Roster))!
            .SetValue(round, round.Roster.RemoveRange(2, round.Roster.Length - 2));
        byte[] invitation = MessageCodec.Encode(new ProtocolMessage.RoundInvitation(Digest.Of("session"u8), round));

        MessageLimits limits = MessageLimits.For(round);

        Assert.NotNull(MessageCodec.Decode(invitation, limits).Message);
        Assert.Equal((((round.Length + 64) * round.RingBits) + 7) / 8, limits.MaximumPackedVectorSizeInBytes);
        Assert.Equal(
            PeerFaultKind.MessageTooLarge,
            MessageCodec.Decode(new byte[limits.MaximumMessageSizeInBytes + 1], limits).Fault
        );
    }

    [Fact]
    public void A_list_that_was_not_set_is_the_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => RoundDescriptorCodec.Encode(WithMetrics(default)));

    private static RoundDescriptor WithMetrics(ImmutableArray<MetricBlock> metrics)
    {
        RoundDescriptor round = RoundDescriptorCodecTests.SmallRound();
        typeof(RoundDescriptor).GetProperty(nameof(RoundDescriptor.Metrics))!.SetValue(round, metrics);
        return round;
    }

    private static ImmutableArray<MetricBlock> Blocks(int blocks, int count) =>
        [.. Enumerable.Range(0, blocks).Select(i => MetricBlock.Create($"m{i}", count, 1 + i, i % 61))];

    private static byte[] Raw(ImmutableArray<MetricBlock> blocks)
    {
        WireWriter writer = new(stackalloc byte[64]);
        writer.U16(blocks.Length);
        foreach (MetricBlock block in blocks)
        {
            writer.ShortBytes(System.Text.Encoding.ASCII.GetBytes(block.Name));
            writer.U16(block.Count);
            writer.U64((ulong)block.Maximum);
            writer.U8(block.FractionBits);
        }

        return Spliced(writer.Written);
    }

    private static byte[] Spliced(ReadOnlySpan<byte> list)
    {
        byte[] without = RoundDescriptorCodec.Encode(RoundDescriptorCodecTests.SmallRound());
        Assert.Equal([0, 0], without[ListOffset..(ListOffset + 2)]);
        return [.. without[..ListOffset], .. list, .. without[(ListOffset + 2)..]];
    }

    private static DecodeResult Decode(byte[] descriptor) =>
        MessageCodec.Decode(
            (byte[])
                [
                    (byte)'S',
                    (byte)'F',
                    1,
                    (byte)MessageType.RoundInvitation,
                    .. Digest.Of("session"u8).ToArray(),
                    .. descriptor,
                ],
            MessageLimits.Default
        );

    private static RoundDescriptor Read(byte[] descriptor) =>
        Assert.IsType<ProtocolMessage.RoundInvitation>(Decode(descriptor).Message).Descriptor;

    private static void AssertRefused(byte[] descriptor, PeerFaultKind fault)
    {
        DecodeResult result = Decode(descriptor);
        Assert.Null(result.Message);
        Assert.Equal(fault, result.Fault);
        Assert.StartsWith("descriptor.metrics", result.Field, StringComparison.Ordinal);
    }
}
