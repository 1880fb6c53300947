using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>The wire form of a ring vector: exactly b bits per element, without gaps. spec 01-updates#packing-1</summary>
/// <remarks>
/// Element i takes the bits i·b … i·b + b − 1 of the byte string, bit k being bit (k mod 8) of byte ⌊k / 8⌋, the least
/// significant bit of the element first. The unused high bits of the last byte are zero: one vector has one packed form.
/// Stateless and thread-safe.
/// </remarks>
public static class RingPacking
{
    /// <summary>⌈length·b / 8⌉, the size of the packed vector in bytes. spec 01-updates#packing-2</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="length">Number of elements, at least 1; the size must stay below 2^31 bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive or the packed vector would not fit an array.</exception>
    public static int PackedSizeInBytes(Ring ring, int length)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        long size = (((long)length * ring.Bits) + 7) / 8;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Array.MaxLength, nameof(length));
        return (int)size;
    }

    /// <summary>Writes the packed form.</summary>
    /// <param name="vector">The vector, every lane reduced.</param>
    /// <param name="destination">Exactly <see cref="PackedSizeInBytes"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination has another size.</exception>
    public static void Pack(RingVector vector, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(vector);
        int size = PackedSizeInBytes(vector.Ring, vector.Length);
        if (destination.Length != size)
        {
            throw new ArgumentException(
                $"The packed vector has {size} bytes; the destination has {destination.Length}.",
                nameof(destination)
            );
        }

        if (vector.Ring.LaneBits == 32)
        {
            NarrowPacking.Pack(vector.NarrowLanes, vector.Ring.Bits, destination);
        }
        else
        {
            WidePacking.Pack(vector.WideLanes, vector.Ring.Bits, destination);
        }
    }

    /// <summary>The packed form as a new array.</summary>
    public static byte[] Pack(RingVector vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        byte[] packed = new byte[PackedSizeInBytes(vector.Ring, vector.Length)];
        Pack(vector, packed);
        return packed;
    }

    /// <summary>Reads a packed vector; false, with the destination untouched, when the bytes are not the packed form of any vector of that shape.</summary>
    /// <param name="source">Bytes from a peer: any content, any length.</param>
    /// <param name="destination">Overwritten; its ring and length say what is expected.</param>
    public static bool TryUnpack(ReadOnlySpan<byte> source, RingVector destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (!IsCanonical(source, destination))
        {
            return false;
        }

        if (destination.Ring.LaneBits == 32)
        {
            NarrowPacking.Unpack(source, destination.Ring.Bits, destination.NarrowLanes);
        }
        else
        {
            WidePacking.Unpack(source, destination.Ring.Bits, destination.WideLanes);
        }

        return true;
    }

    /// <summary>Adds a packed vector to an accumulator; false, with the accumulator untouched, when the bytes are not canonical.</summary>
    /// <param name="source">Bytes from a peer: any content, any length.</param>
    /// <param name="accumulator">accumulator[i] ← accumulator[i] + element i mod 2^b.</param>
    public static bool TryUnpackAdd(ReadOnlySpan<byte> source, RingVector accumulator)
    {
        ArgumentNullException.ThrowIfNull(accumulator);
        if (!IsCanonical(source, accumulator))
        {
            return false;
        }

        if (accumulator.Ring.LaneBits == 32)
        {
            NarrowPacking.UnpackAdd(source, accumulator.Ring.Bits, accumulator.NarrowLanes);
        }
        else
        {
            WidePacking.UnpackAdd(source, accumulator.Ring.Bits, accumulator.WideLanes);
        }

        return true;
    }

    // spec 01-updates#packing-3
    private static bool IsCanonical(ReadOnlySpan<byte> source, RingVector shape)
    {
        if (source.Length != PackedSizeInBytes(shape.Ring, shape.Length))
        {
            return false;
        }

        int usedBits = (int)((long)shape.Length * shape.Ring.Bits % 8);
        return usedBits == 0 || source[^1] >> usedBits == 0;
    }
}
