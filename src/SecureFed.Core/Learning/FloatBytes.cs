using System.Buffers.Binary;

namespace SecureFed.Core;

/// <summary>Floats as little-endian IEEE 754 single-precision numbers, the one form in which models and states are stored and hashed.</summary>
internal static class FloatBytes
{
    /// <summary>Writes 4 bytes per value; the destination has at least that many.</summary>
    public static void Write(ReadOnlySpan<float> values, Span<byte> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(destination[(i * sizeof(float))..], values[i]);
        }
    }

    /// <summary>Reads 4 bytes per value; false when a value is NaN, infinite or a negative zero, which no canonical form holds.</summary>
    public static bool TryReadCanonical(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            float value = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
            if (!float.IsFinite(value) || (value == 0 && float.IsNegative(value)))
            {
                return false;
            }

            values[i] = value;
        }

        return true;
    }
}
