using System.Security.Cryptography;
using System.Text;

namespace SecureFed.Reference;

/// <summary>A byte string under construction, in the primitive types of spec 05-transport#encoding-2.</summary>
internal sealed class Bytes
{
    private readonly List<byte> _bytes = [];

    public Bytes U8(int value) => Little((ulong)value, 1);

    public Bytes U16(int value) => Little((ulong)value, 2);

    public Bytes U32(long value) => Little((ulong)value, 4);

    public Bytes U64(ulong value) => Little(value, 8);

    public Bytes F64(double value) => Little(BitConverter.DoubleToUInt64Bits(value), 8);

    public Bytes Raw(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Bytes Label(string label) => Raw(Encoding.ASCII.GetBytes("SecureFed/1 " + label));

    public Bytes Short(byte[] bytes) => U8(bytes.Length).Raw(bytes);

    public Bytes Text(string text) => Short(Encoding.UTF8.GetBytes(text));

    /// <summary>spec 05-transport#sets-1</summary>
    public Bytes Set(int rosterSize, IEnumerable<int> members)
    {
        byte[] bitmap = new byte[(rosterSize + 7) / 8];
        foreach (int member in members)
        {
            bitmap[member / 8] |= (byte)(1 << (member % 8));
        }

        return U16(rosterSize).Raw(bitmap);
    }

    public byte[] ToArray() => [.. _bytes];

    public byte[] Hash() => SHA256.HashData(ToArray());

    private Bytes Little(ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            _bytes.Add((byte)((value >> (8 * i)) & 255));
        }

        return this;
    }
}
