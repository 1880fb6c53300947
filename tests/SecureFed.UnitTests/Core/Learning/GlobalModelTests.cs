using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Learning;

public sealed class GlobalModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(5000)]
    public void The_digest_is_SHA_256_of_the_canonical_encoding(int length)
    {
        GlobalModel model = GlobalModel.Create([.. Enumerable.Range(0, length).Select(i => i * 0.1f)]);

        Assert.Equal(SHA256.HashData(model.ToBytes()), model.Digest.ToArray());
    }

    [Fact]
    public void The_encoding_is_label_length_and_little_endian_floats()
    {
        byte[] bytes = GlobalModel.Create([1f, -2f]).ToBytes();

        byte[] expected = [.. "SecureFed/1 model"u8, 2, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void A_model_read_back_has_the_same_digest()
    {
        GlobalModel model = GlobalModel.Create([1f, -2f, 1e-40f]);

        GlobalModel restored = GlobalModel.FromBytes(model.ToBytes());

        Assert.Equal(model.Digest, restored.Digest);
        Assert.Equal(model.ToArray(), restored.ToArray());
    }

    [Fact]
    public void Models_that_differ_in_one_weight_have_different_digests() =>
        Assert.NotEqual(GlobalModel.Create([1f, 2f]).Digest, GlobalModel.Create([1f, 2.0000002f]).Digest);

    [Fact]
    public void Negative_zero_is_zero() =>
        Assert.Equal(GlobalModel.Create([0f]).Digest, GlobalModel.Create([-0f]).Digest);

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(24)]
    [InlineData(26)]
    public void Bytes_of_another_length_are_not_a_model(int length)
    {
        byte[] bytes = GlobalModel.Create([1f]).ToBytes();
        Array.Resize(ref bytes, length);

        Assert.Throws<FormatException>(() => GlobalModel.FromBytes(bytes));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(-0f)]
    public void An_encoding_that_is_not_canonical_is_not_read(float weight)
    {
        byte[] bytes = GlobalModel.Create([1f]).ToBytes();
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), weight);

        Assert.Throws<FormatException>(() => GlobalModel.FromBytes(bytes));
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_refused_with_its_index()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => GlobalModel.Create([1f, float.NaN]));

        Assert.Contains("Weight 1 of 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_weights_is_refused() => Assert.Throws<ArgumentException>(() => GlobalModel.Create([]));

    [Fact]
    public void Later_changes_of_the_given_array_do_not_reach_the_model()
    {
        float[] weights = [1f];
        GlobalModel model = GlobalModel.Create(weights);

        weights[0] = 2f;

        Assert.Equal(1f, model.Weights[0]);
    }
}
