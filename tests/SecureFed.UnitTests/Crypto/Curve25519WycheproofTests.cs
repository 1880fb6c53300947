using System.Text.Json;
using SecureFed.Core;
using SecureFed.Crypto.BouncyCastle;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Crypto;

/// <summary>Project Wycheproof's vectors for the primitives of SF-X25519-CC20-1, all through the library's own entry points.</summary>
public sealed class Curve25519WycheproofTests
{
    private const string Folder = "vectors/wycheproof/";
    private static readonly ProtocolSuite s_suite = Curve25519Suite.Instance;

    [SharedFact(Folder + "x25519_test.json")]
    public void Agreement_is_as_wanted_in_all_518_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((_, JsonElement test) in Tests("x25519_test"))
        {
            string[] flags = [.. test.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()!)];
            bool isRefused = !CheckAgreement(test);

            // Acceptable are: points on the twist, which are agreed with, and these two, which are refused.
            Assert.Equal(flags.Contains("NonCanonicalPublic") || flags.Contains("ZeroSharedSecret"), isRefused);
            Count(counts, test.Text("result") + (isRefused ? ": refused" : ": agreed"));
        }

        Assert.Equal(
            new()
            {
                ["valid: agreed"] = 264,
                ["acceptable: agreed"] = 210,
                ["acceptable: refused"] = 44,
            },
            counts
        );
    }

    [SharedFact(Folder + "ed25519_test.json")]
    public void Signatures_are_judged_as_wanted_in_all_151_cases()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("ed25519_test"))
        {
            byte[] key = group.GetProperty("publicKey").Hex("pk");
            bool isVerified = s_suite.VerifySignature(key, test.Hex("msg"), test.Hex("sig"));

            Assert.True(s_suite.IsValidSigningPublicKey(key));
            Count(counts, test.Text("result") + (isVerified ? ": verified" : ": refused"));
        }

        Assert.Equal(new() { ["valid: verified"] = 88, ["invalid: refused"] = 63 }, counts);
    }

    [SharedFact(Folder + "chacha20_poly1305_test.json")]
    public void Sealing_is_as_wanted_in_all_cases_with_a_12_byte_nonce()
    {
        Dictionary<string, int> counts = [];
        foreach ((JsonElement group, JsonElement test) in Tests("chacha20_poly1305_test"))
        {
            Assert.Equal(128, group.GetProperty("tagSize").GetInt32());
            if (group.GetProperty("ivSize").GetInt32() != 96)
            {
                Count(counts, "another nonce");
                continue;
            }

            byte[] plaintext = test.Hex("msg");
            byte[] wanted = [.. test.Hex("ct"), .. test.Hex("tag")];
            byte[] opened = new byte[plaintext.Length];
            bool isOpened = ChaChaSealing.TryOpen(test.Hex("key"), test.Hex("iv"), test.Hex("aad"), wanted, opened);
            if (test.Text("result") == "valid")
            {
                byte[] ciphertext = new byte[wanted.Length];
                ChaChaSealing.Seal(test.Hex("key"), test.Hex("iv"), test.Hex("aad"), plaintext, ciphertext);
                Assert.Equal(wanted, ciphertext);
                Assert.Equal(plaintext, opened);
            }

            Assert.All(isOpened ? [] : opened, value => Assert.Equal(0, value));
            Count(counts, test.Text("result") + (isOpened ? ": opened" : ": refused"));
        }

        Assert.Equal(
            new()
            {
                ["valid: opened"] = 256,
                ["invalid: refused"] = 60,
                ["another nonce"] = 9,
            },
            counts
        );
    }

    /// <summary>Whether there was an agreement; a secret other than the vector's fails the test.</summary>
    private static bool CheckAgreement(JsonElement test)
    {
        using SecretBytes privateKey = SecretBytes.CopyFrom(test.Hex("private"));
        using AgreementKeyPair? own = s_suite.TryImportPrivateKey(privateKey);
        Assert.NotNull(own);
        byte[] publicKey = test.Hex("public");
        using SecretBytes? shared = s_suite.TryAgree(own, publicKey);
        Assert.Equal(shared is not null, s_suite.IsValidAgreementPublicKey(publicKey));
        if (shared is null)
        {
            return false;
        }

        Assert.Equal(test.Hex("shared"), shared.Reveal(SecretAccess.ForPrimitive).ToArray());
        return true;
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
