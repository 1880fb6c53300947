using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Writes the primitive types of the encoding. spec 05-transport#encoding-2</summary>
/// <remarks>
/// Starts in the caller's buffer and moves to a larger array when that is full. A caller that writes secrets gives a
/// buffer that is large enough and wipes it. Values that the encoding cannot express are the caller's mistake.
/// </remarks>
internal ref struct WireWriter(Span<byte> initial)
{
    private Span<byte> _buffer = initial;
    private int _position;

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._position];

    public void U8(int value) => Take(1)[0] = checked((byte)value);

    public void U16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), checked((ushort)value));

    public void U32(long value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), checked((uint)value));

    public void U64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void F64(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    public void Bytes(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Digest(Digest digest) => digest.CopyTo(Take(Core.Digest.SizeInBytes));

    public void Label(string label) => Labels.Write(label, Take(label.Length));

    /// <summary>A byte string of 0 to 255 bytes with its length.</summary>
    public void ShortBytes(scoped ReadOnlySpan<byte> bytes)
    {
        U8(bytes.Length);
        Bytes(bytes);
    }

    /// <summary>A text of at most <paramref name="maximumBytes"/> UTF-8 bytes with its length.</summary>
    public void Text(string text, int maximumBytes, string what)
    {
        ArgumentNullException.ThrowIfNull(text, what);
        if (!WireText.TryGetBytes(text, out byte[] bytes) || bytes.Length > maximumBytes)
        {
            throw new ArgumentException(
                $"{what} must be well-formed text of at most {maximumBytes} UTF-8 bytes without control characters.",
                what
            );
        }

        ShortBytes(bytes);
    }

    /// <summary>A set: roster size and bitmap. spec 05-transport#sets-1</summary>
    public void Set(PartySet set, string what)
    {
        ArgumentNullException.ThrowIfNull(set, what);
        if (set.RosterSize is < 1 or > MessageLimits.MaximumRosterSize)
        {
            throw new ArgumentException(
                $"{what} ranges over {set.RosterSize} parties; 1 to {MessageLimits.MaximumRosterSize} are possible.",
                what
            );
        }

        U16(set.RosterSize);
        Bytes(set.Bitmap);
    }

    private Span<byte> Take(int count)
    {
        if (count > _buffer.Length - _position)
        {
            byte[] larger = new byte[Math.Max(2 * _buffer.Length, _position + count)];
            _buffer[.._position].CopyTo(larger);
            _buffer = larger;
        }

        Span<byte> taken = _buffer.Slice(_position, count);
        _position += count;
        return taken;
    }
}

/// <summary>Text on the wire: strict UTF-8 without control characters. spec 05-transport#encoding-4</summary>
internal static class WireText
{
    private static readonly UTF8Encoding s_strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <summary>The bytes of a text; false for lone surrogates and control characters.</summary>
    public static bool TryGetBytes(string text, out byte[] bytes)
    {
        bytes = [];
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        if (!IsWellFormed(text))
        {
            return false;
        }

        bytes = s_strict.GetBytes(text);
        return true;
    }

    /// <summary>The text of bytes; false when they are not the one encoding of an allowed text.</summary>
    public static bool TryGetText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = string.Empty;
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return false;
        }

        string candidate = Encoding.UTF8.GetString(bytes);
        foreach (char c in candidate)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        text = candidate;
        return true;
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }
}
