using System.Collections.Immutable;
using System.Globalization;
using SecureFed.Core;
using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy;

/// <summary>
/// Adds up what releases promise together, order by order, and answers with the ε of the best order. spec
/// 02-privacy#renyi-1, 02-privacy#renyi-9
/// </summary>
/// <remarks>
/// Immutable and thread-safe; its answers are certified: never below what the releases promise. They do not depend on the
/// order in which releases were composed, and a count of n is the same as n compositions, to the last bit. To compose a
/// release that the accountant has met before, and to ask for ε, takes microseconds; a sampled release that is new to it
/// takes milliseconds.
/// </remarks>
public sealed class RenyiAccountant
{
    private const int MostRemembered = 64;
    private const int DeltaBits = 127;

    private readonly UInt128[] _costs;
    private readonly UInt128 _delta;
    private readonly ImmutableDictionary<PrivacyEvent, UInt128[]> _remembered;

    /// <summary>An accountant of no releases.</summary>
    /// <param name="relation">The relation under which all releases promise: a sensitivity in a noise multiplier is measured by it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The relation is none of the two.</exception>
    public RenyiAccountant(NeighbouringRelation relation)
        : this(
            Enum.IsDefined(relation) ? relation : throw new ArgumentOutOfRangeException(nameof(relation)),
            new UInt128[RenyiCurve.Orders.Length],
            UInt128.Zero,
            ImmutableDictionary<PrivacyEvent, UInt128[]>.Empty
        ) { }

    private RenyiAccountant(
        NeighbouringRelation relation,
        UInt128[] costs,
        UInt128 delta,
        ImmutableDictionary<PrivacyEvent, UInt128[]> remembered
    ) => (Relation, _costs, _delta, _remembered) = (relation, costs, delta, remembered);

    /// <summary>The orders that are tried, in rising order. spec 02-privacy#renyi-10</summary>
    public static ImmutableArray<double> Orders => RenyiCurve.Orders;

    /// <summary>The relation under which all releases promise.</summary>
    public NeighbouringRelation Relation { get; }

    /// <summary>The sum of the δ of <see cref="PrivacyEvent.Approximate"/> releases, never below the true one.</summary>
    public double ConsumedDelta =>
        _delta == UInt128.Zero ? 0 : Math.ScaleB(Math.BitIncrement((double)_delta), -DeltaBits);

    /// <summary>This accountant and n more of one release.</summary>
    /// <param name="release">The release.</param>
    /// <param name="count">n, at least 1.</param>
    /// <returns>A new accountant; this one stays as it is.</returns>
    /// <exception cref="PrivacyDomainException">n is below 1, or so many releases of so little noise promise nothing at any order.</exception>
    /// <exception cref="MixedRelationsException">The release promises under the other relation only.</exception>
    public RenyiAccountant Compose(PrivacyEvent release, long count = 1)
    {
        ArgumentNullException.ThrowIfNull(release);
        if (count < 1)
        {
            throw new PrivacyDomainException(nameof(count), count, "at least 1", "It counts releases.");
        }

        if (release.Relation is { } relation && relation != Relation)
        {
            throw new MixedRelationsException(Relation, relation);
        }

        ImmutableDictionary<PrivacyEvent, UInt128[]> remembered = _remembered;
        if (!remembered.TryGetValue(release, out UInt128[]? cost))
        {
            cost = RenyiCurve.Of(release);
            remembered = (remembered.Count < MostRemembered ? remembered : remembered.Clear()).Add(release, cost);
        }

        UInt128[] costs = new UInt128[cost.Length];
        bool isBounded = false;
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i] = RenyiCurve.Add(_costs[i], cost[i], (ulong)count);
            isBounded |= costs[i] != RenyiCurve.Unbounded;
        }

        if (!isBounded)
        {
            throw new PrivacyDomainException(
                nameof(count),
                count,
                "so small that some order has a divergence below 2^32",
                "So many releases of so little noise promise nothing; add more noise."
            );
        }

        return new(Relation, costs, RenyiCurve.Add(_delta, DeltaOf(release), (ulong)count), remembered);
    }

    /// <summary>The divergence of all releases together at one of the orders: what another conversion to ε starts from.</summary>
    /// <param name="order">α, one of <see cref="Orders"/>.</param>
    /// <returns>Σ r(α), never below the true one; infinite from 2^32.</returns>
    /// <exception cref="PrivacyDomainException">α is none of the orders.</exception>
    public double Divergence(double order)
    {
        int index = Orders.BinarySearch(order);
        return index >= 0
            ? RenyiCurve.ToDouble(_costs[index])
            : throw new PrivacyDomainException(
                nameof(order),
                order,
                "one of the accountant's orders",
                "RenyiPrivacy answers for one release at any order."
            );
    }

    /// <summary>The ε of all releases together at δ.</summary>
    /// <param name="delta">δ, 10^-300 to below 1, and above <see cref="ConsumedDelta"/>.</param>
    /// <returns>ε by the best order, never below the true one.</returns>
    /// <exception cref="PrivacyDomainException">δ is outside its domain, or consumed.</exception>
    public RenyiEpsilon Epsilon(double delta)
    {
        Domain.Delta(delta);
        double left = _delta == UInt128.Zero ? delta : Math.BitDecrement(delta - ConsumedDelta);
        if (!(left >= Domain.MinimumDelta))
        {
            throw new PrivacyDomainException(
                nameof(delta),
                delta,
                string.Create(CultureInfo.InvariantCulture, $"above the {ConsumedDelta:R} that releases consumed"),
                "Ask for a larger δ, or give approximate releases a smaller one."
            );
        }

        double logDelta = Math.Log(left);
        (double best, double order) = (double.PositiveInfinity, Orders[0]);
        for (int i = 0; i < _costs.Length; i++)
        {
            double divergence = RenyiCurve.ToDouble(_costs[i]);
            double epsilon = IsWithin(divergence, left)
                ? 0
                : RenyiPrivacy.EpsilonFromAbove(Orders[i], divergence, logDelta);
            if (epsilon < best)
            {
                (best, order) = (epsilon, Orders[i]);
            }
        }

        return new(best, order);
    }

    /// <summary>The least noise multiplier for which the releases of a training, all alike, stay within a budget.</summary>
    /// <param name="epsilon">ε, 0 to 100,000, not 0.</param>
    /// <param name="delta">δ, 10^-300 to below 1.</param>
    /// <param name="samplingRate">q of Poisson sampling, above 0 to 1; 1 for none.</param>
    /// <param name="steps">The number of releases, at least 1.</param>
    /// <returns>z that this accountant certifies for the budget; a millionth less is not certified.</returns>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or no order reaches the budget with any noise.</exception>
    public static double NoiseMultiplier(double epsilon, double delta, double samplingRate = 1, long steps = 1)
    {
        const double LeastExponent = -20;
        const double LargestExponent = 60;
        const double Tolerance = 1e-8;
        Domain.Epsilon(epsilon);
        Domain.Positive(epsilon, nameof(epsilon), "No noise promises ε = 0.");
        Domain.Delta(delta);
        if (steps < 1)
        {
            throw new PrivacyDomainException(nameof(steps), steps, "at least 1", "It counts releases.");
        }

        bool IsAllowed(double exponent) => IsCertified(Math.Pow(2, exponent), samplingRate, steps, epsilon, delta);

        // ε falls with z. The search is over log2 z, from z = 1 outwards and then between the last two.
        double allowed = 0;
        double refused = 0;
        if (IsAllowed(0))
        {
            while (IsAllowed(--refused))
            {
                if (refused <= LeastExponent)
                {
                    return Math.Pow(2, refused);
                }

                allowed = refused;
            }
        }
        else
        {
            while (!IsAllowed(++allowed))
            {
                if (allowed >= LargestExponent)
                {
                    throw new PrivacyDomainException(
                        nameof(epsilon),
                        epsilon,
                        "large enough for δ",
                        "No order of this accountant promises it with any noise."
                    );
                }

                refused = allowed;
            }
        }

        while (allowed - refused > Tolerance)
        {
            double middle = refused + ((allowed - refused) / 2);
            (refused, allowed) = IsAllowed(middle) ? (refused, middle) : (middle, allowed);
        }

        return Math.Pow(2, allowed);
    }

    private static bool IsCertified(double multiplier, double samplingRate, long steps, double epsilon, double delta)
    {
        PrivacyEvent release = PrivacyEvent.PoissonSampledGaussian(multiplier, samplingRate);
        UInt128[] cost = RenyiCurve.Of(release);
        UInt128[] costs = [.. cost.Select(one => RenyiCurve.Add(UInt128.Zero, one, (ulong)steps))];
        return new RenyiAccountant(
                NeighbouringRelation.AddOrRemoveOne,
                costs,
                UInt128.Zero,
                ImmutableDictionary<PrivacyEvent, UInt128[]>.Empty
            )
                .Epsilon(delta)
                .Epsilon <= epsilon;
    }

    // spec 02-privacy#renyi-9: the distance in total variation is at most √(1 − e^(−r)) (Bretagnolle and Huber) for the
    // divergence of Kullback and Leibler, which is below that of every order.
    private static bool IsWithin(double divergence, double delta) =>
        Math.Sqrt(-NearOne.ExpMinusOne(-divergence)) * (1 + (16 * NearOne.UnitRoundoff)) <= delta;

    private static UInt128 DeltaOf(PrivacyEvent release) =>
        release is PrivacyEvent.ApproximatePrivacy { Delta: > 0 } promise
            ? (UInt128)Math.Ceiling(Math.ScaleB(promise.Delta, DeltaBits))
            : UInt128.Zero;
}
