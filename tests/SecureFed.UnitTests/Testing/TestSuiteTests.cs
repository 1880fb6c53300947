using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.UnitTests.Crypto;

namespace SecureFed.UnitTests.Testing;

/// <summary>The toy suite keeps the contract of the real ones, and never mixes with them.</summary>
public sealed class TestSuiteTests : ProtocolSuiteContract
{
    private int _signers;

    protected override ProtocolSuite Suite => TestSuite.Instance;

    protected override IEnumerable<byte[]> InvalidAgreementKeysOfTheRightSize =>
        [
            new byte[32],
            [.. "SF TEST-ONLY toy element"u8, 0, 0, 0, 0, 0, 0, 0, 0],
            [.. "SF TEST-ONLY toy element"u8, 1, 0, 0, 0, 0, 0, 0, 0],
            [.. "SF TEST-ONLY toy element"u8, .. BitConverter.GetBytes((1UL << 61) - 2)],
            [.. "SF TEST-ONLY toy element"u8, .. BitConverter.GetBytes((1UL << 61) - 1)],
            [.. "SF TEST-ONLY toy Element"u8, 2, 0, 0, 0, 0, 0, 0, 0],
        ];

    protected override ISigner CreateSigner() => new TestSigner($"signer-{_signers++}");

    [Fact]
    public void No_key_of_the_toy_suite_is_one_of_the_real_suite_nor_the_other_way_round()
    {
        using AgreementKeyPair toy = TestSuite.Instance.GenerateKeyPair(new HashRandomSource(1));
        using AgreementKeyPair real = P256Suite.Instance.GenerateKeyPair(new HashRandomSource(1));
        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();

        Assert.False(P256Suite.Instance.IsValidAgreementPublicKey(toy.PublicKey.Span));
        Assert.False(TestSuite.Instance.IsValidAgreementPublicKey(real.PublicKey.Span));
        Assert.False(P256Suite.Instance.IsValidSigningPublicKey(new TestSigner("a").PublicKey.Span));
        Assert.False(TestSuite.Instance.IsValidSigningPublicKey(signer.PublicKey.Span));
    }
}
