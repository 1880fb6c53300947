using System.Numerics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Core.Kernels;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using SecureFed.UnitTests.Core.Kernels;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Updates;

/// <summary>The public rotation of a compressed round.</summary>
public sealed class HadamardRotationTests(ITestOutputHelper output)
{
    // Subnormal floats lose their digits when they are scaled.
    private const double Underflow = 1e-40;

    private static readonly Digest s_seed = Digest.Of("rotation"u8);

    [Fact]
    public void It_keeps_inner_products_and_is_undone_by_its_inverse()
    {
        Prop.ForAll(
                VectorCase.Arbitrary,
                input =>
                {
                    Digest seed = Digest.Of(BitConverter.GetBytes(input.Seed));
                    float[] x = KernelCases.Floats(input.Length, input.Seed, largest: 4);
                    float[] y = KernelCases.Floats(input.Length, unchecked(input.Seed + 1), largest: 4);
                    float[] rotatedX = HadamardRotation.Rotate(x, seed);
                    float[] rotatedY = HadamardRotation.Rotate(y, seed);
                    double scale = Math.Sqrt(Inner(x, x) * Inner(y, y));
                    bool keeps =
                        Math.Abs(Inner(x, y) - Inner(rotatedX, rotatedY)) <= (1e-6 * scale) + Underflow
                        && Math.Abs(Inner(x, x) - Inner(rotatedX, rotatedX)) <= (1e-6 * Inner(x, x)) + Underflow;

                    float[] back = (float[])rotatedX.Clone();
                    HadamardRotation.RotateBack(back, seed);
                    double tolerance = (1e-6 * Math.Sqrt(Inner(x, x))) + Underflow;
                    bool returns =
                        back.Length == x.Length
                        && x.Zip(back).All(pair => Math.Abs(pair.First - pair.Second) <= tolerance);
                    return (keeps && returns).Label($"{input}: {Inner(x, x):R} and {Inner(rotatedX, rotatedX):R}");
                }
            )
            .Holds(output, 500);
    }

    [Fact]
    public void Another_seed_does_not_undo_it()
    {
        float[] x = KernelCases.Floats(300, 5, largest: 1);
        float[] back = HadamardRotation.Rotate(x, s_seed);
        HadamardRotation.RotateBack(back, Digest.Of("another"u8));
        double difference = x.Zip(back).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
        Assert.True(difference > 0.5 * Inner(x, x), $"{difference} of {Inner(x, x)}");
    }

    [Fact]
    public void A_vector_of_one_coordinate_is_spread_evenly()
    {
        float[] x = new float[4096];
        x[17] = 64;
        Assert.All(HadamardRotation.Rotate(x, s_seed), value => Assert.Equal(1, Math.Abs(value)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4096, 4096)]
    [InlineData(8191, 4096)]
    [InlineData((1 << 28) - 1, 1 << 27)]
    [InlineData(1 << 28, 1 << 28)]
    public void A_window_is_the_largest_power_of_two_in_the_length(int length, int window) =>
        Assert.Equal(window, HadamardRotation.WindowLength(length));

    [Theory]
    [InlineData(300)]
    [InlineData(511)]
    [InlineData(513)]
    public void No_unit_vector_keeps_a_coordinate_above_six_deviations(int length)
    {
        double most = 6 / Math.Sqrt(HadamardRotation.WindowLength(length));
        for (int i = 0; i < length; i++)
        {
            float[] unit = new float[length];
            unit[i] = 1;
            Assert.True(HadamardRotation.Rotate(unit, s_seed).Max(Math.Abs) <= most, $"coordinate {i} of {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(37)]
    [InlineData(256)]
    [InlineData(600)]
    public void It_is_two_windows_of_signs_and_of_the_matrix_written_out(int length)
    {
        float[] x = KernelCases.Floats(length, length, largest: 2);
        double[] expected = [.. x.Select(value => (double)value)];
        int window = HadamardRotation.WindowLength(length);
        Window(expected, 0, window, 0);
        if (window < length)
        {
            Window(expected, length - window, window, window);
        }

        float[] rotated = HadamardRotation.Rotate(x, s_seed);
        double tolerance = 1e-6 * Math.Sqrt(Inner(x, x));
        Assert.All(rotated.Zip(expected), pair => Assert.InRange(pair.First - pair.Second, -tolerance, tolerance));
    }

    // Seed and signs were computed from the specification with another language's SHA-256.
    [Fact]
    public void Seed_and_signs_are_those_of_the_specification()
    {
        Digest seed = RoundDigests.RotationSeed("north", 7, 2, Digest.Of("model"u8));
        Assert.Equal("2c750550b08f90ca05ff1f62b573826e610259857dc99521684090f669466e4b", seed.ToString());

        byte[] signs = Convert.FromHexString(
            "e671c20dcc5e2bc3b21d61a80b0fe10cd466d256e72df8d5e756b2bcf70ddc31"
                + "1a56b0a7834c4caadfb9a9a8630640147fa3abfb6e20889cb3b9b277ffc125bb"
        );
        float[] ones = new float[512];
        Array.Fill(ones, 1);
        float[] expected = new float[512];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = ((signs[i / 8] >> (i % 8)) & 1) == 1 ? -1 : 1;
        }

        // 512 = 2^9: the scale is applied in single precision after whole numbers were added.
        WalshHadamard.Run(expected);
        ScaleFloats.Run(expected, 1 / Math.Sqrt(512), expected);
        Assert.Equal(expected, HadamardRotation.Rotate(ones, seed));
    }

    [Fact]
    public void The_seed_depends_on_everything_that_names_an_attempt()
    {
        Digest model = Digest.Of("model"u8);
        Digest[] seeds =
        [
            RoundDigests.RotationSeed("north", 7, 2, model),
            RoundDigests.RotationSeed("south", 7, 2, model),
            RoundDigests.RotationSeed("north", 8, 2, model),
            RoundDigests.RotationSeed("north", 7, 3, model),
            RoundDigests.RotationSeed("north", 7, 2, Digest.Of("another"u8)),
        ];
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
    }

    private static void Window(double[] values, int start, int length, int firstBit)
    {
        double[] flipped = new double[length];
        for (int i = 0; i < length; i++)
        {
            byte[] block = SHA256.HashData([
                .. "SecureFed/1 rotation signs"u8,
                .. s_seed.ToArray(),
                .. BitConverter.GetBytes((firstBit + i) / 256),
            ]);
            int bit = (firstBit + i) % 256;
            flipped[i] = (block[bit / 8] & (1 << (bit % 8))) != 0 ? -values[start + i] : values[start + i];
        }

        for (int i = 0; i < length; i++)
        {
            double sum = 0;
            for (int j = 0; j < length; j++)
            {
                sum += BitOperations.PopCount((uint)(i & j)) % 2 == 0 ? flipped[j] : -flipped[j];
            }

            values[start + i] = sum / Math.Sqrt(length);
        }
    }

    private static double Inner(float[] x, float[] y) => x.Zip(y).Sum(pair => (double)pair.First * pair.Second);
}
