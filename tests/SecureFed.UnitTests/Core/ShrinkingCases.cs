using FsCheck;
using FsCheck.Fluent;

namespace SecureFed.UnitTests.Core;

/// <summary>A shape and a seed: what the laws of vectors are tried on. Shrinks to short vectors and narrow rings.</summary>
/// <param name="Length">Number of coordinates.</param>
/// <param name="Bits">b.</param>
/// <param name="Seed">Of the content.</param>
public sealed record VectorCase(int Length, int Bits, int Seed)
{
    public static Arbitrary<VectorCase> Arbitrary { get; } =
        Arb.From(
            from length in Gen.Choose(1, 300)
            from bits in Gen.Choose(2, 64)
            from seed in Gen.Choose(0, int.MaxValue)
            select new VectorCase(length, bits, seed),
            Shrink
        );

    public SecureFed.Core.RingVector Vector(int which)
    {
        SecureFed.Core.RingVector vector = new(new SecureFed.Core.Ring(Bits), Length);
        ulong[] lanes = Kernels.KernelCases.Lanes(Length, unchecked(Seed + (which * 7919)), vector.Ring.Mask);
        for (int i = 0; i < Length; i++)
        {
            vector[i] = lanes[i];
        }

        return vector;
    }

    private static IEnumerable<VectorCase> Shrink(VectorCase large)
    {
        if (large.Length > 1)
        {
            yield return large with
            {
                Length = large.Length / 2,
            };
            yield return large with
            {
                Length = large.Length - 1,
            };
        }

        if (large.Bits > 2)
        {
            yield return large with
            {
                Bits = large.Bits / 2 < 2 ? 2 : large.Bits / 2,
            };
            yield return large with
            {
                Bits = large.Bits - 1,
            };
        }

        if (large.Seed > 0)
        {
            yield return large with
            {
                Seed = large.Seed / 2,
            };
        }
    }
}

/// <summary>A plan and a seed for the updates in it. Shrinks to short updates, few participants and coarse grids.</summary>
/// <param name="Length">d.</param>
/// <param name="Participants">n.</param>
/// <param name="ClipNorm">C.</param>
/// <param name="FractionBits">f.</param>
/// <param name="MaximumWeight">W, or 0.</param>
/// <param name="Seed">Of the updates and of the rounding.</param>
public sealed record PlanCase(
    int Length,
    int Participants,
    double ClipNorm,
    int FractionBits,
    long MaximumWeight,
    int Seed
)
{
    public static Arbitrary<PlanCase> Arbitrary { get; } =
        Arb.From(
            from length in Gen.Choose(1, 80)
            from participants in Gen.Choose(1, 12)
            from clip in Gen.Elements(1.0, 0.1, 3.0, 1 / 3.0, 12.5, 1e-3, 100.0)
            from fraction in Gen.Choose(14, 40)
            from weight in Gen.Elements(0L, 0L, 1L, 7L, 1000L, 1L << 32)
            from seed in Gen.Choose(0, int.MaxValue)
            select new PlanCase(length, participants, clip, fraction, weight, seed),
            Shrink
        );

    public SecureFed.Core.UpdateEncoding Encoding =>
        SecureFed.Core.UpdateEncoding.Create(Length, Participants, ClipNorm, FractionBits, MaximumWeight);

    private static IEnumerable<PlanCase> Shrink(PlanCase large)
    {
        if (large.Length > 1)
        {
            yield return large with
            {
                Length = large.Length / 2,
            };
            yield return large with
            {
                Length = large.Length - 1,
            };
        }

        if (large.Participants > 1)
        {
            yield return large with
            {
                Participants = large.Participants / 2,
            };
            yield return large with
            {
                Participants = large.Participants - 1,
            };
        }

        if (large.FractionBits > 14)
        {
            yield return large with
            {
                FractionBits = large.FractionBits - 1,
            };
        }

        if (large.MaximumWeight > 0)
        {
            yield return large with
            {
                MaximumWeight = large.MaximumWeight / 2,
            };
        }

        if (large.ClipNorm is not 1.0)
        {
            yield return large with
            {
                ClipNorm = 1.0,
            };
        }

        if (large.Seed > 0)
        {
            yield return large with
            {
                Seed = large.Seed / 2,
            };
        }
    }
}
