using System.Buffers.Binary;

namespace SecureFed.Protocol;

/// <summary>The layout of a server's durable records that are not messages. spec 05-transport#records-1</summary>
internal static class ServerRecords
{
    private const string Damaged =
        "A stored decision is damaged: a length does not fit. Restore the store from a good copy, or abort the round.";

    /// <summary>Each item with its u32 length before it.</summary>
    public static byte[] Pack(IEnumerable<ReadOnlyMemory<byte>> items)
    {
        ReadOnlyMemory<byte>[] all = [.. items];
        byte[] packed = new byte[all.Sum(item => 4 + item.Length)];
        Span<byte> left = packed;
        foreach (ReadOnlyMemory<byte> item in all)
        {
            BinaryPrimitives.WriteInt32LittleEndian(left, item.Length);
            item.Span.CopyTo(left[4..]);
            left = left[(4 + item.Length)..];
        }

        return packed;
    }

    /// <summary>The items.</summary>
    /// <exception cref="FormatException">A length does not fit.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Unpack(ReadOnlyMemory<byte> packed)
    {
        while (!packed.IsEmpty)
        {
            yield return TakeItem(ref packed);
        }
    }

    /// <summary>The survivors, the complaints (dealer, complainant) and the packed sum.</summary>
    public static byte[] PackSurvivors(
        PartySet survivors,
        IReadOnlyDictionary<ushort, SortedSet<ushort>> complaints,
        ReadOnlyMemory<byte> packedSum
    )
    {
        List<byte> pairs = [];
        Span<byte> pair = stackalloc byte[4];
        foreach ((ushort dealer, SortedSet<ushort> complainants) in complaints.OrderBy(entry => entry.Key))
        {
            foreach (ushort complainant in complainants)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(pair, dealer);
                BinaryPrimitives.WriteUInt16LittleEndian(pair[2..], complainant);
                pairs.AddRange(pair);
            }
        }

        return Pack([survivors.Bitmap.ToArray(), pairs.ToArray(), packedSum]);
    }

    /// <summary>Reads what <see cref="PackSurvivors"/> wrote.</summary>
    /// <exception cref="FormatException">A length does not fit.</exception>
    public static PartySet UnpackSurvivors(
        ReadOnlyMemory<byte> packed,
        int rosterSize,
        Action<ushort, ushort> complaint,
        out ReadOnlyMemory<byte> packedSum
    )
    {
        PartySet survivors =
            PartySet.TryParse(rosterSize, TakeItem(ref packed).Span) ?? throw new FormatException(Damaged);
        ReadOnlySpan<byte> pairs = TakeItem(ref packed).Span;
        packedSum = TakeItem(ref packed);
        if (!packed.IsEmpty || pairs.Length % 4 != 0)
        {
            throw new FormatException(Damaged);
        }

        for (; !pairs.IsEmpty; pairs = pairs[4..])
        {
            complaint(
                BinaryPrimitives.ReadUInt16LittleEndian(pairs),
                BinaryPrimitives.ReadUInt16LittleEndian(pairs[2..])
            );
        }

        return survivors;
    }

    private static ReadOnlyMemory<byte> TakeItem(ref ReadOnlyMemory<byte> packed)
    {
        if (packed.Length < 4)
        {
            throw new FormatException(Damaged);
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(packed.Span);
        if (length < 0 || length > packed.Length - 4)
        {
            throw new FormatException(Damaged);
        }

        ReadOnlyMemory<byte> item = packed.Slice(4, length);
        packed = packed[(4 + length)..];
        return item;
    }
}
