using System.Diagnostics;
using System.Reflection;
using SecureFed.Core;

namespace SecureFed.UnitTests.Core.Security;

public sealed class SecretBytesTests
{
    private static readonly byte[] s_example = [1, 2, 3, 4, 250, 251, 252, 253];

    [Fact]
    public void The_bytes_are_wiped_on_disposal()
    {
        SecretBytes secret = SecretBytes.CopyFrom(s_example);
        byte[] memory = MemoryOf(secret);
        Assert.Equal(s_example, memory);

        secret.Dispose();

        Assert.All(memory, value => Assert.Equal(0, value));
        Assert.True(secret.IsDisposed);
    }

    [Fact]
    public void A_wiped_secret_cannot_be_used()
    {
        SecretBytes secret = SecretBytes.CopyFrom(s_example);
        using SecretBytes other = SecretBytes.CopyFrom(s_example);
        secret.Dispose();
        secret.Dispose();

        Assert.Throws<ObjectDisposedException>(() => secret.Reveal(SecretAccess.ForPrimitive).Length);
        Assert.Throws<ObjectDisposedException>(() => secret.Duplicate());
        Assert.Throws<ObjectDisposedException>(() => secret.FixedTimeEquals(other));
        Assert.Throws<ObjectDisposedException>(() => other.FixedTimeEquals(secret));
    }

    [Fact]
    public void A_secret_is_wiped_when_filling_it_fails()
    {
        Assert.Throws<InvalidOperationException>(() =>
            SecretBytes.Create(8, static bytes => throw new InvalidOperationException("the source failed"))
        );
    }

    [Fact]
    public void A_secret_prints_its_type_name_only()
    {
        using SecretBytes secret = SecretBytes.CopyFrom(s_example);

        Assert.Equal("SecretBytes", secret.ToString());
        Assert.Equal("SecretBytes", $"{secret}");
        Assert.Empty(typeof(SecretBytes).GetCustomAttributes<DebuggerDisplayAttribute>());
    }

    [Fact]
    public void Equality_is_by_reference_and_comparison_by_content_takes_a_name()
    {
        using SecretBytes secret = SecretBytes.CopyFrom(s_example);
        using SecretBytes same = secret.Duplicate();
        using SecretBytes shorter = SecretBytes.CopyFrom(s_example.AsSpan(0, 7));
        byte[] changed = (byte[])s_example.Clone();
        changed[7] ^= 1;
        using SecretBytes different = SecretBytes.CopyFrom(changed);

        Assert.False(secret.Equals(same));
        Assert.True(secret.FixedTimeEquals(same));
        Assert.False(secret.FixedTimeEquals(different));
        Assert.False(secret.FixedTimeEquals(shorter));
    }

    [Fact]
    public void Reading_needs_a_purpose()
    {
        using SecretBytes secret = SecretBytes.CopyFrom(s_example);

        Assert.Equal(s_example, secret.Reveal(SecretAccess.ForPrimitive).ToArray());
        Assert.Equal(s_example, secret.Reveal(SecretAccess.ForProtocolReveal).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => secret.Reveal(SecretAccess.None).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => secret.Reveal(default).Length);
    }

    [Fact]
    public void A_duplicate_outlives_its_original()
    {
        SecretBytes secret = SecretBytes.CopyFrom(s_example);
        using SecretBytes copy = secret.Duplicate();

        secret.Dispose();

        Assert.Equal(s_example, copy.Reveal(SecretAccess.ForPrimitive).ToArray());
    }

    [Fact]
    public void A_copied_secret_does_not_follow_its_source()
    {
        byte[] source = (byte[])s_example.Clone();
        using SecretBytes secret = SecretBytes.CopyFrom(source);

        Array.Clear(source);

        Assert.Equal(s_example, secret.Reveal(SecretAccess.ForPrimitive).ToArray());
    }

    [Fact]
    public void Generated_secrets_come_from_the_source_and_differ()
    {
        SeededBytes random = new(1);
        using SecretBytes first = SecretBytes.Generate(32, random);
        using SecretBytes second = SecretBytes.Generate(32, random);

        Assert.Equal(64, random.BytesDrawn);
        Assert.False(first.FixedTimeEquals(second));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(SecretBytes.MaximumLengthInBytes + 1)]
    public void A_secret_has_a_length_in_range(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SecretBytes.Generate(length, new SeededBytes(1)));

    [Fact]
    public void An_empty_secret_does_not_exist() => Assert.Throws<ArgumentException>(() => SecretBytes.CopyFrom([]));

    private static byte[] MemoryOf(SecretBytes secret) =>
        (byte[])
            typeof(SecretBytes).GetField("_block", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(secret)!;
}
