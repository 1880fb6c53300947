using SecureFed.Crypto.Kernels;

namespace SecureFed.Crypto.Sharing;

/// <summary>Lagrange coefficients at zero for public evaluation points.</summary>
/// <remarks>
/// Works through logarithm tables, which is right for public values only: a table index shows in the cache. Secrets go
/// through <see cref="TowerHorner"/>.
/// </remarks>
internal static class PublicPoints
{
    private const int FieldSize = 1 << 16;
    private const int GroupOrder = FieldSize - 1;

    private static readonly Lazy<(ushort[] Logarithm, ushort[] Power)> s_tables = new(BuildTables);

    /// <summary>coefficients[i] = ∏_{j≠i} x_j / (x_j + x_i).</summary>
    /// <param name="xs">Different points, none zero.</param>
    /// <param name="coefficients">Same length.</param>
    public static void LagrangeAtZero(ReadOnlySpan<ushort> xs, Span<ushort> coefficients)
    {
        (ushort[] logarithm, ushort[] power) = s_tables.Value;
        long allPoints = 0;
        foreach (ushort x in xs)
        {
            allPoints += logarithm[x];
        }

        for (int i = 0; i < xs.Length; i++)
        {
            long differences = 0;
            for (int j = 0; j < xs.Length; j++)
            {
                // log of 0 is kept as 0, so the term j = i adds nothing.
                differences += logarithm[xs[i] ^ xs[j]];
            }

            long exponent = (allPoints - logarithm[xs[i]] - differences) % GroupOrder;
            coefficients[i] = power[exponent < 0 ? exponent + GroupOrder : exponent];
        }
    }

    /// <summary>Walks the powers of the first element that visits the whole multiplicative group.</summary>
    private static (ushort[] Logarithm, ushort[] Power) BuildTables()
    {
        ushort[] logarithm = new ushort[FieldSize];
        ushort[] power = new ushort[GroupOrder];
        for (int candidate = 2; ; candidate++)
        {
            ushort value = 1;
            int exponent = 0;
            do
            {
                power[exponent] = value;
                logarithm[value] = (ushort)exponent;
                value = TowerField.Multiply(value, (ushort)candidate);
                exponent++;
            } while (value != 1);

            if (exponent == GroupOrder)
            {
                return (logarithm, power);
            }
        }
    }
}
