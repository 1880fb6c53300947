using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Homomorphic;
using SecureFed.Homomorphic.Kernels;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Homomorphic;

/// <summary>The transforms: known answers, a slow reference, and the same bits from every body.</summary>
public sealed class NttTests(ITestOutputHelper output)
{
    // The default primes of SEAL for N = 4096 and their smallest roots.
    [Theory]
    [InlineData(0xffffee001UL, 24_250_113UL)]
    [InlineData(0xffffc4001UL, 29_008_497UL)]
    [InlineData(0x1ffffe0001UL, 8_625_844UL)]
    public void Roots_are_the_smallest(ulong modulus, ulong root)
    {
        PrimeModulus q = new(modulus);
        Assert.Equal(root, q.SmallestRoot(4096));
        Assert.Equal(q.Value - 1, q.Power(root, 4096));
    }

    [Fact]
    public void The_default_primes_are_the_largest_of_their_size()
    {
        Assert.Equal([0xffffee001UL, 0xffffc4001UL], PrimeModulus.Largest(4096, 36, 2).Select(q => q.Value));
        Assert.Equal([0x1ffffe0001UL], PrimeModulus.Largest(4096, 37, 1).Select(q => q.Value));
        Assert.Equal([0x7fffffd8001UL, 0x7fffffc8001UL], PrimeModulus.Largest(8192, 43, 2).Select(q => q.Value));
        Assert.Equal(
            [0xfffffffc001UL, 0xffffff6c001UL, 0xfffffebc001UL],
            PrimeModulus.Largest(8192, 44, 3).Select(q => q.Value)
        );
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(4UL)]
    [InlineData(3_215_031_751UL)]
    [InlineData(3_825_123_056_546_413_051UL)]
    [InlineData((1UL << 61) - 1 + (1UL << 61))]
    public void What_is_no_prime_of_61_bits_is_no_modulus(ulong value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PrimeModulus(value));

    [Fact]
    public void The_largest_prime_of_61_bits_is_one_and_has_no_roots_of_unity()
    {
        PrimeModulus mersenne = new((1UL << 61) - 1);
        Assert.False(mersenne.HasRootFor(4096));
        Assert.Throws<ArgumentException>(() => new NttTables(4096, mersenne));
        Assert.Throws<ArgumentOutOfRangeException>(() => PrimeModulus.Largest(1 << 17, 19, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NttTables(16, new PrimeModulus(97)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NttTables(48, new PrimeModulus(97)));
        Assert.Throws<DivideByZeroException>(() => mersenne.Inverse(0));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_transform_of_X_is_the_known_one(int kernel)
    {
        NttTables tables = new(4096, new PrimeModulus(0xffffee001UL));
        if (!Ntt.CanRun((NttKernel)kernel, tables.Modulus))
        {
            output.WriteLine($"{(NttKernel)kernel} does not run here");
            return;
        }

        ulong[] x = new ulong[4096];
        x[1] = 1;
        Ntt.Forward((NttKernel)kernel, x, tables);
        Assert.Equal([24_250_113UL, 68_695_152_896UL, 38_940_794_085UL], x[..3]);
        Assert.Equal(60_243_494_989UL, x[^1]);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Small_transforms_are_the_values_at_the_odd_powers(int kernel)
    {
        foreach (int degree in new[] { 32, 64, 128 })
        {
            foreach (int bits in new[] { 20, 36, 46, 47, 49, 50, 54, 60, 61 })
            {
                NttTables tables = new(degree, PrimeModulus.Largest(degree, bits, 1)[0]);
                if (!Ntt.CanRun((NttKernel)kernel, tables.Modulus))
                {
                    continue;
                }

                ulong[] coefficients = Residues(tables, seed: degree + bits);
                ulong[] values = [.. coefficients];
                Ntt.Forward((NttKernel)kernel, values, tables);
                Assert.Equal(Slow(coefficients, tables), values);
            }
        }
    }

    [Fact]
    public void Every_body_gives_the_same_bits_on_ordinary_and_on_extreme_residues()
    {
        int compared = 0;
        foreach (int degree in new[] { 32, 64, 256, 1024, 2048, 4096, 8192, 16384, 32768 })
        {
            foreach (int bits in new[] { 30, 36, 39, 46, 47, 48, 49, 50, 55, 60, 61 })
            {
                NttTables tables = new(degree, PrimeModulus.Largest(degree, bits, 1)[0]);
                foreach (ulong[] input in Inputs(tables))
                {
                    ulong[] forward = [.. input];
                    NttScalar.Forward(forward, tables);
                    ulong[] back = [.. forward];
                    NttScalar.Inverse(back, tables);
                    Assert.Equal(input, back);
                    foreach (NttKernel kernel in Enum.GetValues<NttKernel>().Where(k => Ntt.CanRun(k, tables.Modulus)))
                    {
                        ulong[] values = [.. input];
                        Ntt.Forward(kernel, values, tables);
                        Assert.Equal(forward, values);
                        Ntt.Inverse(kernel, values, tables);
                        Assert.Equal(input, values);
                        compared++;
                    }
                }
            }
        }

        output.WriteLine($"{compared} transforms compared");
    }

    [Fact]
    public void Products_of_values_are_negacyclic_products_of_coefficients()
    {
        Gen<(int Degree, int Bits, int Seed)> cases =
            from degree in Gen.Elements(32, 64)
            from bits in Gen.Choose(17, 61)
            from seed in Gen.Choose(0, int.MaxValue)
            select (degree, bits, seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    NttTables tables = new(input.Degree, PrimeModulus.Largest(input.Degree, input.Bits, 1)[0]);
                    PrimeModulus q = tables.Modulus;
                    ulong[] a = Residues(tables, input.Seed);
                    ulong[] b = Residues(tables, input.Seed ^ 1);
                    BigInteger[] expected = new BigInteger[input.Degree];
                    for (int i = 0; i < a.Length; i++)
                    {
                        for (int j = 0; j < b.Length; j++)
                        {
                            int place = (i + j) % input.Degree;
                            expected[place] += (i + j < input.Degree ? 1 : -1) * (BigInteger)a[i] * b[j];
                        }
                    }

                    Ntt.Forward(a, tables);
                    Ntt.Forward(b, tables);
                    ulong[] product = [.. a.Zip(b, q.Multiply)];
                    Ntt.Inverse(product, tables);
                    return product
                        .Zip(expected, (found, exact) => found == ((exact % q.Value) + q.Value) % q.Value)
                        .All(same => same)
                        .Label($"N = {input.Degree}, q = {q}");
                }
            )
            .Holds(output, 200);
    }

    [Fact]
    public void Residues_add_subtract_and_invert_as_big_integers_do()
    {
        Gen<(int Bits, long A, long B)> cases =
            from bits in Gen.Choose(17, 61)
            from a in ArbMap.Default.GeneratorFor<long>()
            from b in ArbMap.Default.GeneratorFor<long>()
            select (bits, a, b);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    PrimeModulus q = PrimeModulus.Largest(32, input.Bits, 1)[0];
                    (ulong a, ulong b) = (q.Of(input.A), q.Of(input.B));
                    BigInteger Mod(BigInteger value) => ((value % q.Value) + q.Value) % q.Value;
                    return (
                        a == Mod(input.A)
                        && q.Add(a, b) == Mod((BigInteger)input.A + input.B)
                        && q.Subtract(a, b) == Mod((BigInteger)input.A - input.B)
                        && q.Negate(a) == Mod(-(BigInteger)input.A)
                        && q.Multiply(a, b) == Mod((BigInteger)input.A * input.B)
                        && q.MultiplyHidden(a, b) == q.Multiply(a, b)
                        && q.MultiplyHidden(q.Value - 1, q.Value - 1) == 1
                        && (a == 0 || q.Multiply(a, q.Inverse(a)) == 1)
                    ).Label($"{a}, {b} mod {q}");
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void Sums_differences_and_products_of_residues_are_those_of_big_integers_in_every_body()
    {
        foreach (int bits in new[] { 17, 36, 47, 50, 51, 60, 61 })
        {
            NttTables tables = new(64, PrimeModulus.Largest(64, bits, 1)[0]);
            PrimeModulus q = tables.Modulus;
            ulong[][] inputs = [.. Inputs(tables), Residues(tables, 7)];
            foreach ((ulong[] a, ulong[] b) in inputs.SelectMany(a => inputs.Select(b => (a, b))))
            {
                ulong[] c = inputs[0];
                ulong[] expected =
                [
                    .. a.Zip(b, c).Select(t => (ulong)((((BigInteger)t.First * t.Second) + t.Third) % q.Value)),
                ];
                foreach (NttKernel kernel in Enum.GetValues<NttKernel>().Where(k => Ntt.CanRun(k, q)))
                {
                    ulong[] sum = [.. c];
                    Pointwise.MultiplyAdd(kernel, a, b, sum, q);
                    Assert.Equal(expected, sum);
                }

                ulong[] added = [.. a];
                Pointwise.Add(added, b, q);
                Assert.Equal(a.Zip(b, q.Add), added);
                Pointwise.Subtract(added, b, q);
                Assert.Equal(a, added);
            }
        }
    }

    public static TheoryData<int> Kernels => [.. Enum.GetValues<NttKernel>().Select(kernel => (int)kernel)];

    // Σ c_i·x^i at x = ψ^(2·brv(j) + 1).
    private static ulong[] Slow(ulong[] coefficients, NttTables tables)
    {
        PrimeModulus q = tables.Modulus;
        int bits = BitOperations.Log2((uint)tables.Degree);
        return
        [
            .. Enumerable
                .Range(0, tables.Degree)
                .Select(j =>
                {
                    ulong point = q.Power(tables.Root, (ulong)((2 * NttTables.Reverse(j, bits)) + 1));
                    return coefficients.Reverse().Aggregate(0UL, (sum, c) => q.Add(q.Multiply(sum, point), c));
                }),
        ];
    }

    private static IEnumerable<ulong[]> Inputs(NttTables tables)
    {
        ulong last = tables.Modulus.Value - 1;
        yield return Residues(tables, tables.Degree);
        yield return [.. Enumerable.Repeat(last, tables.Degree)];
        yield return [.. Enumerable.Range(0, tables.Degree).Select(i => i % 2 == 0 ? last : 0)];
        yield return [.. Enumerable.Range(0, tables.Degree).Select(i => i < tables.Degree / 2 ? last : 1)];
        yield return [.. Enumerable.Repeat(last / 2, tables.Degree)];
        yield return new ulong[tables.Degree];
    }

    private static ulong[] Residues(NttTables tables, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, tables.Degree).Select(_ => (ulong)random.NextInt64((long)tables.Modulus.Value))];
    }
}
