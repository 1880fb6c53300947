using System.Text.Json;
using SecureFed.Core;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Core.Updates;

public sealed class ClippedUpdateTests
{
    [Fact]
    public void Each_adversarial_vector_ends_inside_the_ball_and_inner_ones_keep_every_bit()
    {
        string path = RepositoryFolders.InRoot("spec", "vectors", "dp", "i_clip_adversarial.json");
        using JsonDocument table = JsonDocument.Parse(File.ReadAllBytes(path));
        int rows = 0;
        foreach (JsonElement row in table.RootElement.GetProperty("rows").EnumerateArray())
        {
            string id = row.GetProperty("id").GetString()!;
            double clipNorm = ExactArithmetic.ParseHex(row.GetProperty("clip_hex").GetString()!);
            float[] values =
            [
                .. row.GetProperty("vector_hex")
                    .EnumerateArray()
                    .Select(hex => (float)ExactArithmetic.ParseHex(hex.GetString()!)),
            ];

            bool isInside = row.GetProperty("input_exact_norm_le_clip").GetBoolean();
            AssertClipped(values, clipNorm, isInside, id);
            rows++;
        }

        Assert.Equal(36, rows);
    }

    [Theory]
    // 3-4-5 triangles on the sphere, one unit in the last place outside it, and the smallest and largest clip norms.
    [InlineData(new[] { 3f, 4f }, 5.0, true)]
    [InlineData(new[] { 3f, 4.0000005f }, 5.0, false)]
    [InlineData(new[] { 3f, 3.9999998f }, 5.0, true)]
    [InlineData(new[] { 0.6f, 0.8f }, 1.0, false)]
    [InlineData(new[] { -5f }, 5.0, true)]
    [InlineData(new[] { 5f, float.Epsilon }, 5.0, false)]
    [InlineData(new[] { 0f, -0f }, 1.0, true)]
    [InlineData(new[] { 3.4e38f, -3.4e38f, 3.4e38f }, 1.0, false)]
    [InlineData(new[] { 1e-16f, 1e-16f, 1e-44f }, 1e-17, false)]
    [InlineData(new[] { 0.1f }, 0.1, false)] // 0.1f is above the double 0.1
    [InlineData(new[] { 0.1f }, 0.10000000149011612, true)]
    public void The_sphere_itself_is_inside_and_the_next_float_is_not(float[] values, double clipNorm, bool isInside) =>
        AssertClipped(values, clipNorm, isInside, "example");

    [Fact]
    public void A_long_update_is_clipped_as_exactly_as_a_short_one()
    {
        Random random = new(3);
        float[] values = new float[100_003];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.NextDouble() - 0.5);
        }

        AssertClipped(values, 1.0, isInside: false, "long");
        AssertClipped(values, 100.0, isInside: true, "long");
    }

    [Fact]
    public void The_zero_update_stays_zero()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(3, 2, clipNorm: 1, fractionBits: 10);

        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(new float[3]), encoding);

        Assert.False(clipped.WasClipped);
        Assert.All(clipped.Values.ToArray(), value => Assert.Equal(0f, value));
    }

    [Fact]
    public void An_update_of_another_length_than_the_plan_is_refused()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(3, 2, clipNorm: 1, fractionBits: 10);

        UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() =>
            ClippedUpdate.Clip(LocalUpdate.Create(new float[4]), encoding)
        );

        Assert.Equal(UpdateFault.LengthMismatch, refusal.Fault);
    }

    [Fact]
    public void A_weight_above_the_plans_is_refused_and_the_largest_is_not()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(3, 2, clipNorm: 1, fractionBits: 10, maximumWeight: 50);

        UpdateRefusedException refusal = Assert.Throws<UpdateRefusedException>(() =>
            ClippedUpdate.Clip(LocalUpdate.Create(new float[3], weight: 51), encoding)
        );

        Assert.Equal(UpdateFault.WeightOutOfRange, refusal.Fault);
        Assert.DoesNotContain("51", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(50, ClippedUpdate.Clip(LocalUpdate.Create(new float[3], weight: 50), encoding).Weight);
    }

    [Fact]
    public void A_plan_without_weights_ignores_the_weight()
    {
        UpdateEncoding encoding = UpdateEncoding.Create(1, 2, clipNorm: 1, fractionBits: 10);

        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create([0.5f], weight: long.MaxValue), encoding);

        Assert.Equal(512UL, EncodedUpdate.Encode(clipped, new SeededBytes(1)).Values[0]);
    }

    private static void AssertClipped(float[] values, double clipNorm, bool isInside, string what)
    {
        UpdateEncoding encoding = UpdateEncoding.Create(
            values.Length,
            1,
            clipNorm,
            fractionBits: Math.Clamp(30 - Math.ILogB(clipNorm), 0, 60),
            maximumWeight: 0
        );

        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(values), encoding);

        float[] result = clipped.Values.ToArray();
        Assert.Equal(!isInside, clipped.WasClipped);
        Assert.True(ExactArithmetic.NormIsAtMost(result, clipNorm), $"{what}: outside the ball");
        if (isInside)
        {
            Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), result.Select(BitConverter.SingleToInt32Bits));
        }
        else
        {
            Assert.False(ExactArithmetic.NormIsAtMost(result, clipNorm, 999_999, 1_000_000), $"{what}: too short");
        }
    }
}
