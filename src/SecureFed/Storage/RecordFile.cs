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
    private const int FixedPayloadSizeInBytes = 1 + Digest.SizeInBytes;

    private readonly string _path;
    private readonly FileStream _stream;
    private byte[] _chain;
    private long _end;
    private bool _failed;

    private RecordFile(string path, FileStream stream, byte[] chain, long end) =>
        (_path, _stream, _chain, _end) = (path, stream, chain, end);

    private static ReadOnlySpan<byte> Magic => "SFREC\0\0\x01"u8;

    /// <summary>Opens or creates the file, reads every record and cuts off a torn tail.</summary>
    /// <exception cref="StorageDamagedException">A record is damaged.</exception>
    public static RecordFile Open(string path, out List<DurableRecord> records)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FileStream stream = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            records = [];
            (long end, byte[] chain) = Parse(path, bytes, records);
            if (end == 0)
            {
                stream.SetLength(0);
                stream.Write(Magic);
                end = Magic.Length;
                stream.Flush(flushToDisk: true);
            }
            else if (end < bytes.Length)
            {
                stream.SetLength(end);
                stream.Flush(flushToDisk: true);
            }

            return new RecordFile(path, stream, chain, end);
        }
        catch
        {
            stream.Dispose();
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
            throw new IOException($"An earlier append to '{_path}' failed. Open the file again before appending.");
        }

        byte[] payload = new byte[FixedPayloadSizeInBytes + record.Content.Length];
        payload[0] = (byte)record.Kind;
        record.Session.CopyTo(payload.AsSpan(1));
        record.Content.CopyTo(payload.AsMemory(FixedPayloadSizeInBytes));
        byte[] header = Header(_chain, payload.Length);
        byte[] link = Link(_chain, header, payload);
        try
        {
            _stream.Position = _end;
            _stream.Write(header);
            _stream.Write(payload);
            _stream.Write(link);

            // After a failed flush the operating system may have thrown the pages away: nothing is known any more.
            _stream.Flush(flushToDisk: true);
        }
        catch
        {
            _failed = true;
            throw;
        }

        _chain = link;
        _end += header.Length + payload.Length + link.Length;
    }

    public void Dispose() => _stream.Dispose();

    private static (long End, byte[] Chain) Parse(string path, ReadOnlySpan<byte> bytes, List<DurableRecord> records)
    {
        byte[] chain = new byte[LinkSizeInBytes];
        if (bytes.Length < Magic.Length)
        {
            // The magic itself was torn, before any record.
            return Magic.StartsWith(bytes) || !bytes.ContainsAnyExcept((byte)0)
                ? (0, chain)
                : throw new StorageDamagedException(path, 0, "it does not begin as a file of records does");
        }

        if (!bytes.StartsWith(Magic))
        {
            throw new StorageDamagedException(path, 0, "it does not begin as a file of records does");
        }

        int position = Magic.Length;
        while (position < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[position..];

            // A torn append leaves a prefix of the record, or space that was never written.
            if (rest.Length < HeaderSizeInBytes || !rest.ContainsAnyExcept((byte)0))
            {
                return IsTornHeader(rest, chain)
                    ? (position, chain)
                    : throw new StorageDamagedException(path, position, "the end of the file is not part of a record");
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            byte[] header = Header(chain, length);
            if (length < FixedPayloadSizeInBytes || !rest.StartsWith(header))
            {
                throw new StorageDamagedException(path, position, "the length of a record fails its check");
            }

            long size = HeaderSizeInBytes + (long)length + LinkSizeInBytes;
            if (rest.Length < size)
            {
                return (position, chain);
            }

            ReadOnlySpan<byte> payload = rest.Slice(HeaderSizeInBytes, length);
            ReadOnlySpan<byte> link = rest.Slice(HeaderSizeInBytes + length, LinkSizeInBytes);
            byte[] expected = Link(chain, header, payload);
            if (!link.SequenceEqual(expected))
            {
                return rest.Length == size && !link.ContainsAnyExcept((byte)0)
                    ? (position, chain)
                    : throw new StorageDamagedException(path, position, "a record fails its check");
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
        }

        return (position, chain);
    }

    // With the whole length there, its check tells a torn header from a damaged one as far as the check is there.
    private static bool IsTornHeader(ReadOnlySpan<byte> rest, byte[] chain)
    {
        if (rest.Length <= sizeof(int) || !rest.ContainsAnyExcept((byte)0))
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
