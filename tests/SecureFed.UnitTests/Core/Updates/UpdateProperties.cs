using System.Numerics;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class UpdateProperties(ITestOutputHelper output)
{
    [Fact]
    public void INP_02_A_hundred_thousand_updates_keep_the_integer_bound_and_their_direction()
    {
        Random random = new(2);
        SeededBytes rounding = new(3);
        double[] clipNorms = [1.0, 0.1, 1 / 3.0, 7.25];
        for (int trial = 0; trial < 100_000; trial++)
        {
            int length = 1 + random.Next(40);
            double clipNorm = clipNorms[random.Next(clipNorms.Length)];
            UpdateEncoding encoding = UpdateEncoding.Create(length, 10, clipNorm, 12 + random.Next(16));
            // Norms from well inside through just outside to 10^6 times the bound.
            double size =
                clipNorm
                * (trial % 4) switch
                {
                    0 => 1e6,
                    1 => 1.0001,
                    2 => 0.9999,
                    _ => random.NextDouble(),
                };
            float[] values = OfNorm(length, size, random);

            EncodedUpdate encoded = EncodedUpdate.Encode(
                ClippedUpdate.Clip(LocalUpdate.Create(values), encoding),
                rounding
            );

            BigInteger norm = EncodedUpdateTests.Norm(encoded);
            Assert.True(norm <= ExactArithmetic.SquaredNormBound(clipNorm, encoding.FractionBits), $"trial {trial}");
            AssertSameDirection(values, encoded, Math.Min(size, clipNorm), trial);
        }
    }

    [Fact]
    public void Every_element_keeps_the_coordinate_bound_and_the_norm_bound() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    UpdateEncoding encoding = plan.Encoding;
                    EncodedUpdate encoded = Encode(plan, encoding, 0);
                    return EncodedUpdateTests.Norm(encoded) <= (BigInteger)encoding.SquaredNormBound
                        && Enumerable
                            .Range(0, plan.Length)
                            .All(i =>
                                BigInteger.Abs(ExactArithmetic.Signed(encoded.Values[i], encoding.RingBits))
                                <= encoding.CoordinateBound
                            );
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void The_decoded_sum_is_the_sum_of_the_integers() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    UpdateEncoding encoding = plan.Encoding;
                    RingVector sum = new(encoding.Ring, encoding.RingLength);
                    BigInteger[] expected = new BigInteger[encoding.RingLength];
                    for (int participant = 0; participant < plan.Participants; participant++)
                    {
                        EncodedUpdate encoded = Encode(plan, encoding, participant);
                        sum.Add(encoded.Values);
                        for (int i = 0; i < expected.Length; i++)
                        {
                            expected[i] += ExactArithmetic.Signed(encoded.Values[i], encoding.RingBits);
                        }
                    }

                    UpdateSum decoded = new RingSum(
                        encoding,
                        sum,
                        [.. Enumerable.Range(0, plan.Participants).Select(ParticipantId.FromIndex)]
                    ).Decode();
                    return decoded.IsWithinPlan
                        && decoded.Integers().Select(value => (BigInteger)value).SequenceEqual(expected[..plan.Length])
                        && decoded.TotalWeight == (encoding.IsWeighted ? expected[^1] : plan.Participants);
                }
            )
            .Holds(output, 300);

    [Fact]
    public void The_same_bytes_give_the_same_elements() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan => Encode(plan, plan.Encoding, 1).Values.ContentEquals(Encode(plan, plan.Encoding, 1).Values)
            )
            .Holds(output);

    private static EncodedUpdate Encode(PlanCase plan, UpdateEncoding encoding, int participant)
    {
        Random random = new(unchecked(plan.Seed + participant));
        float[] values = OfNorm(plan.Length, plan.ClipNorm * Math.Pow(10, random.Next(-3, 4)), random);
        long weight = encoding.IsWeighted ? random.NextInt64(1, plan.MaximumWeight + 1) : 1;
        return EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(values, weight), encoding),
            new SeededBytes(plan.Seed)
        );
    }

    private static float[] OfNorm(int length, double norm, Random random)
    {
        double[] direction = [.. Enumerable.Range(0, length).Select(_ => (random.NextDouble() * 2) - 1)];
        double current = Math.Sqrt(direction.Sum(value => value * value));
        return [.. direction.Select(value => (float)(value / current * norm))];
    }

    // Each coordinate is within one step of the original direction at the final length, up to what making room took.
    private static void AssertSameDirection(float[] values, EncodedUpdate encoded, double finalNorm, int trial)
    {
        double norm = Math.Sqrt(values.Sum(value => (double)value * value));
        for (int i = 0; i < values.Length; i++)
        {
            double expected = Math.ScaleB(values[i] / norm * finalNorm, encoded.Encoding.FractionBits);
            double actual = (double)ExactArithmetic.Signed(encoded.Values[i], encoded.Encoding.RingBits);
            double room = Math.Abs(expected) * 0.02;
            Assert.True(Math.Abs(actual - expected) <= 1.001 + room, $"trial {trial}, coordinate {i}");
        }
    }
}
