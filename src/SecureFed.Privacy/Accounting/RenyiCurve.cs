using System.Collections.Immutable;

namespace SecureFed.Privacy;

/// <summary>
/// What releases cost at every order of the accountant, in whole multiples of 2^-96, each release rounded up once. Sums of
/// integers depend neither on the order of the releases nor on how they were grouped. spec 02-privacy#renyi-10
/// </summary>
internal static class RenyiCurve
{
    /// <summary>A cost of 2^32 or more: nothing is promised at that order.</summary>
    public static readonly UInt128 Unbounded = UInt128.MaxValue;

    private const int FractionBits = 96;

    /// <summary>
    /// 1.001 … 2 in steps of a tenth of α − 1, 1.1 … 10.9 in steps of 0.1, all integers to 256, then four in each doubling to
    /// 2^30.
    /// </summary>
    public static ImmutableArray<double> Orders { get; } = MakeOrders();

    /// <summary>What one release costs.</summary>
    public static UInt128[] Of(PrivacyEvent release)
    {
        Func<double, double> divergence = RenyiPrivacy.Of(release);
        UInt128[] costs = new UInt128[Orders.Length];
        for (int i = 0; i < costs.Length; i++)
        {
            double scaled = Math.Ceiling(Math.ScaleB(divergence(Orders[i]), FractionBits));
            costs[i] = scaled < Math.ScaleB(1, 128) ? (UInt128)scaled : Unbounded;
        }

        return costs;
    }

    /// <summary>a + n·b, or <see cref="Unbounded"/>.</summary>
    public static UInt128 Add(UInt128 total, UInt128 cost, ulong count)
    {
        if (cost > UInt128.Zero && count > 1 && cost > Unbounded / count)
        {
            return Unbounded;
        }

        UInt128 sum = unchecked(total + (cost * count));
        return sum < total ? Unbounded : sum;
    }

    /// <summary>The cost as a number, never below it.</summary>
    public static double ToDouble(UInt128 cost) =>
        cost == Unbounded ? double.PositiveInfinity
        : cost == UInt128.Zero ? 0
        : Math.ScaleB(Math.BitIncrement((double)cost), -FractionBits);

    private static ImmutableArray<double> MakeOrders()
    {
        SortedSet<double> orders = [];
        for (double excess = 1e-3; excess < 1; excess *= 1.1)
        {
            orders.Add(1 + excess);
        }

        for (int tenths = 11; tenths < 110; tenths++)
        {
            orders.Add(tenths / 10.0);
        }

        for (int order = 2; order <= 256; order++)
        {
            orders.Add(order);
        }

        for (int quarter = 33; quarter <= 120; quarter++)
        {
            orders.Add(Math.Round(Math.Pow(2, quarter / 4.0)));
        }

        return [.. orders];
    }
}
