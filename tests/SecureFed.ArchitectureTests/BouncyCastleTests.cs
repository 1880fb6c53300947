namespace SecureFed.ArchitectureTests;

/// <summary>What of BouncyCastle may run, checked on the built assembly: functions on raw 32-byte keys.</summary>
public sealed class BouncyCastleTests
{
    private const string Adapter = "SecureFed.Crypto.BouncyCastle";

    private static readonly string[] s_used =
    [
        "Org.BouncyCastle.Math.EC.Rfc7748.X25519::GeneratePublicKey",
        "Org.BouncyCastle.Math.EC.Rfc7748.X25519::ScalarMult",
        "Org.BouncyCastle.Math.EC.Rfc8032.Ed25519::GeneratePublicKey",
        "Org.BouncyCastle.Math.EC.Rfc8032.Ed25519::Sign",
        "Org.BouncyCastle.Math.EC.Rfc8032.Ed25519::ValidatePublicKeyFull",
        "Org.BouncyCastle.Math.EC.Rfc8032.Ed25519::Verify",
    ];

    public static TheoryData<string> Projects => [.. SourceProjects.Names];

    [Fact]
    public void The_adapter_calls_X25519_and_Ed25519_and_no_parser_cipher_or_generator() =>
        Assert.Equal(s_used, Uses(Adapter).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_other_project_uses_BouncyCastle(string project) =>
        Assert.True(project == Adapter || !Uses(project).Any(), project);

    private static IEnumerable<string> Uses(string project) =>
        IlScan
            .Of(SourceProjects.PathOf(project))
            .Where(use => use.Type.StartsWith("Org.BouncyCastle", StringComparison.Ordinal))
            .Select(use => $"{use.Type}::{use.Member}");
}
