using System.Buffers.Binary;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Reads the primitive types of the encoding. The first failure sticks: later reads give harmless defaults.</summary>
/// <remarks>
/// Never throws for any input and allocates nothing before the bytes it stands for were seen. Field names and problems
/// are constants: nothing received gets into a description.
/// </remarks>
internal ref struct WireReader(ReadOnlyMemory<byte> bytes, MessageLimits limits)
{
    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private int _position;

    public readonly MessageLimits Limits { get; } = limits;

    public PeerFaultKind Fault { get; private set; }

    public string Field { get; private set; } = string.Empty;

    public string Problem { get; private set; } = string.Empty;

    public readonly bool Failed => Fault != PeerFaultKind.None;

    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Records the first failure.</summary>
    public void Refuse(string field, string problem, PeerFaultKind fault = PeerFaultKind.MalformedMessage)
    {
        if (!Failed)
        {
            (Fault, Field, Problem) = (fault, field, problem);
        }
    }

    public byte U8(string field) => Take(1, field) is { Length: 1 } span ? span[0] : (byte)0;

    public ushort U16(string field) =>
        Take(2, field) is { Length: 2 } span ? BinaryPrimitives.ReadUInt16LittleEndian(span) : (ushort)0;

    public byte NotZero8(string field)
    {
        byte value = U8(field);
        if (value == 0)
        {
            Refuse(field, Problems.Zero);
        }

        return value;
    }

    public ushort NotZero16(string field)
    {
        ushort value = U16(field);
        if (value == 0)
        {
            Refuse(field, Problems.Zero);
        }

        return value;
    }

    public uint U32(string field) =>
        Take(4, field) is { Length: 4 } span ? BinaryPrimitives.ReadUInt32LittleEndian(span) : 0;

    public ulong U64(string field) =>
        Take(8, field) is { Length: 8 } span ? BinaryPrimitives.ReadUInt64LittleEndian(span) : 0;

    public Digest Digest(string field) =>
        Take(Core.Digest.SizeInBytes, field) is { Length: Core.Digest.SizeInBytes } span
            ? Core.Digest.FromBytes(span)
            : default;

    /// <summary>A positive finite number. spec 05-transport#encoding-5</summary>
    public double PositiveF64(string field)
    {
        ulong bits = U64(field);
        double value = BitConverter.UInt64BitsToDouble(bits);
        if (!Failed && !(double.IsFinite(value) && value > 0))
        {
            Refuse(field, Problems.NotPositive);
            return 0;
        }

        return value;
    }

    /// <summary>An unsigned 32-bit number that fits a signed one.</summary>
    public int NonNegative32(string field)
    {
        uint value = U32(field);
        if (value > int.MaxValue)
        {
            Refuse(field, Problems.OutOfRange);
            return 0;
        }

        return (int)value;
    }

    /// <summary>An unsigned 64-bit number that fits a signed one.</summary>
    public long NonNegative64(string field)
    {
        ulong value = U64(field);
        if (value > long.MaxValue)
        {
            Refuse(field, Problems.OutOfRange);
            return 0;
        }

        return (long)value;
    }

    /// <summary>A slice of the input, of a size that the format fixes.</summary>
    public ReadOnlyMemory<byte> Fixed(int size, string field)
    {
        int start = _position;
        return Take(size, field).Length == size && !Failed ? _bytes.Slice(start, size) : default;
    }

    /// <summary>A slice of the input with a one-byte length in the given range.</summary>
    public ReadOnlyMemory<byte> ShortBytes(int minimum, int maximum, string field)
    {
        int length = U8(field);
        if (!Failed && (length < minimum || length > maximum))
        {
            Refuse(field, Problems.LengthNotAllowed);
        }

        return Failed ? default : Fixed(length, field);
    }

    /// <summary>A slice of the input with a four-byte length.</summary>
    public ReadOnlyMemory<byte> LongBytes(int maximum, string field)
    {
        uint length = U32(field);
        if (length > (uint)maximum)
        {
            Refuse(field, Problems.TooLong, PeerFaultKind.MessageTooLarge);
        }

        return Failed ? default : Fixed((int)length, field);
    }

    /// <summary>A text. spec 05-transport#encoding-4</summary>
    public string Text(int maximum, string field)
    {
        ReadOnlyMemory<byte> utf8 = ShortBytes(0, maximum, field);
        if (!WireText.TryGetText(utf8.Span, out string text))
        {
            Refuse(field, Problems.NotText);
        }

        return text;
    }

    /// <summary>A name of 1 to 64 allowed characters.</summary>
    public ParticipantId Name(string field)
    {
        ReadOnlyMemory<byte> ascii = ShortBytes(1, ParticipantId.MaximumLength, field);

        // Allowed characters are ASCII: Latin-1 maps every other byte to a character that the parser refuses.
        if (!ParticipantId.TryParse(System.Text.Encoding.Latin1.GetString(ascii.Span), out ParticipantId id))
        {
            Refuse(field, Problems.NotAName);
        }

        return id;
    }

    /// <summary>A count of elements of at least <paramref name="elementSize"/> bytes: checked against limit and remaining bytes. spec 05-transport#limits-3</summary>
    public int Count(int maximum, int elementSize, string field)
    {
        int count = U16(field);
        if (count > maximum)
        {
            Refuse(field, Problems.TooMany, PeerFaultKind.MessageTooLarge);
        }
        else if ((long)count * elementSize > Remaining)
        {
            Refuse(field, Problems.Ends);
        }

        return Failed ? 0 : count;
    }

    /// <summary>A set over the roster of the round, when that is known. spec 05-transport#sets-1, 05-transport#sets-2</summary>
    public PartySet Set(string field)
    {
        int rosterSize = U16(field);
        if (!Failed && rosterSize > Limits.MaximumParties)
        {
            Refuse(field, Problems.TooMany, PeerFaultKind.MessageTooLarge);
        }
        else if (!Failed && (rosterSize == 0 || (Limits.RosterSize is { } expected && rosterSize != expected)))
        {
            Refuse(field, Problems.OtherRoster);
        }

        if (Failed)
        {
            return s_nobody;
        }

        ReadOnlySpan<byte> bitmap = Take(PartySet.BitmapSizeInBytes(rosterSize), field);
        PartySet? set = Failed ? null : PartySet.TryParse(rosterSize, bitmap);
        if (set is null)
        {
            Refuse(field, Problems.SpareBits);
            return s_nobody;
        }

        return set;
    }

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        if (Failed)
        {
            return default;
        }

        if (count > Remaining)
        {
            Refuse(field, Problems.Ends);
            return default;
        }

        ReadOnlySpan<byte> taken = _bytes.Span.Slice(_position, count);
        _position += count;
        return taken;
    }

    private static readonly PartySet s_nobody = PartySet.Of(1, []);
}

/// <summary>What can be wrong with a field.</summary>
internal static class Problems
{
    public const string Ends = "the message ends inside it";
    public const string TooLong = "it is longer than the round allows";
    public const string TooMany = "it counts more than the round allows";
    public const string LengthNotAllowed = "its length is not allowed";
    public const string OutOfRange = "its value is out of range";
    public const string NotPositive = "it is not a positive finite number";
    public const string NotText = "it is not well-formed text";
    public const string NotAName = "it is not a name of a-z, 0-9, '-', '_' and '.'";
    public const string OtherRoster = "it ranges over another roster";
    public const string SpareBits = "a bit above the roster is set";

    // spec 05-transport#lists-1
    public const string NotAscending = "its entries are not strictly ascending";

    // spec 05-transport#metrics-1
    public const string NotAMetricList = "it names a metric twice or has too many coordinates";
    public const string NotRegistered = "its value is not registered";
    public const string Zero = "it is zero";
    public const string NotThisProtocol = "the first bytes are not this protocol's";
    public const string OtherVersion = "only version 1 is supported";
    public const string Trailing = "bytes follow the end of the message";
}
