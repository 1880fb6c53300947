using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>The combiners that the server keeps while it rebuilds secrets: as many as point lists, and the same secrets as without.</summary>
public sealed class CombinerCacheTests
{
    private const int Threshold = 3;
    private const int Holders = 12;

    [Fact]
    public void One_combiner_serves_all_dealers_of_one_list_of_points()
    {
        CountingSuite suite = new();
        CombinerCache cache = new(suite);
        for (int dealer = 0; dealer < 50; dealer++)
        {
            AssertCombines(cache, seed: dealer, 2, 7, 11);
        }

        Assert.Equal(1, suite.Created);
    }

    [Fact]
    public void Another_order_or_another_point_is_another_list()
    {
        CountingSuite suite = new();
        CombinerCache cache = new(suite);
        AssertCombines(cache, seed: 1, 2, 7, 11);
        AssertCombines(cache, seed: 1, 7, 2, 11);
        AssertCombines(cache, seed: 1, 2, 7, 12);

        Assert.Equal(3, suite.Created);
    }

    [Fact]
    public void Beyond_its_capacity_the_list_that_was_made_first_goes()
    {
        CountingSuite suite = new();
        CombinerCache cache = new(suite);
        for (int last = 3; last < 3 + CombinerCache.Capacity; last++)
        {
            AssertCombines(cache, seed: last, 1, 2, (ushort)last);
        }

        AssertCombines(cache, seed: 1, 1, 2, 3);
        Assert.Equal(CombinerCache.Capacity, suite.Created);

        // One more list pushes out the first one and no other.
        AssertCombines(cache, seed: 1, 1, 2, 3 + CombinerCache.Capacity);
        AssertCombines(cache, seed: 1, 1, 2, 2 + CombinerCache.Capacity);
        Assert.Equal(CombinerCache.Capacity + 1, suite.Created);
        AssertCombines(cache, seed: 1, 1, 2, 3);
        Assert.Equal(CombinerCache.Capacity + 2, suite.Created);
    }

    [Fact]
    public void Shares_of_other_points_than_the_list_do_not_give_the_secret()
    {
        CombinerCache cache = new(new CountingSuite());
        using SecretBytes secret = Secret(5);
        SecretBytes[] shares = Split(secret, 5);
        using SecretBytes right = cache.Combine([2, 7, 11], [shares[1], shares[6], shares[10]]);
        using SecretBytes wrong = cache.Combine([2, 7, 11], [shares[1], shares[6], shares[9]]);

        Assert.True(secret.FixedTimeEquals(right));
        Assert.False(secret.FixedTimeEquals(wrong));
        Assert.Throws<ArgumentException>(() => cache.Combine([2, 7, 11], [shares[1], shares[6]]));
        Assert.Throws<ArgumentException>(() => cache.Combine([2, 2, 11], [shares[1], shares[1], shares[10]]));
    }

    private static void AssertCombines(CombinerCache cache, int seed, params ushort[] points)
    {
        using SecretBytes secret = Secret(seed);
        SecretBytes[] shares = Split(secret, seed);
        using SecretBytes combined = cache.Combine(points, [.. points.Select(x => shares[x - 1])]);

        Assert.True(secret.FixedTimeEquals(combined));
    }

    private static SecretBytes Secret(int seed) =>
        SecretBytes.Generate(ProtocolSuite.SecretSizeInBytes, new Tests.Shared.SeededRandomSource(seed));

    private static SecretBytes[] Split(SecretBytes secret, int seed) =>
        TestSuite.Instance.Split(secret, Threshold, Holders, new Tests.Shared.SeededRandomSource(1000 + seed));

    private sealed class CountingSuite() : ForwardingSuite(TestSuite.Instance)
    {
        public int Created { get; private set; }

        public override ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs)
        {
            Created++;
            return base.CreateCombiner(xs);
        }
    }
}
