using System.Reflection;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.Kernels;
using SecureFed.Crypto.Sharing;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Crypto;

/// <summary>Shamir over GF(2^16): the field, the sharing, what is refused, what too few shares tell.</summary>
[Trait("Suite", "Kernels")]
public sealed class SharingTests(ITestOutputHelper output)
{
    [Fact]
    public void Beta_is_the_smallest_constant_that_makes_the_tower_a_field()
    {
        for (int beta = 0; beta <= TowerField.Beta; beta++)
        {
            // Y² + Y + β is irreducible exactly when it has no root in GF(2^8).
            bool hasRoot = Enumerable.Range(0, 256).Any(y => (SlowField.Multiply8(y, y) ^ y ^ beta) == 0);
            Assert.Equal(beta != TowerField.Beta, hasRoot);
        }
    }

    [Fact]
    public void Multiplication_of_bytes_agrees_with_polynomial_division_for_all_pairs()
    {
        for (int a = 0; a < 256; a++)
        {
            for (int b = 0; b < 256; b++)
            {
                Assert.Equal(SlowField.Multiply8(a, b), TowerField.MultiplyBytes((byte)a, (byte)b));
            }
        }
    }

    [Fact]
    public void Multiplication_agrees_with_the_definition_and_is_that_of_a_field()
    {
        Property law = Prop.ForAll(
            ArbMap.Default.ArbFor<ushort>(),
            ArbMap.Default.ArbFor<ushort>(),
            ArbMap.Default.ArbFor<ushort>(),
            (a, b, c) =>
            {
                ushort product = TowerField.Multiply(a, b);
                return product == SlowField.Multiply16(a, b)
                    && product == TowerField.Multiply(b, a)
                    && TowerField.Multiply(product, c) == TowerField.Multiply(a, TowerField.Multiply(b, c))
                    && TowerField.Multiply((ushort)(a ^ b), c)
                        == (TowerField.Multiply(a, c) ^ TowerField.Multiply(b, c))
                    && TowerField.Multiply(a, 1) == a;
            }
        );

        law.Holds(output, count: 5000);
    }

    [Fact]
    public void The_powers_of_one_element_are_all_nonzero_elements_so_each_has_an_inverse()
    {
        int[] orders = [.. Enumerable.Range(250, 40).Select(candidate => OrderOf((ushort)candidate))];

        Assert.Contains(ushort.MaxValue, orders);
        Assert.All(orders, order => Assert.Equal(0, ushort.MaxValue % order));
    }

    [Fact]
    public void Lagrange_coefficients_through_logarithms_agree_with_the_definition()
    {
        ushort[] xs = [1, 2, 3, 5, 255, 256, 257, 1000, 32768, 65535];
        ushort[] coefficients = new ushort[xs.Length];

        PublicPoints.LagrangeAtZero(xs, coefficients);

        for (int i = 0; i < xs.Length; i++)
        {
            int expected = 1;
            foreach (ushort other in xs.Where(x => x != xs[i]))
            {
                expected = SlowField.Multiply16(expected, other);
                expected = SlowField.Multiply16(expected, SlowField.Inverse16(other ^ xs[i]));
            }

            Assert.Equal(expected, coefficients[i]);
        }
    }

    [Fact]
    public void Any_threshold_of_shares_in_any_order_gives_the_secret()
    {
        Prop.ForAll(
                Cases,
                c =>
                {
                    using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(c.Seed));
                    SecretBytes[] shares = ShamirSharing.Split(
                        secret,
                        c.Threshold,
                        c.Holders,
                        new HashRandomSource(c.Seed + 1)
                    );
                    ushort[] xs = c.Subset;

                    using SecretBytes combined = Combine(xs, shares);
                    using SecretBytes reversed = Combine([.. xs.Reverse()], shares);

                    return (secret.FixedTimeEquals(combined) && secret.FixedTimeEquals(reversed))
                        .Classify(c.Threshold == c.Holders, "all holders needed")
                        .Classify(c.Threshold == 2, "threshold 2");
                }
            )
            .Holds(output, count: 300);
    }

    [Fact]
    public void Shares_are_the_values_of_the_drawn_polynomial()
    {
        Prop.ForAll(
                Cases,
                c =>
                {
                    using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(c.Seed));
                    byte[] drawn = new byte[(c.Threshold - 1) * 32];
                    new HashRandomSource(c.Seed + 1).Fill(drawn);
                    byte[][] coefficients = [Open(secret), .. drawn.Chunk(32)];

                    SecretBytes[] shares = ShamirSharing.Split(
                        secret,
                        c.Threshold,
                        c.Holders,
                        new HashRandomSource(c.Seed + 1)
                    );

                    return c.Subset.All(x =>
                        Open(shares[x - 1]).AsSpan().SequenceEqual(SlowField.Evaluate(coefficients, x))
                    );
                }
            )
            .Holds(output, count: 40);
    }

    [Fact]
    public void One_share_too_few_is_consistent_with_any_secret()
    {
        Prop.ForAll(
                Cases,
                c =>
                {
                    using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(c.Seed));
                    using SecretBytes claimed = SecretBytes.Generate(32, new HashRandomSource(c.Seed + 2));
                    SecretBytes[] shares = ShamirSharing.Split(
                        secret,
                        c.Threshold,
                        c.Holders,
                        new HashRandomSource(c.Seed + 1)
                    );
                    ushort missing = c.Subset[0];
                    (int X, byte[] Y)[] known =
                    [
                        .. c.Subset.Skip(1).Select(x => ((int)x, Open(shares[x - 1]))),
                        (0, Open(claimed)),
                    ];

                    // The one value at the missing point that turns the known shares into shares of the claimed secret.
                    using SecretBytes fitting = SecretBytes.CopyFrom(SlowField.Interpolate(known, missing));
                    SecretBytes[] forged = [.. shares];
                    forged[missing - 1] = fitting;
                    using SecretBytes combined = Combine(c.Subset, forged);

                    return claimed.FixedTimeEquals(combined) && !secret.FixedTimeEquals(combined);
                }
            )
            .Holds(output, count: 40);
    }

    [Fact]
    public void Combining_runs_up_to_the_largest_number_of_holders()
    {
        using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(5));
        SecretBytes[] shares = ShamirSharing.Split(secret, 2, ushort.MaxValue, new HashRandomSource(6));

        using SecretBytes combined = Combine([ushort.MaxValue, 1], shares);

        Assert.True(secret.FixedTimeEquals(combined));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(0, 5)]
    [InlineData(6, 5)]
    [InlineData(2, 1)]
    [InlineData(2, 65536)]
    public void A_sharing_with_impossible_numbers_is_refused(int threshold, int holders)
    {
        using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(7));

        Assert.Throws<ArgumentOutOfRangeException>(() =>
            ShamirSharing.Split(secret, threshold, holders, new HashRandomSource(8))
        );
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(1)]
    public void A_secret_of_another_size_is_refused(int size)
    {
        using SecretBytes secret = SecretBytes.Generate(size, new HashRandomSource(9));

        Assert.Throws<ArgumentException>(() => ShamirSharing.Split(secret, 2, 3, new HashRandomSource(10)));
    }

    [Fact]
    public void SHR_01_All_negative_cases_of_the_vectors_are_refused_before_arithmetic()
    {
        using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(11));
        SecretBytes[] shares = ShamirSharing.Split(secret, 3, 5, new HashRandomSource(12));
        List<string> seen = [];
        foreach (JsonElement negative in Shamir.GetProperty("negative").EnumerateArray())
        {
            string id = negative.Text("id");
            seen.Add(id);
            switch (id)
            {
                case "x-zero":
                    Refused([0, 2, 3], [shares[0], shares[1], shares[2]], "point 0");
                    Refused([1, 2, 0], [shares[0], shares[1], shares[2]], "point 0");
                    break;
                case "x-duplicate":
                    Refused([1, 2, 1], [shares[0], shares[1], shares[0]], "point 1 is given twice");
                    break;
                case "x-duplicate-conflict":
                    Refused([2, 2, 1], [shares[0], shares[1], shares[0]], "point 2 is given twice");
                    break;
                case "x-multiple-of-p":
                case "x-congruent":
                    // In GF(2^16) every 16-bit point but zero is canonical, and no other can be expressed.
                    ParameterInfo points = typeof(ProtocolSuite)
                        .GetMethod(nameof(ProtocolSuite.CreateCombiner))!
                        .GetParameters()[0];
                    Assert.Equal(typeof(ReadOnlySpan<ushort>), points.ParameterType);
                    break;
                case "y-not-reduced":
                    // Every 32-byte string is 16 field elements: there is no second encoding to refuse.
                    AllOnesIsAnOrdinaryShare();
                    break;
                case "y-wrong-length":
                    using (SecretBytes shorter = SecretBytes.Generate(31, new HashRandomSource(13)))
                    using (SecretBytes longer = SecretBytes.Generate(33, new HashRandomSource(14)))
                    {
                        Refused([1, 2, 3], [shares[0], shorter, shares[2]], "31 were given");
                        Refused([1, 2, 3], [shares[0], shares[1], longer], "33 were given");
                        Assert.Throws<ArgumentException>(() => SecretBytes.CopyFrom(default));
                    }

                    break;
                case "index-not-owner":
                    // The point comes from the authenticated sender, so a share under another's label only spoils the sum.
                    using (SecretBytes wrong = P256Suite.Instance.Combine([1, 2, 4], [shares[0], shares[1], shares[2]]))
                    {
                        Assert.False(secret.FixedTimeEquals(wrong));
                    }

                    break;
                default:
                    Assert.Fail($"the negative case {id} is not claimed");
                    break;
            }
        }

        Assert.Equal(8, seen.Distinct(StringComparer.Ordinal).Count());
        Refused([1, 2], [shares[0], shares[1], shares[2]], "2 points and 3 shares");
        Refused([1], [shares[0]], "1 were given");
        Refused([], [], "0 were given");
    }

    private static int OrderOf(ushort element)
    {
        int order = 1;
        for (ushort power = element; power != 1; power = TowerField.Multiply(power, element))
        {
            order++;
            Assert.True(order <= ushort.MaxValue, "the powers of an element never return to 1");
        }

        return order;
    }

    private static JsonElement Shamir => VectorFiles.Spec("security", "vectors", "shamir.json");

    private static Arbitrary<SharingCase> Cases
    {
        get
        {
            Gen<SharingCase> cases =
                from holders in Gen.Choose(2, 60)
                from threshold in Gen.Choose(2, holders)
                from seed in Gen.Choose(0, 1_000_000)
                from order in Gen.Shuffle(Enumerable.Range(1, holders).ToArray())
                select new SharingCase(
                    Threshold: threshold,
                    Holders: holders,
                    Seed: seed,
                    Subset: [.. order.Take(threshold).Select(x => (ushort)x)]
                );
            return Arb.From(cases, Shrink);
        }
    }

    private static IEnumerable<SharingCase> Shrink(SharingCase c)
    {
        if (c.Threshold > 2)
        {
            yield return c with
            {
                Threshold = c.Threshold - 1,
                Subset = c.Subset[1..],
            };
            yield return c with
            {
                Threshold = 2,
                Subset = c.Subset[..2],
            };
        }

        int largest = c.Subset.Max();
        if (largest < c.Holders)
        {
            yield return c with
            {
                Holders = largest,
            };
        }
    }

    private static SecretBytes Combine(ushort[] xs, SecretBytes[] shares) =>
        P256Suite.Instance.Combine(xs, [.. xs.Select(x => shares[x - 1])]);

    private static byte[] Open(SecretBytes secret) => secret.Reveal(SecretAccess.ForPrimitive).ToArray();

    private static void Refused(ushort[] xs, SecretBytes[] shares, string because)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => P256Suite.Instance.Combine(xs, shares));
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
    }

    private static void AllOnesIsAnOrdinaryShare()
    {
        byte[] ones = [.. Enumerable.Repeat((byte)0xff, 32)];
        byte[] zeros = new byte[32];
        using SecretBytes first = SecretBytes.CopyFrom(ones);
        using SecretBytes second = SecretBytes.CopyFrom(zeros);

        using SecretBytes combined = P256Suite.Instance.Combine([1, 2], [first, second]);

        Assert.Equal(SlowField.Interpolate([(1, ones), (2, zeros)], at: 0), Open(combined));
    }

    private sealed record SharingCase(int Threshold, int Holders, int Seed, ushort[] Subset);
}
