namespace SecureFed.Crypto.Kernels;

/// <summary>A public element c of GF(2^16), as the byte constants that multiply other elements by it.</summary>
/// <param name="Straight">For products that stay in their half of the element.</param>
/// <param name="Crossed">For products that change to the other half.</param>
internal readonly record struct TowerFactor(ushort Straight, ushort Crossed)
{
    public static TowerFactor Of(ushort c)
    {
        byte high = (byte)(c >> 8);
        byte low = (byte)(c & 0xff);

        // low result  = aL·cL + aH·(β·cH);  high result = aH·(cL + cH) + aL·cH.
        return new(
            (ushort)(low | ((low ^ high) << 8)),
            (ushort)(high | (TowerField.MultiplyBytes(TowerField.Beta, high) << 8))
        );
    }
}
