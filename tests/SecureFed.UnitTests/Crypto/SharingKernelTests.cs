using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.Kernels;
using SecureFed.Crypto.Sharing;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>Every width and form of the sharing kernels against the scalar form, and that one against the definition.</summary>
[Trait("Suite", "Kernels")]
public sealed class SharingKernelTests
{
    private const int Guard = 8;

    private delegate void Evaluation(ReadOnlySpan<byte> polynomial, int firstPoint, Span<byte> values);

    private delegate void Weighing(ReadOnlySpan<TowerFactor> weights, ReadOnlySpan<SecretBytes> blocks, Span<byte> sum);

    // Vectors of every width run everywhere, in software where the machine lacks them.
    private static Evaluation[] Evaluations =>
        [
            TowerHorner.Evaluate,
            TowerHorner.Wide<Vector512<byte>, Register512, PortableProduct<Vector512<byte>, Register512>>,
            TowerHorner.Wide<Vector256<byte>, Register256, PortableProduct<Vector256<byte>, Register256>>,
            TowerHorner.Wide<Vector128<byte>, Register128, PortableProduct<Vector128<byte>, Register128>>,
            .. Gfni.V512.IsSupported
                ? [TowerHorner.Wide<Vector512<byte>, Register512, InstructionProduct>]
                : (Evaluation[])[],
            .. Gfni.V256.IsSupported
                ? [TowerHorner.Wide<Vector256<byte>, Register256, InstructionProduct>]
                : (Evaluation[])[],
            .. Gfni.IsSupported
                ? [TowerHorner.Wide<Vector128<byte>, Register128, InstructionProduct>]
                : (Evaluation[])[],
        ];

    private static Weighing[] Weighings =>
        [
            TowerSum.Weigh,
            TowerSum.Wide<Vector512<byte>, Register512, PortableProduct<Vector512<byte>, Register512>>,
            TowerSum.Wide<Vector256<byte>, Register256, PortableProduct<Vector256<byte>, Register256>>,
            TowerSum.Wide<Vector128<byte>, Register128, PortableProduct<Vector128<byte>, Register128>>,
            .. Gfni.V512.IsSupported
                ? [TowerSum.Wide<Vector512<byte>, Register512, InstructionProduct>]
                : (Weighing[])[],
            .. Gfni.V256.IsSupported
                ? [TowerSum.Wide<Vector256<byte>, Register256, InstructionProduct>]
                : (Weighing[])[],
            .. Gfni.IsSupported ? [TowerSum.Wide<Vector128<byte>, Register128, InstructionProduct>] : (Weighing[])[],
        ];

    [Fact]
    public void Every_kernel_agrees_with_the_scalar_one_at_every_point_and_that_one_with_the_definition()
    {
        byte[] polynomial = Drawn(3 * 32, seed: 1);
        byte[] expected = new byte[(ushort.MaxValue + 1) * 32];
        TowerHorner.Scalar(polynomial, 0, expected);
        for (int x = 0; x <= ushort.MaxValue; x += x < 300 ? 1 : 64)
        {
            Assert.Equal(SlowField.Evaluate([.. polynomial.Chunk(32)], x), expected.AsSpan(x * 32, 32).ToArray());
        }

        foreach (Evaluation evaluate in Evaluations)
        {
            byte[] values = new byte[expected.Length];
            evaluate(polynomial, 0, values);
            Assert.True(values.AsSpan().SequenceEqual(expected));
        }
    }

    [Fact]
    public void Every_kernel_agrees_with_the_scalar_one_for_every_number_of_points_and_writes_nothing_else()
    {
        foreach (int terms in (int[])[1, 2, 26])
        {
            byte[] polynomial = Drawn(terms * 32, seed: 2);
            foreach (int first in (int[])[1, 250, 256, 65000])
            {
                for (int points = 2; points <= 40; points++)
                {
                    byte[] expected = new byte[points * 32];
                    TowerHorner.Scalar(polynomial, first, expected);
                    foreach (Evaluation evaluate in Evaluations)
                    {
                        byte[] guarded = new byte[expected.Length + (2 * Guard)];
                        guarded.AsSpan().Fill(0xa5);
                        evaluate(polynomial, first, guarded.AsSpan(Guard, expected.Length));

                        Assert.True(guarded.AsSpan(Guard, expected.Length).SequenceEqual(expected));
                        Assert.False(guarded.AsSpan(0, Guard).ContainsAnyExcept((byte)0xa5));
                        Assert.False(guarded.AsSpan(Guard + expected.Length).ContainsAnyExcept((byte)0xa5));
                    }
                }
            }
        }
    }

    [Fact]
    public void Every_kernel_weighs_as_the_scalar_one_for_every_weight_and_that_one_as_the_definition()
    {
        using SecretBytes first = SecretBytes.CopyFrom(Drawn(32, seed: 3));
        using SecretBytes second = SecretBytes.CopyFrom(Drawn(32, seed: 4));
        Weighing[] weighings = Weighings;
        byte[] expected = new byte[32];
        byte[] sum = new byte[32];
        for (int weight = 0; weight <= ushort.MaxValue; weight++)
        {
            ushort other = (ushort)(ushort.MaxValue - weight);
            TowerFactor[] weights = [TowerFactor.Of((ushort)weight), TowerFactor.Of(other)];
            TowerSum.Scalar(weights, [first, second], expected);
            foreach (Weighing weigh in weighings)
            {
                weigh(weights, [first, second], sum);
                Assert.True(sum.AsSpan().SequenceEqual(expected));
            }

            if (weight % 64 == 0 || weight < 300)
            {
                Assert.Equal(Definition(first, weight, second, other), expected);
            }
        }
    }

    [Fact]
    public void A_combiner_used_for_many_secrets_gives_each_of_them_and_another_one_for_other_points_does_not()
    {
        ShareCombiner combiner = P256Suite.Instance.CreateCombiner([7, 2, 5]);
        ShareCombiner elsewhere = P256Suite.Instance.CreateCombiner([7, 2, 4]);
        for (int seed = 0; seed < 100; seed++)
        {
            using SecretBytes secret = SecretBytes.CopyFrom(Drawn(32, seed));
            SecretBytes[] all = ShamirSharing.Split(secret, 3, 7, new HashRandomSource(1000 + seed));
            SecretBytes[] shares = [all[6], all[1], all[4]];
            using SecretBytes combined = combiner.Combine(shares);
            using SecretBytes fresh = P256Suite.Instance.Combine([7, 2, 5], shares);
            using SecretBytes wrong = elsewhere.Combine(shares);

            Assert.True(secret.FixedTimeEquals(combined));
            Assert.True(secret.FixedTimeEquals(fresh));
            Assert.False(secret.FixedTimeEquals(wrong));
            Assert.Throws<ArgumentException>(() => combiner.Combine(all));
            Assert.Throws<ArgumentException>(() => combiner.Combine([all[6], all[1]]));
        }
    }

    [Fact]
    public void Secrets_that_lie_side_by_side_are_wiped_one_by_one()
    {
        SecretBytes[] secrets = SecretBytes.CreateMany(3, 2, bytes => new byte[] { 1, 2, 3, 4, 5, 6 }.CopyTo(bytes));
        ReadOnlySpan<byte> middle = secrets[1].Reveal(SecretAccess.ForPrimitive);
        Assert.Equal([3, 4], middle.ToArray());

        secrets[1].Dispose();

        Assert.Equal([0, 0], middle.ToArray());
        Assert.Throws<ObjectDisposedException>(() => secrets[1].Reveal(SecretAccess.ForPrimitive).Length);
        Assert.Equal([1, 2], secrets[0].Reveal(SecretAccess.ForPrimitive).ToArray());
        Assert.Equal([5, 6], secrets[2].Reveal(SecretAccess.ForPrimitive).ToArray());
    }

    private static byte[] Drawn(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new HashRandomSource(seed).Fill(bytes);
        return bytes;
    }

    private static byte[] Definition(SecretBytes first, int weight, SecretBytes second, int other)
    {
        byte[] sum = new byte[32];
        ReadOnlySpan<byte> a = first.Reveal(SecretAccess.ForPrimitive);
        ReadOnlySpan<byte> b = second.Reveal(SecretAccess.ForPrimitive);
        for (int i = 0; i < sum.Length; i += 2)
        {
            int element =
                SlowField.Multiply16(a[i] | (a[i + 1] << 8), weight)
                ^ SlowField.Multiply16(b[i] | (b[i + 1] << 8), other);
            (sum[i], sum[i + 1]) = ((byte)(element & 255), (byte)(element >> 8));
        }

        return sum;
    }
}
