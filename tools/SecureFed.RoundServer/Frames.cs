using System.Buffers.Binary;

namespace SecureFed.RoundServer;

/// <summary>What goes over the pipes between the server's process and the test: party, length, bytes.</summary>
public static class Frames
{
    /// <summary>Stands for nobody: the first frame to the server, with the round, and the last one from it, with the outcome.</summary>
    public const ushort Control = ushort.MaxValue;

    private const int HeaderSizeInBytes = 6;
    private const int MaximumSizeInBytes = 1 << 20;

    /// <summary>Writes a frame in one go.</summary>
    public static void Write(Stream stream, ushort party, ReadOnlySpan<byte> content)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] frame = new byte[HeaderSizeInBytes + content.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(frame, party);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(2), content.Length);
        content.CopyTo(frame.AsSpan(HeaderSizeInBytes));
        stream.Write(frame);
        stream.Flush();
    }

    /// <summary>Reads a frame; null at the end, also in the middle of one: whoever wrote was killed.</summary>
    public static (ushort Party, byte[] Content)? Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] header = new byte[HeaderSizeInBytes];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(2));
        if (length is < 0 or > MaximumSizeInBytes)
        {
            throw new InvalidDataException($"A frame of {length} bytes.");
        }

        byte[] content = new byte[length];
        return stream.ReadAtLeast(content, length, throwOnEndOfStream: false) < length
            ? null
            : (BinaryPrimitives.ReadUInt16LittleEndian(header), content);
    }
}
