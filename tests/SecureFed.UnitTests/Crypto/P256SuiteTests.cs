using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The contract, and what is particular to P-256: one point encoding, scalars in [1, n − 1].</summary>
public sealed class P256SuiteTests : ProtocolSuiteContract
{
    private static readonly byte[] s_order = Convert.FromHexString(
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    );

    protected override ProtocolSuite Suite => P256Suite.Instance;

    protected override IEnumerable<byte[]> InvalidAgreementKeysOfTheRightSize
    {
        get
        {
            using AgreementKeyPair pair = Suite.GenerateKeyPair(new HashRandomSource(100));
            byte[] valid = pair.PublicKey.ToArray();
            foreach (byte prefix in new byte[] { 0x00, 0x02, 0x03, 0x05, 0x06, 0x07, 0x84, 0xff })
            {
                byte[] wrong = [.. valid];
                wrong[0] = prefix;
                yield return wrong;
            }

            for (int i = 1; i < valid.Length; i += 8)
            {
                byte[] offCurve = [.. valid];
                offCurve[i] ^= 1;
                yield return offCurve;
            }

            yield return new byte[65];
        }
    }

    protected override ISigner CreateSigner() => EcdsaP256Signer.Generate();

    [Fact]
    public void A_private_key_is_drawn_again_until_it_is_in_range()
    {
        byte[] accepted = new byte[32];
        accepted[31] = 5;
        ScriptedRandomSource random = new(new byte[32], s_order, [.. Enumerable.Repeat((byte)0xff, 32)], accepted);

        using AgreementKeyPair pair = Suite.GenerateKeyPair(random);

        Assert.Equal(4, random.Draws);
        using SecretBytes drawn = pair.CopyPrivateKey();
        using SecretBytes expected = SecretBytes.CopyFrom(accepted);
        Assert.True(drawn.FixedTimeEquals(expected));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xff)]
    public void A_source_that_never_gives_a_key_in_range_is_called_broken(byte value) =>
        Assert.Throws<InvalidOperationException>(() => Suite.GenerateKeyPair(new ConstantRandomSource(value)));

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", false)]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001", true)]
    [InlineData("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", true)]
    [InlineData("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", false)]
    [InlineData("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552", false)]
    [InlineData("ffffffff00000001000000000000000000000000000000000000000000000000", false)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false)]
    [InlineData("8000000000000000000000000000000000000000000000000000000000000000", true)]
    public void Private_keys_are_the_scalars_from_1_to_n_minus_1(string hex, bool isKey)
    {
        using SecretBytes candidate = SecretBytes.CopyFrom(Convert.FromHexString(hex));

        using AgreementKeyPair? pair = Suite.TryImportPrivateKey(candidate);

        Assert.Equal(isKey, pair is not null);
    }

    [Fact]
    public void A_key_pair_of_another_suite_is_the_callers_mistake()
    {
        using ForeignKeyPair foreign = new();
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(101));

        Assert.Throws<ArgumentException>(() => Suite.TryAgree(foreign, own.PublicKey.Span));
    }

    [Fact]
    public void One_key_pair_agrees_from_many_threads_at_once()
    {
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(102));
        AgreementKeyPair[] peers =
        [
            .. Enumerable.Range(0, 16).Select(i => Suite.GenerateKeyPair(new HashRandomSource(200 + i))),
        ];
        bool[] equal = new bool[64];

        Parallel.For(
            0,
            equal.Length,
            i =>
            {
                AgreementKeyPair peer = peers[i % peers.Length];
                using SecretBytes? here = Suite.TryAgree(own, peer.PublicKey.Span);
                using SecretBytes? there = Suite.TryAgree(peer, own.PublicKey.Span);
                equal[i] = here!.FixedTimeEquals(there!);
            }
        );

        Assert.All(equal, Assert.True);
    }

    [Fact]
    public void The_FIPS_suite_differs_in_nothing_but_who_expands_the_masks()
    {
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(103));
        using MaskKeystream fast = P256Suite.Instance.CreateKeystream(key);
        using MaskKeystream platform = P256Suite.Fips.CreateKeystream(key);
        ulong[] lanes = new ulong[5000];

        fast.AddTo(lanes, firstLane: 3);
        platform.SubtractFrom(lanes, firstLane: 3);

        Assert.All(lanes, lane => Assert.Equal(0UL, lane));
        Assert.Equal("platform", P256Suite.Fips.MaskImplementation);
        Assert.Equal(P256Suite.Instance.Id, P256Suite.Fips.Id);
    }

    [Fact]
    public void The_cache_of_peer_points_is_bounded_and_keeps_answering_right()
    {
        PeerKeyCache<ECDiffieHellmanPublicKey> cache = new(P256KeyPair.TryImportPeer, generationCapacity: 4);
        AgreementKeyPair[] peers =
        [
            .. Enumerable.Range(0, 20).Select(i => Suite.GenerateKeyPair(new HashRandomSource(300 + i))),
        ];
        using AgreementKeyPair own = Suite.GenerateKeyPair(new HashRandomSource(104));

        for (int round = 0; round < 3; round++)
        {
            foreach (AgreementKeyPair peer in peers)
            {
                ECDiffieHellmanPublicKey? found = cache.Find(peer.PublicKey.Span);
                Assert.Equal(peer.PublicKey.Span[1..33].ToArray(), found!.ExportParameters().Q.X);
                Assert.True(cache.Count <= 8);
            }
        }

        Assert.Null(cache.Find(new byte[65]));
    }

    [Fact]
    public void A_signer_reads_a_private_key_from_PEM()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using EcdsaP256Signer fromPkcs8 = EcdsaP256Signer.FromPem(key.ExportPkcs8PrivateKeyPem());
        using EcdsaP256Signer fromSec1 = EcdsaP256Signer.FromPem(key.ExportECPrivateKeyPem());
        using EcdsaP256Signer direct = EcdsaP256Signer.FromKey(key);

        Assert.Equal(direct.PublicKey.ToArray(), fromPkcs8.PublicKey.ToArray());
        Assert.Equal(direct.PublicKey.ToArray(), fromSec1.PublicKey.ToArray());
        Assert.True(Suite.VerifySignature(direct.PublicKey.Span, "m"u8, fromPkcs8.Sign("m"u8)));
        Assert.Equal(nameof(EcdsaP256Signer), direct.ToString());
    }

    [Fact]
    public void A_signer_needs_a_private_key_on_P256()
    {
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string publicOnly = p256.ExportSubjectPublicKeyInfoPem();

        Assert.Throws<CryptographicException>(() => EcdsaP256Signer.FromKey(p384));
        Assert.ThrowsAny<CryptographicException>(() => EcdsaP256Signer.FromPem(publicOnly));
        Assert.Throws<ArgumentException>(() => EcdsaP256Signer.FromPem("no key here"));
    }

    [Fact]
    public void The_callers_key_survives_its_signer()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        EcdsaP256Signer.FromKey(key).Dispose();

        Assert.Equal(64, key.SignData("m"u8.ToArray(), HashAlgorithmName.SHA256).Length);
    }

    private sealed class ForeignKeyPair : AgreementKeyPair
    {
        public override ReadOnlyMemory<byte> PublicKey => default;

        public override SecretBytes CopyPrivateKey() => throw new NotSupportedException();

        public override void Dispose() { }
    }
}
