using System.Numerics;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Crypto.BouncyCastle;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The contract, and what is particular to Curve25519: one encoding of keys, no small orders.</summary>
public sealed class Curve25519SuiteTests : ProtocolSuiteContract
{
    private static readonly BigInteger s_p = BigInteger.Pow(2, 255) - 19;

    /// <summary>d of edwards25519 (RFC 8032 section 5.1): −121665/121666.</summary>
    private static readonly BigInteger s_d = Mod(-121665 * Inverse(121666));

    protected override ProtocolSuite Suite => Curve25519Suite.Instance;

    protected override IEnumerable<byte[]> InvalidAgreementKeysOfTheRightSize
    {
        get
        {
            foreach (BigInteger u in SmallOrderCoordinates())
            {
                yield return Bytes(u);
                yield return WithTopBit(Bytes(u));
            }

            for (BigInteger u = s_p; u < BigInteger.Pow(2, 255); u++)
            {
                yield return Bytes(u);
                yield return WithTopBit(Bytes(u));
            }

            using AgreementKeyPair pair = Suite.GenerateKeyPair(new HashRandomSource(100));
            yield return WithTopBit(pair.PublicKey.ToArray());
        }
    }

    protected override ISigner CreateSigner() => Ed25519Signer.Generate();

    [Fact]
    public void The_largest_and_smallest_canonical_coordinates_that_are_not_of_small_order_are_keys()
    {
        Assert.True(Suite.IsValidAgreementPublicKey(Bytes(2)));
        Assert.True(Suite.IsValidAgreementPublicKey(Bytes(9)));
        Assert.True(Suite.IsValidAgreementPublicKey(Bytes(s_p - 2)));
        Assert.False(Suite.IsValidAgreementPublicKey(Bytes(s_p - 1)));
    }

    [Fact]
    public void The_coordinates_refused_as_small_orders_are_the_ones_that_X25519_maps_to_zero()
    {
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(101));
        X25519KeyPair pair = Assert.IsType<X25519KeyPair>(own);

        // Behind the encoding check, where the second guard stands.
        Assert.All(SmallOrderCoordinates(), u => Assert.Null(pair.Agree(Bytes(u))));
        using SecretBytes? other = pair.Agree(Bytes(9));
        Assert.NotNull(other);
    }

    [Fact]
    public void Every_32_bytes_are_a_private_key_and_stay_as_they_are()
    {
        foreach (byte value in new byte[] { 0x00, 0x01, 0x7f, 0xff })
        {
            using SecretBytes bytes = SecretBytes.Create(32, destination => destination.Fill(value));
            using AgreementKeyPair? pair = Suite.TryImportPrivateKey(bytes);

            using SecretBytes copy = pair!.CopyPrivateKey();
            Assert.True(bytes.FixedTimeEquals(copy));
            Assert.True(Suite.IsValidAgreementPublicKey(pair.PublicKey.Span));
        }
    }

    [Fact]
    public void Agreement_gives_the_answer_of_RFC_7748_section_6_1()
    {
        using SecretBytes privateKey = SecretBytes.CopyFrom(
            Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        );
        using AgreementKeyPair? alice = Suite.TryImportPrivateKey(privateKey);
        byte[] bob = Convert.FromHexString("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");

        using SecretBytes? shared = Suite.TryAgree(alice!, bob);

        Assert.Equal(
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            Convert.ToHexStringLower(alice!.PublicKey.Span)
        );
        Assert.Equal(
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
            Convert.ToHexStringLower(shared!.Reveal(SecretAccess.ForPrimitive))
        );
    }

    [Fact]
    public void A_key_pair_of_another_suite_is_the_callers_mistake()
    {
        using AgreementKeyPair foreign = P256Suite.Instance.GenerateKeyPair(new HashRandomSource(102));
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(103));

        Assert.Throws<ArgumentException>(() => Suite.TryAgree(foreign, own.PublicKey.Span));
    }

    [Fact]
    public void A_signing_key_of_small_order_is_refused_and_verifies_nothing()
    {
        // R and S of the signature that fits every message under the neutral element: R neutral, S zero.
        byte[] forged = [.. Bytes(1), .. new byte[32]];
        foreach (BigInteger y in SmallOrderY())
        {
            foreach (byte[] key in new[] { Bytes(y), WithTopBit(Bytes(y)) })
            {
                Assert.False(Suite.IsValidSigningPublicKey(key));
                for (byte i = 0; i < 16; i++)
                {
                    Assert.False(Suite.VerifySignature(key, [i], forged));
                }
            }
        }
    }

    [Fact]
    public void A_signing_key_that_is_not_canonical_is_refused_and_verifies_nothing()
    {
        byte[] forged = [.. Bytes(1), .. new byte[32]];
        for (BigInteger y = s_p; y < BigInteger.Pow(2, 255); y++)
        {
            foreach (byte[] key in new[] { Bytes(y), WithTopBit(Bytes(y)) })
            {
                Assert.False(Suite.IsValidSigningPublicKey(key));
                Assert.False(Suite.VerifySignature(key, "m"u8, forged));
            }
        }
    }

    [Fact]
    public void Of_small_y_only_points_of_prime_order_are_signing_keys()
    {
        int keys = 0;
        for (int y = 2; y < 200; y++)
        {
            bool isPoint = RecoverX(y) is not null;
            bool isKey = Suite.IsValidSigningPublicKey(Bytes(y));
            Assert.True(isPoint || !isKey, $"y = {y} is no point");
            keys += isKey ? 1 : 0;
        }

        // One point in eight is in the subgroup, and half of the coordinates are points.
        Assert.InRange(keys, 2, 40);
    }

    [Fact]
    public void A_key_with_a_component_of_small_order_is_no_signing_key()
    {
        using Ed25519Signer signer = Ed25519Signer.Generate(new HashRandomSource(104));

        // Adding the point (0, −1) of order 2 negates both coordinates.
        byte[] bytes = signer.PublicKey.ToArray();
        bool sign = (bytes[31] & 0x80) != 0;
        bytes[31] &= 0x7f;
        byte[] mixed = Bytes(s_p - new BigInteger(bytes, isUnsigned: true));
        if (!sign)
        {
            mixed[31] |= 0x80;
        }

        Assert.True(Suite.IsValidSigningPublicKey(signer.PublicKey.Span));
        Assert.False(Suite.IsValidSigningPublicKey(mixed));
    }

    [Fact]
    public void A_signer_gives_the_answer_of_RFC_8032_section_7_1()
    {
        using SecretBytes seed = SecretBytes.CopyFrom(
            Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        );
        using Ed25519Signer signer = Ed25519Signer.FromPrivateKey(seed);

        Assert.Equal(
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            Convert.ToHexStringLower(signer.PublicKey.Span)
        );
        Assert.Equal(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            Convert.ToHexStringLower(signer.Sign([]))
        );
        Assert.Equal(nameof(Ed25519Signer), signer.ToString());
    }

    [Fact]
    public void A_signer_takes_a_seed_of_32_bytes_and_is_silent_after_disposal()
    {
        using SecretBytes expanded = SecretBytes.Generate(64, new HashRandomSource(105));
        Ed25519Signer signer = Ed25519Signer.Generate();

        signer.Dispose();
        signer.Dispose();

        Assert.Throws<ArgumentException>(() => Ed25519Signer.FromPrivateKey(expanded));
        Assert.Throws<ObjectDisposedException>(() => signer.Sign("m"u8));
    }

    [Fact]
    public void The_second_form_of_a_signature_with_S_plus_L_is_refused()
    {
        BigInteger order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);
        using Ed25519Signer signer = Ed25519Signer.Generate(new HashRandomSource(106));
        byte[] signature = signer.Sign("m"u8);
        BigInteger s = new(signature.AsSpan(32), isUnsigned: true);

        byte[] second = [.. signature[..32], .. Bytes(s + order)];

        Assert.True(Suite.VerifySignature(signer.PublicKey.Span, "m"u8, signature));
        Assert.False(Suite.VerifySignature(signer.PublicKey.Span, "m"u8, second));
    }

    [Fact]
    public void The_masks_are_those_of_the_other_suite()
    {
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(107));
        using MaskKeystream here = Curve25519Suite.Instance.CreateKeystream(key);
        using MaskKeystream there = P256Suite.Fips.CreateKeystream(key);
        ulong[] lanes = new ulong[1000];

        here.AddTo(lanes, firstLane: 3);
        there.SubtractFrom(lanes, firstLane: 3);

        Assert.All(lanes, lane => Assert.Equal(0UL, lane));
        Assert.Equal(P256Suite.Instance.MaskImplementation, Curve25519Suite.Instance.MaskImplementation);
    }

    private static IEnumerable<BigInteger> SmallOrderCoordinates()
    {
        // u = (1 + y) / (1 − y) of the points of order 4 and 8 on the Edwards form, and 0, 1, −1 by definition.
        yield return 0;
        yield return 1;
        yield return s_p - 1;
        foreach (BigInteger y in OrderEightY())
        {
            yield return Mod((1 + y) * Inverse(Mod(1 - y)));
        }
    }

    private static IEnumerable<BigInteger> SmallOrderY() => [0, 1, s_p - 1, .. OrderEightY()];

    /// <summary>Doubling a point of order 8 gives y = 0, so x² + y² = 0: with the curve equation d·y⁴ + 2·y² − 1 = 0.</summary>
    private static IEnumerable<BigInteger> OrderEightY()
    {
        // −x² + y² = 1 + d·x²·y² with x² = −y²: 2y² = 1 − d·y⁴.
        BigInteger root = SquareRoot(Mod(1 + s_d))!.Value;
        foreach (BigInteger signed in new[] { root, Mod(-root) })
        {
            BigInteger square = Mod((-1 + signed) * Inverse(s_d));
            if (SquareRoot(square) is { } y)
            {
                yield return y;
                yield return Mod(-y);
            }
        }
    }

    private static BigInteger? RecoverX(BigInteger y)
    {
        BigInteger square = Mod(y * y);
        return SquareRoot(Mod((square - 1) * Inverse(Mod((s_d * square) + 1))));
    }

    private static BigInteger? SquareRoot(BigInteger square)
    {
        BigInteger root = BigInteger.ModPow(square, (s_p + 3) / 8, s_p);
        if (Mod((root * root) - square) != 0)
        {
            root = Mod(root * BigInteger.ModPow(2, (s_p - 1) / 4, s_p));
        }

        return Mod((root * root) - square) == 0 ? root : null;
    }

    private static BigInteger Inverse(BigInteger value) => BigInteger.ModPow(value, s_p - 2, s_p);

    private static BigInteger Mod(BigInteger value) => ((value % s_p) + s_p) % s_p;

    private static byte[] Bytes(BigInteger value)
    {
        byte[] bytes = new byte[32];
        Assert.True(value.TryWriteBytes(bytes, out _, isUnsigned: true));
        return bytes;
    }

    private static byte[] WithTopBit(byte[] bytes)
    {
        bytes[31] |= 0x80;
        return bytes;
    }
}
