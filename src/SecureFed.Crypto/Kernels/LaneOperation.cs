using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureFed.Crypto.Kernels;

/// <summary>What a keystream does to a lane. The two implementations are type arguments, so the choice costs nothing per lane.</summary>
internal interface ILaneOperation
{
    /// <summary>Combines one lane with one keystream lane, wrapping.</summary>
    static abstract TLane Combine<TLane>(TLane lane, TLane keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>;

    /// <summary>The same for all lanes of a vector.</summary>
    static abstract Vector128<TLane> Combine<TLane>(Vector128<TLane> lanes, Vector128<TLane> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane>;
}

/// <summary>lane + keystream, wrapping.</summary>
internal readonly struct AddLanes : ILaneOperation
{
    public static TLane Combine<TLane>(TLane lane, TLane keystream)
        where TLane : unmanaged, IBinaryInteger<TLane> => unchecked(lane + keystream);

    public static Vector128<TLane> Combine<TLane>(Vector128<TLane> lanes, Vector128<TLane> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane> => lanes + keystream;
}

/// <summary>lane − keystream, wrapping.</summary>
internal readonly struct SubtractLanes : ILaneOperation
{
    public static TLane Combine<TLane>(TLane lane, TLane keystream)
        where TLane : unmanaged, IBinaryInteger<TLane> => unchecked(lane - keystream);

    public static Vector128<TLane> Combine<TLane>(Vector128<TLane> lanes, Vector128<TLane> keystream)
        where TLane : unmanaged, IBinaryInteger<TLane> => lanes - keystream;
}
