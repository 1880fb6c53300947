using System.Numerics;

namespace SecureFed.Core.Kernels;

/// <summary>lanes[i] ← lanes[i] AND mask.</summary>
internal static class LaneReduce
{
    public static void Run<T>(Span<T> lanes, T mask)
        where T : unmanaged, IBinaryInteger<T> => Scalar(lanes, mask);

    public static void Scalar<T>(Span<T> lanes, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] &= mask;
        }
    }
}
