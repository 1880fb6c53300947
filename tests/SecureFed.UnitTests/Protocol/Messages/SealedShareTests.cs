using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class SealedShareTests
{
    private static readonly byte[] s_keyShare = [.. Enumerable.Repeat((byte)1, 32)];
    private static readonly byte[] s_keySalt = [.. Enumerable.Repeat((byte)2, 16)];
    private static readonly byte[] s_seedShare = [.. Enumerable.Repeat((byte)3, 32)];
    private static readonly byte[] s_seedSalt = [.. Enumerable.Repeat((byte)4, 16)];

    [Fact]
    public void What_is_written_is_read_and_has_the_specified_layout()
    {
        byte[] plaintext = Written();

        bool read = SealedShare.TryRead(plaintext, 0x0102, 0x0304, out var a, out var b, out var c, out var d);

        Assert.True(read);
        Assert.True(a.SequenceEqual(s_keyShare) && b.SequenceEqual(s_keySalt));
        Assert.True(c.SequenceEqual(s_seedShare) && d.SequenceEqual(s_seedSalt));
        Assert.Equal([2, 1, 4, 3, .. s_keyShare, .. s_keySalt, .. s_seedShare, .. s_seedSalt], plaintext);
    }

    [Fact]
    public void Other_parties_inside_or_another_size_are_refused()
    {
        byte[] plaintext = Written();

        Assert.False(SealedShare.TryRead(plaintext, 0x0103, 0x0304, out _, out _, out _, out _));
        Assert.False(SealedShare.TryRead(plaintext, 0x0102, 0x0305, out _, out _, out _, out _));
        Assert.False(SealedShare.TryRead(plaintext, 0x0304, 0x0102, out _, out _, out _, out _));
        Assert.False(SealedShare.TryRead(plaintext.AsSpan(0, 99), 0x0102, 0x0304, out _, out _, out _, out _));
        Assert.False(SealedShare.TryRead([.. plaintext, 0], 0x0102, 0x0304, out _, out _, out _, out _));
        Assert.False(SealedShare.TryRead([], 0, 0, out _, out _, out _, out _));
    }

    [Fact]
    public void Parts_of_another_size_cannot_be_written()
    {
        byte[] plaintext = new byte[100];

        Assert.Throws<ArgumentException>(() =>
            SealedShare.Write(plaintext, 1, 2, s_keySalt, s_keySalt, s_seedShare, s_seedSalt)
        );
        Assert.Throws<ArgumentException>(() =>
            SealedShare.Write(plaintext.AsSpan(1), 1, 2, s_keyShare, s_keySalt, s_seedShare, s_seedSalt)
        );
    }

    private static byte[] Written()
    {
        byte[] plaintext = new byte[SealedShare.PlaintextSizeInBytes];
        SealedShare.Write(plaintext, 0x0102, 0x0304, s_keyShare, s_keySalt, s_seedShare, s_seedSalt);
        return plaintext;
    }
}
