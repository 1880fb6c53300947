using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Crypto;

/// <summary>Project Wycheproof's vectors for the primitives of SF-P256-A256-1, all through the library's own entry points.</summary>
public sealed class WycheproofTests
{
    private const string Folder = "vectors/wycheproof/";
    private static readonly ProtocolSuite s_suite = P256Suite.Instance;

    /// <summary>A named-curve SubjectPublicKeyInfo in DER up to the point; the one form whose point we can carry.</summary>
    private static readonly byte[] s_plainKeyInfo = Convert.FromHexString(
        "3059301306072a8648ce3d020106082a8648ce3d030107034200"
    );

    [SharedFact(Folder + "ecdh_secp256r1_ecpoint_test.json")]
    public void Agreement_with_raw_points_is_as_wanted_in_all_355_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((_, JsonElement test) in Tests("ecdh_secp256r1_ecpoint_test"))
        {
            string verdict = CheckAgreement(test, test.Hex("public"));
            Count(counts, test.Text("result") + ": " + verdict);
        }

        // The one acceptable case is a compressed point, which has no place on our wire.
        Assert.Equal(
            new()
            {
                ["valid: agreed"] = 330,
                ["invalid: refused"] = 24,
                ["acceptable: refused"] = 1,
            },
            counts
        );
    }

    [SharedFact(Folder + "ecdh_secp256r1_test.json")]
    public void Agreement_with_points_out_of_plain_key_infos_is_as_wanted_and_every_other_key_info_is_refused()
    {
        Dictionary<string, int> counts = [];
        foreach ((_, JsonElement test) in Tests("ecdh_secp256r1_test"))
        {
            byte[] keyInfo = test.Hex("public");
            bool isPlain = keyInfo.Length == s_plainKeyInfo.Length + 65 && keyInfo.AsSpan().StartsWith(s_plainKeyInfo);
            Assert.Equal("refused", CheckAgreement(test, keyInfo));
            string verdict = isPlain ? CheckAgreement(test, keyInfo[s_plainKeyInfo.Length..]) : "not representable";
            Count(counts, test.Text("result") + ": " + verdict);
        }

        Assert.Equal(
            new()
            {
                ["valid: agreed"] = 330,
                ["invalid: refused"] = 18,
                ["acceptable: refused"] = 1,
                ["invalid: not representable"] = 34,
                ["acceptable: not representable"] = 229,
            },
            counts
        );
    }

    [SharedFact(Folder + "aes_gcm_test.json")]
    public void Sealing_is_as_wanted_in_all_cases_with_a_12_byte_nonce_and_a_16_byte_tag()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("aes_gcm_test"))
        {
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("tagSize").GetInt32() != 128)
            {
                Count(counts, "another shape");
                continue;
            }

            byte[] plaintext = test.Hex("msg");
            byte[] wanted = [.. test.Hex("ct"), .. test.Hex("tag")];
            byte[] opened = new byte[plaintext.Length];
            bool isOpened = AesGcmSealing.TryOpen(test.Hex("key"), test.Hex("iv"), test.Hex("aad"), wanted, opened);
            if (test.Text("result") == "valid")
            {
                byte[] ciphertext = new byte[wanted.Length];
                AesGcmSealing.Seal(test.Hex("key"), test.Hex("iv"), test.Hex("aad"), plaintext, ciphertext);
                Assert.Equal(wanted, ciphertext);
                Assert.Equal(plaintext, opened);
            }

            Assert.All(isOpened ? [] : opened, value => Assert.Equal(0, value));
            Count(counts, test.Text("result") + (isOpened ? ": opened" : ": refused"));
        }

        Assert.Equal(
            new()
            {
                ["valid: opened"] = 116,
                ["invalid: refused"] = 81,
                ["another shape"] = 119,
            },
            counts
        );
    }

    [SharedFact(Folder + "hkdf_sha256_test.json")]
    public void Key_derivation_is_as_wanted_in_all_86_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((_, JsonElement test) in Tests("hkdf_sha256_test"))
        {
            byte[] derived = new byte[test.GetProperty("size").GetInt32()];
            string verdict = "derived";
            try
            {
                KeyDerivation.Derive(test.Hex("ikm"), test.Hex("salt"), test.Hex("info"), derived);
                Assert.Equal(test.Hex("okm"), derived);
            }
            catch (ArgumentException)
            {
                verdict = "refused";
            }

            Count(counts, test.Text("result") + ": " + verdict);
        }

        Assert.Equal(new() { ["valid: derived"] = 83, ["invalid: refused"] = 3 }, counts);
    }

    [SharedFact(Folder + "hmac_sha256_test.json")]
    public void The_MAC_inside_key_derivation_is_as_wanted_in_all_174_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("hmac_sha256_test"))
        {
            // HKDF's extraction is HMAC under the salt (RFC 5869 section 2.2).
            byte[] mac = new byte[32];
            KeyDerivation.Extract(salt: test.Hex("key"), inputKey: test.Hex("msg"), mac);
            int size = group.GetProperty("tagSize").GetInt32() / 8;
            bool isEqual = CryptographicOperations.FixedTimeEquals(mac.AsSpan(0, size), test.Hex("tag"));
            Count(counts, test.Text("result") + (isEqual ? ": equal" : ": different"));
        }

        Assert.Equal(new() { ["valid: equal"] = 66, ["invalid: different"] = 108 }, counts);
    }

    [SharedFact(Folder + "ecdsa_secp256r1_sha256_p1363_test.json")]
    public void Signatures_of_fixed_size_are_judged_as_wanted_in_all_262_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("ecdsa_secp256r1_sha256_p1363_test"))
        {
            Count(counts, test.Text("result") + Verdict(group, test, test.Hex("sig")));
        }

        Assert.Equal(new() { ["valid: verified"] = 173, ["invalid: refused"] = 89 }, counts);
    }

    [SharedFact(Folder + "ecdsa_secp256r1_sha256_test.json")]
    public void Signatures_in_DER_are_refused_and_their_numbers_are_judged_as_wanted_in_all_484_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("ecdsa_secp256r1_sha256_test"))
        {
            byte[] der = test.Hex("sig");
            Assert.Equal(": refused", Verdict(group, test, der));
            byte[]? fixedSize = FromStrictDer(der);
            string verdict = fixedSize is null ? ": not representable" : Verdict(group, test, fixedSize);
            Count(counts, test.Text("result") + verdict);
        }

        Assert.Equal(174, counts["valid: verified"]);
        Assert.DoesNotContain("invalid: verified", counts.Keys);
        Assert.DoesNotContain("valid: refused", counts.Keys);
        Assert.DoesNotContain("valid: not representable", counts.Keys);
        Assert.Equal(484, counts.Values.Sum());
    }

    /// <summary>"agreed" with the vector's secret, or "refused"; a different secret fails the test.</summary>
    private static string CheckAgreement(JsonElement test, byte[] publicKey)
    {
        byte[] scalar = VectorFiles.FixedWidth(test.Number("private"), 32)!;
        using SecretBytes privateKey = SecretBytes.CopyFrom(scalar);
        using AgreementKeyPair? own = s_suite.TryImportPrivateKey(privateKey);
        Assert.NotNull(own);
        using SecretBytes? shared = s_suite.TryAgree(own, publicKey);
        Assert.Equal(shared is not null, s_suite.IsValidAgreementPublicKey(publicKey));
        if (shared is null)
        {
            return "refused";
        }

        Assert.Equal(test.Hex("shared"), shared.Reveal(SecretAccess.ForPrimitive).ToArray());
        return "agreed";
    }

    private static string Verdict(JsonElement group, JsonElement test, byte[] signature)
    {
        byte[] key = group.GetProperty("publicKey").Hex("uncompressed");
        return s_suite.VerifySignature(key, test.Hex("msg"), signature) ? ": verified" : ": refused";
    }

    /// <summary>r‖s of a signature in strict DER with both numbers in 32 bytes; null otherwise.</summary>
    private static byte[]? FromStrictDer(byte[] der)
    {
        try
        {
            AsnReader outer = new(der, AsnEncodingRules.DER);
            AsnReader numbers = outer.ReadSequence();
            BigInteger r = numbers.ReadInteger();
            BigInteger s = numbers.ReadInteger();
            numbers.ThrowIfNotEmpty();
            outer.ThrowIfNotEmpty();
            byte[]? left = VectorFiles.FixedWidth(r, 32);
            byte[]? right = VectorFiles.FixedWidth(s, 32);
            return left is null || right is null ? null : [.. left, .. right];
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static IEnumerable<(JsonElement Group, JsonElement Test)> Tests(string name)
    {
        JsonElement file = VectorFiles.Wycheproof(name);
        int count = 0;
        foreach (JsonElement group in file.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                count++;
                yield return (group, test);
            }
        }

        Assert.Equal(file.GetProperty("numberOfTests").GetInt32(), count);
    }

    private static void Count(Dictionary<string, int> counts, string what) =>
        counts[what] = counts.GetValueOrDefault(what) + 1;
}
