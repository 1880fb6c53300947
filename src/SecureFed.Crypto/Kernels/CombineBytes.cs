using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureFed.Crypto.Kernels;

/// <summary>lanes[i] = lanes[i] ± keystream lane i, where keystream lanes are little-endian bytes.</summary>
/// <remarks>The byte span holds exactly the lanes' bytes; the spans do not overlap; arithmetic wraps.</remarks>
internal static class CombineBytes
{
    public static void Apply<TLane, TOperation>(Span<TLane> lanes, ReadOnlySpan<byte> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        if (Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            Vector<TLane, TOperation>(lanes, keystream);
        }
        else
        {
            Scalar<TLane, TOperation>(lanes, keystream);
        }
    }

    internal static void Scalar<TLane, TOperation>(Span<TLane> lanes, ReadOnlySpan<byte> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        int width = Unsafe.SizeOf<TLane>();
        for (int i = 0; i < lanes.Length; i++)
        {
            TLane key = TLane.ReadLittleEndian(keystream.Slice(i * width, width), isUnsigned: true);
            lanes[i] = TOperation.Combine(lanes[i], key);
        }
    }

    internal static void Vector<TLane, TOperation>(Span<TLane> lanes, ReadOnlySpan<byte> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>
        where TOperation : ILaneOperation
    {
        int width = Unsafe.SizeOf<TLane>();
        int remainder = lanes.Length % Vector128<TLane>.Count;
        Scalar<TLane, TOperation>(lanes[..remainder], keystream[..(remainder * width)]);

        ref TLane lane = ref MemoryMarshal.GetReference(lanes);
        ref byte key = ref MemoryMarshal.GetReference(keystream[..(lanes.Length * width)]);
        for (int i = remainder; i < lanes.Length; i += Vector128<TLane>.Count)
        {
            Vector128<TLane> keys = Vector128.LoadUnsafe(ref key, (nuint)(uint)(i * width)).As<byte, TLane>();
            Vector128<TLane> sum = TOperation.Combine(Vector128.LoadUnsafe(ref lane, (nuint)(uint)i), keys);
            sum.StoreUnsafe(ref lane, (nuint)(uint)i);
        }
    }
}
