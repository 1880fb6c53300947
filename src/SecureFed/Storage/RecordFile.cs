using System.Buffers.Binary;
using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>An append-only file of durable records. What a crash can leave is tolerated; anything else is damage.</summary>
/// <remarks>
/// Layout: 8 bytes of magic; then for each record a u32 length, 4 bytes of check over the chain so far and the length,
/// the payload (kind, session, content), and 16 bytes of SHA-256 over the chain so far, the length and the payload, which
/// are the next link of the chain. The check of the length is what keeps a damaged length from looking like a torn tail,
/// behind which good records would be forgotten. Not thread-safe.
/// </remarks>
internal sealed class RecordFile : IDisposable
{
    internal const int HeaderSizeInBytes = 8;
    internal const int LinkSizeInBytes = 16;

    // So many zeros at the end are space that was never written, and not the end of a record.
    private const int NeverWritten = 8;
    private const int FixedPayloadSizeInBytes = 1 + Digest.SizeInBytes;

    private readonly IStorageFile _file;
    private byte[] _chain;
    private long _end;
    private bool _failed;

    private RecordFile(IStorageFile file, byte[] chain, long end) => (_file, _chain, _end) = (file, chain, end);

    private static ReadOnlySpan<byte> Magic => "SFREC\0\0\x01"u8;

    /// <summary>Opens or creates the file, reads every record and cuts off a torn tail.</summary>
    /// <exception cref="StorageDamagedException">A record is damaged.</exception>
    public static RecordFile Open(string path, out List<DurableRecord> records) =>
        Open(DiskFile.Open(path), out records);

    /// <summary>The same on any file, which is then this object's to dispose of.</summary>
    /// <exception cref="StorageDamagedException">A record is damaged.</exception>
    public static RecordFile Open(IStorageFile file, out List<DurableRecord> records)
    {
        try
        {
            byte[] bytes = file.ReadAll();
            records = [];
            (long end, byte[] chain, bool needsLink) = Parse(file.Name, bytes, records);
            if (needsLink)
            {
                file.Write(end - LinkSizeInBytes, chain);
                file.Flush();
            }

            if (end == 0)
            {
                file.SetLength(0);
                file.Write(0, Magic);
                end = Magic.Length;
                file.Flush();
            }
            else if (end < bytes.Length)
            {
                file.SetLength(end);
                file.Flush();
            }

            return new RecordFile(file, chain, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads the records of a file that nobody writes; empty when it does not exist.</summary>
    /// <exception cref="StorageDamagedException">A record is damaged.</exception>
    public static List<DurableRecord> Read(string path)
    {
        List<DurableRecord> records = [];
        if (File.Exists(path))
        {
            Parse(path, File.ReadAllBytes(path), records);
        }

        return records;
    }

    /// <summary>Appends and returns when the record is on the disk.</summary>
    /// <exception cref="IOException">The record may not be durable; nothing more can be appended through this object.</exception>
    public void Append(DurableRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (_failed)
        {
            throw new IOException($"An earlier append to '{_file.Name}' failed. Open the file again before appending.");
        }

        byte[] payload = new byte[FixedPayloadSizeInBytes + record.Content.Length];
        payload[0] = (byte)record.Kind;
        record.Session.CopyTo(payload.AsSpan(1));
        record.Content.CopyTo(payload.AsMemory(FixedPayloadSizeInBytes));
        byte[] header = Header(_chain, payload.Length);
        byte[] link = Link(_chain, header, payload);
        try
        {
            _file.Write(_end, [.. header, .. payload, .. link]);

            // After a failed flush the operating system may have thrown the pages away: nothing is known any more.
            _file.Flush();
        }
        catch
        {
            _failed = true;
            throw;
        }

        _chain = link;
        _end += header.Length + payload.Length + link.Length;
    }

    public void Dispose() => _file.Dispose();

    private static (long End, byte[] Chain, bool NeedsLink) Parse(
        string path,
        ReadOnlySpan<byte> bytes,
        List<DurableRecord> records
    )
    {
        byte[] chain = new byte[LinkSizeInBytes];
        if (!bytes.StartsWith(Magic))
        {
            // The magic itself was torn, before any record.
            return bytes.Length <= Magic.Length && Magic.StartsWith(bytes.TrimEnd((byte)0))
                ? (0, chain, false)
                : throw new StorageDamagedException(path, 0, 0, "it does not begin as a file of records does");
        }

        int position = Magic.Length;
        while (position < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[position..];

            // A torn append leaves a prefix of the record, or space that was never written, or both. No record is zero
            // from behind its header on: its kind is not.
            int written = rest.LastIndexOfAnyExcept((byte)0) + 1;
            if (written < HeaderSizeInBytes)
            {
                return IsTornHeader(rest[..written], chain)
                    ? (position, chain, false)
                    : throw new StorageDamagedException(
                        path,
                        position,
                        records.Count,
                        "the end of the file is not part of a record"
                    );
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            byte[] header = Header(chain, length);
            if (length < FixedPayloadSizeInBytes || !rest.StartsWith(header))
            {
                throw new StorageDamagedException(
                    path,
                    position,
                    records.Count,
                    "the length of a record fails its check"
                );
            }

            long size = HeaderSizeInBytes + (long)length + LinkSizeInBytes;
            if (rest.Length < size)
            {
                return (position, chain, false);
            }

            ReadOnlySpan<byte> payload = rest.Slice(HeaderSizeInBytes, length);
            ReadOnlySpan<byte> link = rest.Slice(HeaderSizeInBytes + length, LinkSizeInBytes);
            byte[] expected = Link(chain, header, payload);
            bool isLast = rest.Length == size;
            int linked = link.LastIndexOfAnyExcept((byte)0) + 1;
            bool isCut = isLast && expected.AsSpan().StartsWith(link[..linked]);
            bool needsLink = isCut && linked < LinkSizeInBytes && LinkSizeInBytes - linked < NeverWritten;
            if (!link.SequenceEqual(expected) && !needsLink)
            {
                // Enough of the link was written to prove the record: it counts, and its link is written again. With less
                // of it the append had not returned.
                return isCut
                    ? (position, chain, false)
                    : throw new StorageDamagedException(path, position, records.Count, "a record fails its check");
            }

            records.Add(
                new DurableRecord(
                    (DurableRecordKind)payload[0],
                    Digest.FromBytes(payload.Slice(1, Digest.SizeInBytes)),
                    payload[FixedPayloadSizeInBytes..].ToArray()
                )
            );
            chain = expected;
            position += (int)size;
            if (needsLink)
            {
                return (position, chain, true);
            }
        }

        return (position, chain, false);
    }

    // With the whole length there, its check tells a torn header from a damaged one as far as the check is there.
    private static bool IsTornHeader(ReadOnlySpan<byte> rest, byte[] chain)
    {
        if (rest.Length <= sizeof(int))
        {
            return true;
        }

        return Header(chain, BinaryPrimitives.ReadInt32LittleEndian(rest)).AsSpan().StartsWith(rest);
    }

    private static byte[] Header(ReadOnlySpan<byte> chain, int length)
    {
        Span<byte> input = stackalloc byte[LinkSizeInBytes + sizeof(int)];
        chain.CopyTo(input);
        BinaryPrimitives.WriteInt32LittleEndian(input[LinkSizeInBytes..], length);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        byte[] header = new byte[HeaderSizeInBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        hash[..4].CopyTo(header.AsSpan(sizeof(int)));
        return header;
    }

    private static byte[] Link(ReadOnlySpan<byte> chain, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(chain);
        hash.AppendData(header);
        hash.AppendData(payload);
        return hash.GetHashAndReset()[..LinkSizeInBytes];
    }
}
