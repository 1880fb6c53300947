using System.Security.Cryptography;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>primitives.json, every row of it. The counter-mode row is claimed in <see cref="MaskKeystreamTests"/>.</summary>
public sealed class PrimitiveVectorTests
{
    private static readonly ProtocolSuite s_suite = P256Suite.Instance;

    private static JsonElement Primitives => VectorFiles.Spec("security", "vectors", "primitives.json");

    [Fact]
    public void Every_group_of_the_file_is_claimed_by_a_test() =>
        Assert.Equal(
            [
                "aes256ctr_sp800_38a_f55",
                "chacha20_rfc8439_2_3_2",
                "ecdhP256",
                "ecdhP256_leadingZero",
                "ecdhP256_reject",
                "hkdfSha256_rfc5869",
                "source",
            ],
            Primitives.EnumerateObject().Select(group => group.Name).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void HKDF_gives_the_keys_of_RFC_5869()
    {
        JsonElement[] rows = [.. Primitives.GetProperty("hkdfSha256_rfc5869").EnumerateArray()];
        foreach (JsonElement row in rows)
        {
            byte[] extracted = new byte[32];
            byte[] derived = new byte[row.GetProperty("L").GetInt32()];

            KeyDerivation.Extract(row.Hex("salt"), row.Hex("ikm"), extracted);
            KeyDerivation.Derive(row.Hex("ikm"), row.Hex("salt"), row.Hex("info"), derived);

            Assert.Equal(row.Hex("prk"), extracted);
            Assert.Equal(row.Hex("okm"), derived);
        }

        // The third row has an empty salt, as the protocol has: its first 32 bytes come out of the suite itself.
        using SecretBytes input = SecretBytes.CopyFrom(rows[2].Hex("ikm"));
        using SecretBytes key = s_suite.DeriveKey(input, default);
        Assert.Equal(rows[2].Hex("okm")[..32], key.Reveal(SecretAccess.ForPrimitive).ToArray());
    }

    [Fact]
    public void ChaCha20_of_the_platform_gives_the_block_of_RFC_8439()
    {
        JsonElement row = Primitives.GetProperty("chacha20_rfc8439_2_3_2");
        byte[] block = new byte[64];
        if (!ChaCha20Poly1305.IsSupported)
        {
            return;
        }

        // The AEAD encrypts from counter 1 on, which is the vector's.
        Assert.Equal(1, row.GetProperty("counter").GetInt32());
        using ChaCha20Poly1305 aead = new(row.Hex("key"));
        aead.Encrypt(row.Hex("nonce"), new byte[64], block, new byte[16]);

        Assert.Equal(row.Hex("block"), block);
    }

    [Fact]
    public void Agreement_gives_the_published_x_coordinates_from_both_sides_leading_zero_included()
    {
        JsonElement[] rows =
        [
            .. Primitives.GetProperty("ecdhP256").EnumerateArray(),
            .. Primitives.GetProperty("ecdhP256_leadingZero").EnumerateArray(),
        ];
        foreach (JsonElement row in rows)
        {
            using AgreementKeyPair a = Import(row.Hex("dA"));
            using AgreementKeyPair b = Import(row.Hex("dB"));

            using SecretBytes? fromA = s_suite.TryAgree(a, row.Hex("QB"));
            using SecretBytes? fromB = s_suite.TryAgree(b, row.Hex("QA"));

            Assert.Equal(row.Hex("QA"), a.PublicKey.ToArray());
            Assert.Equal(row.Hex("QB"), b.PublicKey.ToArray());
            Assert.Equal(row.Hex("sharedX"), fromA!.Reveal(SecretAccess.ForPrimitive).ToArray());
            Assert.Equal(row.Hex("sharedX"), fromB!.Reveal(SecretAccess.ForPrimitive).ToArray());
        }

        Assert.Equal(6, rows.Length);
        Assert.Equal(0, rows[^1].Hex("sharedX")[0]);
    }

    [Fact]
    public void KEY_06_Points_off_the_curve_and_non_canonical_points_are_refused_without_an_exception()
    {
        using AgreementKeyPair own = s_suite.GenerateKeyPair(new HashRandomSource(1));
        int count = 0;
        foreach (JsonElement row in Primitives.GetProperty("ecdhP256_reject").EnumerateArray())
        {
            Refused(own, row.Hex("point"), row.Text("why"));
            count++;
        }

        Assert.Equal(6, count);
    }

    [Fact]
    public void KEY_06_A_valid_point_in_any_other_encoding_is_refused()
    {
        using AgreementKeyPair own = s_suite.GenerateKeyPair(new HashRandomSource(2));
        using AgreementKeyPair peer = s_suite.GenerateKeyPair(new HashRandomSource(3));
        byte[] point = peer.PublicKey.ToArray();
        byte[] x = point[1..33];
        byte[] y = point[33..];
        byte parity = (byte)(y[^1] & 1);
        using ECDiffieHellman platform = ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = x, Y = y },
            }
        );

        Assert.True(s_suite.IsValidAgreementPublicKey(point));
        Refused(own, [(byte)(2 + parity), .. x], "compressed");
        Refused(own, [(byte)(6 + parity), .. x, .. y], "hybrid");
        Refused(own, [(byte)(2 + parity), .. x, .. y], "compressed prefix on a long point");
        Refused(own, [.. x, .. y], "no prefix");
        Refused(own, point[..^1], "short");
        Refused(own, [.. point, 0], "long");
        Refused(own, [4, .. y, .. x], "coordinates swapped");
        Refused(own, platform.ExportSubjectPublicKeyInfo(), "SubjectPublicKeyInfo");
    }

    [Fact]
    public void KEY_06_The_same_points_are_refused_as_signing_keys()
    {
        foreach (JsonElement row in Primitives.GetProperty("ecdhP256_reject").EnumerateArray())
        {
            Assert.False(s_suite.IsValidSigningPublicKey(row.Hex("point")), row.Text("why"));
            Assert.False(s_suite.VerifySignature(row.Hex("point"), "m"u8, new byte[64]), row.Text("why"));
        }
    }

    private static void Refused(AgreementKeyPair own, byte[] point, string why)
    {
        Assert.False(s_suite.IsValidAgreementPublicKey(point), why);
        Assert.True(s_suite.TryAgree(own, point) is null, why);
        Assert.False(s_suite.IsValidSigningPublicKey(point), why);
    }

    private static AgreementKeyPair Import(byte[] scalar)
    {
        using SecretBytes secret = SecretBytes.CopyFrom(scalar);
        return s_suite.TryImportPrivateKey(secret)!;
    }
}
