using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>What every suite promises to the protocol. Each adapter runs all of it.</summary>
public abstract class ProtocolSuiteContract
{
    private static readonly byte[] s_context = "context"u8.ToArray();

    protected abstract ProtocolSuite Suite { get; }

    /// <summary>A fresh signer whose public key and signatures belong to the suite.</summary>
    protected abstract ISigner CreateSigner();

    /// <summary>Byte strings of the right size that are no agreement key of the suite.</summary>
    protected abstract IEnumerable<byte[]> InvalidAgreementKeysOfTheRightSize { get; }

    [Fact]
    public void Both_sides_of_an_agreement_get_the_same_secret_and_a_third_party_another()
    {
        using AgreementKeyPair a = Suite.GenerateKeyPair(new HashRandomSource(1));
        using AgreementKeyPair b = Suite.GenerateKeyPair(new HashRandomSource(2));
        using AgreementKeyPair c = Suite.GenerateKeyPair(new HashRandomSource(3));

        using SecretBytes? ab = Suite.TryAgree(a, b.PublicKey.Span);
        using SecretBytes? ba = Suite.TryAgree(b, a.PublicKey.Span);
        using SecretBytes? ac = Suite.TryAgree(a, c.PublicKey.Span);

        Assert.NotNull(ab);
        Assert.NotNull(ba);
        Assert.NotNull(ac);
        Assert.Equal(ProtocolSuite.SecretSizeInBytes, ab.Length);
        Assert.True(ab.FixedTimeEquals(ba));
        Assert.False(ab.FixedTimeEquals(ac));
    }

    [Fact]
    public void A_key_pair_depends_on_the_random_source_only()
    {
        using AgreementKeyPair first = Suite.GenerateKeyPair(new HashRandomSource(7));
        using AgreementKeyPair again = Suite.GenerateKeyPair(new HashRandomSource(7));
        using AgreementKeyPair other = Suite.GenerateKeyPair(new HashRandomSource(8));

        Assert.Equal(first.PublicKey.ToArray(), again.PublicKey.ToArray());
        Assert.NotEqual(first.PublicKey.ToArray(), other.PublicKey.ToArray());
        Assert.Equal(Suite.AgreementPublicKeySizeInBytes, first.PublicKey.Length);
        Assert.True(Suite.IsValidAgreementPublicKey(first.PublicKey.Span));
    }

    [Fact]
    public void A_key_pair_rebuilt_from_its_private_key_agrees_as_the_original()
    {
        using AgreementKeyPair original = Suite.GenerateKeyPair(new HashRandomSource(11));
        using AgreementKeyPair peer = Suite.GenerateKeyPair(new HashRandomSource(12));

        using SecretBytes copy = original.CopyPrivateKey();
        using AgreementKeyPair? rebuilt = Suite.TryImportPrivateKey(copy);

        Assert.NotNull(rebuilt);
        Assert.Equal(ProtocolSuite.SecretSizeInBytes, copy.Length);
        Assert.Equal(original.PublicKey.ToArray(), rebuilt.PublicKey.ToArray());
        using SecretBytes? before = Suite.TryAgree(original, peer.PublicKey.Span);
        using SecretBytes? after = Suite.TryAgree(rebuilt, peer.PublicKey.Span);
        Assert.True(before!.FixedTimeEquals(after!));
    }

    [Fact]
    public void A_disposed_key_pair_gives_nothing_away()
    {
        AgreementKeyPair pair = Suite.GenerateKeyPair(new HashRandomSource(13));
        byte[] publicKey = pair.PublicKey.ToArray();

        pair.Dispose();
        pair.Dispose();

        Assert.Throws<ObjectDisposedException>(pair.CopyPrivateKey);
        Assert.Throws<ObjectDisposedException>(() => Suite.TryAgree(pair, publicKey));
    }

    [Fact]
    public void Importing_a_private_key_copies_it()
    {
        using AgreementKeyPair original = Suite.GenerateKeyPair(new HashRandomSource(14));
        SecretBytes copy = original.CopyPrivateKey();
        using AgreementKeyPair? rebuilt = Suite.TryImportPrivateKey(copy);

        copy.Dispose();

        using SecretBytes stillThere = rebuilt!.CopyPrivateKey();
        using SecretBytes reference = original.CopyPrivateKey();
        Assert.True(stillThere.FixedTimeEquals(reference));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_private_key_of_another_size_is_refused(int size)
    {
        byte[] bytes = new byte[Math.Max(size, 1)];
        bytes.AsSpan().Fill(1);
        using SecretBytes wrong = SecretBytes.CopyFrom(bytes);

        Assert.Null(Suite.TryImportPrivateKey(wrong));
    }

    [Fact]
    public void Agreement_keys_of_every_other_size_are_refused()
    {
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(15));
        byte[] valid = own.PublicKey.ToArray();
        byte[] padded = new byte[200];
        valid.CopyTo(padded, 0);

        for (int size = 0; size <= padded.Length; size++)
        {
            Assert.Equal(size == valid.Length, Suite.IsValidAgreementPublicKey(padded.AsSpan(0, size)));
            if (size != valid.Length)
            {
                Assert.Null(Suite.TryAgree(own, padded.AsSpan(0, size)));
            }
        }
    }

    [Fact]
    public void Invalid_agreement_keys_are_refused_without_an_exception()
    {
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(16));
        int count = 0;
        foreach (byte[] invalid in InvalidAgreementKeysOfTheRightSize)
        {
            Assert.Equal(Suite.AgreementPublicKeySizeInBytes, invalid.Length);
            Assert.False(Suite.IsValidAgreementPublicKey(invalid));
            Assert.Null(Suite.TryAgree(own, invalid));
            count++;
        }

        Assert.True(count > 0);
    }

    [Fact]
    public void Derived_keys_differ_by_label_and_by_input()
    {
        using SecretBytes input = SecretBytes.Generate(32, new HashRandomSource(17));
        using SecretBytes other = SecretBytes.Generate(32, new HashRandomSource(18));

        using SecretBytes first = Suite.DeriveKey(input, "a"u8);
        using SecretBytes again = Suite.DeriveKey(input, "a"u8);
        using SecretBytes otherLabel = Suite.DeriveKey(input, "b"u8);
        using SecretBytes otherInput = Suite.DeriveKey(other, "a"u8);

        Assert.Equal(ProtocolSuite.SecretSizeInBytes, first.Length);
        Assert.True(first.FixedTimeEquals(again));
        Assert.False(first.FixedTimeEquals(otherLabel));
        Assert.False(first.FixedTimeEquals(otherInput));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(4096)]
    public void A_sealed_payload_opens_under_its_key_and_context(int size)
    {
        byte[] plaintext = Payload(size);
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(19));
        byte[] ciphertext = new byte[size + Suite.SealTagSizeInBytes];
        byte[] opened = new byte[size];

        Suite.Seal(key, s_context, plaintext, ciphertext);

        Assert.True(Suite.TryOpen(key, s_context, ciphertext, opened));
        Assert.Equal(plaintext, opened);
        Assert.True(Suite.TryOpen(key, s_context, ciphertext, opened), "opening again is allowed");
    }

    [Fact]
    public void Any_altered_bit_of_a_sealed_payload_is_noticed_and_nothing_is_released()
    {
        byte[] plaintext = Payload(20);
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(20));
        byte[] ciphertext = new byte[plaintext.Length + Suite.SealTagSizeInBytes];
        Suite.Seal(key, s_context, plaintext, ciphertext);
        byte[] opened = new byte[plaintext.Length];

        for (int bit = 0; bit < ciphertext.Length * 8; bit++)
        {
            opened.AsSpan().Fill(0xcc);
            ciphertext[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Suite.TryOpen(key, s_context, ciphertext, opened));
            Assert.All(opened, value => Assert.Equal(0, value));
            ciphertext[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(Suite.TryOpen(key, s_context, ciphertext, opened));
    }

    [Fact]
    public void A_sealed_payload_opens_under_no_other_context_or_key()
    {
        byte[] plaintext = Payload(20);
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(21));
        using SecretBytes otherKey = SecretBytes.Generate(32, new HashRandomSource(22));
        byte[] ciphertext = new byte[plaintext.Length + Suite.SealTagSizeInBytes];
        Suite.Seal(key, s_context, plaintext, ciphertext);
        byte[] opened = new byte[plaintext.Length];

        Assert.False(Suite.TryOpen(key, "another"u8, ciphertext, opened));
        Assert.False(Suite.TryOpen(key, default, ciphertext, opened));
        Assert.False(Suite.TryOpen(otherKey, s_context, ciphertext, opened));
    }

    [Fact]
    public void A_truncated_sealed_payload_is_refused_at_every_length()
    {
        byte[] plaintext = Payload(20);
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(23));
        byte[] ciphertext = new byte[plaintext.Length + Suite.SealTagSizeInBytes];
        Suite.Seal(key, s_context, plaintext, ciphertext);

        for (int size = 0; size < ciphertext.Length; size++)
        {
            byte[] fitting = new byte[Math.Max(size - Suite.SealTagSizeInBytes, 0)];
            Assert.False(Suite.TryOpen(key, s_context, ciphertext.AsSpan(0, size), fitting));
            Assert.False(Suite.TryOpen(key, s_context, ciphertext.AsSpan(0, size), new byte[plaintext.Length]));
        }
    }

    [Fact]
    public void A_sealing_key_seals_once()
    {
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(24));
        byte[] ciphertext = new byte[4 + Suite.SealTagSizeInBytes];
        Suite.Seal(key, s_context, Payload(4), ciphertext);

        Assert.Throws<InvariantViolatedException>(() => Suite.Seal(key, s_context, Payload(4), ciphertext));
    }

    [Fact]
    public void Sealing_needs_a_key_and_a_buffer_of_the_right_size()
    {
        using SecretBytes shortKey = SecretBytes.Generate(16, new HashRandomSource(25));
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(26));
        byte[] ciphertext = new byte[4 + Suite.SealTagSizeInBytes];

        Assert.Throws<ArgumentException>(() => Suite.Seal(shortKey, s_context, Payload(4), ciphertext));
        Assert.Throws<ArgumentException>(() => Suite.Seal(key, s_context, Payload(5), ciphertext));
        Assert.Throws<ArgumentException>(() => Suite.TryOpen(shortKey, s_context, ciphertext, new byte[4]));
        Suite.Seal(key, s_context, Payload(4), ciphertext);
    }

    [Fact]
    public void A_signature_verifies_for_its_message_and_signer_only()
    {
        ISigner signer = CreateSigner();
        ISigner other = CreateSigner();
        byte[] message = Payload(50);

        byte[] signature = signer.Sign(message);

        Assert.Equal(Suite.SigningPublicKeySizeInBytes, signer.PublicKey.Length);
        Assert.Equal(Suite.SignatureSizeInBytes, signature.Length);
        Assert.True(Suite.IsValidSigningPublicKey(signer.PublicKey.Span));
        Assert.True(Suite.VerifySignature(signer.PublicKey.Span, message, signature));
        Assert.False(Suite.VerifySignature(signer.PublicKey.Span, Payload(51), signature));
        Assert.False(Suite.VerifySignature(other.PublicKey.Span, message, signature));
        for (int bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Suite.VerifySignature(signer.PublicKey.Span, message, signature));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_signature_or_signing_key_of_another_size_is_refused()
    {
        ISigner signer = CreateSigner();
        byte[] message = Payload(50);
        byte[] signature = [.. signer.Sign(message), .. new byte[100]];
        byte[] publicKey = [.. signer.PublicKey.Span, .. new byte[100]];

        for (int size = 0; size < signature.Length; size++)
        {
            bool expected = size == Suite.SignatureSizeInBytes;
            Assert.Equal(expected, Suite.VerifySignature(signer.PublicKey.Span, message, signature.AsSpan(0, size)));
        }

        for (int size = 0; size < publicKey.Length; size++)
        {
            bool expected = size == Suite.SigningPublicKeySizeInBytes;
            Assert.Equal(expected, Suite.IsValidSigningPublicKey(publicKey.AsSpan(0, size)));
            Assert.Equal(
                expected,
                Suite.VerifySignature(
                    publicKey.AsSpan(0, size),
                    message,
                    signature.AsSpan(0, Suite.SignatureSizeInBytes)
                )
            );
        }
    }

    [Fact]
    public void The_keystream_is_AES_256_in_counter_mode_from_zero_in_every_suite()
    {
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(27));
        using MaskKeystream stream = Suite.CreateKeystream(key);
        uint[] lanes = new uint[40];

        stream.AddTo(lanes, firstLane: 0);

        byte[] counters = new byte[160];
        for (int block = 0; block < 10; block++)
        {
            counters[(block * 16) + 15] = (byte)block;
        }

        using Aes aes = Aes.Create();
        aes.SetKey(key.Reveal(SecretAccess.ForPrimitive));
        byte[] expected = aes.EncryptEcb(counters, PaddingMode.None);
        Assert.Equal(expected, lanes.SelectMany(BitConverter.GetBytes));
    }

    [Fact]
    public void A_keystream_outlives_the_key_it_was_made_from()
    {
        SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(28));
        using SecretBytes copy = key.Duplicate();
        using MaskKeystream stream = Suite.CreateKeystream(key);
        using MaskKeystream reference = Suite.CreateKeystream(copy);
        uint[] lanes = new uint[64];

        key.Dispose();
        stream.AddTo(lanes, firstLane: 0);
        reference.SubtractFrom(lanes, firstLane: 0);

        Assert.All(lanes, lane => Assert.Equal(0u, lane));
    }

    [Fact]
    public void Any_threshold_of_shares_gives_the_secret_back()
    {
        using SecretBytes secret = SecretBytes.Generate(32, new HashRandomSource(29));
        SecretBytes[] shares = Suite.Split(secret, threshold: 3, holderCount: 5, new HashRandomSource(30));

        Assert.Equal(5, shares.Length);
        foreach (ushort[] xs in new ushort[][] { [1, 2, 3], [5, 3, 1], [2, 4, 5], [4, 1, 3] })
        {
            using SecretBytes combined = Suite.Combine(xs, [.. xs.Select(x => shares[x - 1])]);
            Assert.True(secret.FixedTimeEquals(combined));
        }

        using SecretBytes tooFew = Suite.Combine([1, 2], [shares[0], shares[1]]);
        Assert.False(secret.FixedTimeEquals(tooFew));
    }

    [Fact]
    public void The_suite_has_a_registered_identity()
    {
        Assert.NotEqual(SuiteId.None, Suite.Id);
        Assert.StartsWith("SF-", Suite.Name, StringComparison.Ordinal);
    }

    private static byte[] Payload(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i * 7 % 256))];
}
