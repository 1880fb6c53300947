using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SecureFed.Core;

namespace SecureFed.ArchitectureTests;

/// <summary>
/// Where randomness may come from, checked on the built assemblies: masks, keys, shares and salts come from the
/// RandomSource port only. spec 06-security#entropy-1, spec 06-security#entropy-2
/// </summary>
public sealed class EntropyTests
{
    private static readonly string[] s_ambientEntropy =
    [
        "System.Guid::NewGuid",
        "System.Guid::CreateVersion7",
        "System.DateTime::get_Now",
        "System.DateTime::get_UtcNow",
        "System.DateTime::get_Today",
        "System.DateTimeOffset::get_Now",
        "System.DateTimeOffset::get_UtcNow",
        "System.Environment::get_TickCount",
        "System.Environment::get_TickCount64",
        "System.Diagnostics.Stopwatch::GetTimestamp",
        "System.IO.Path::GetRandomFileName",
    ];

    // The one adapter of the port to the operating system.
    private const string SystemSource = "SystemRandomSource";

    public static TheoryData<string> Projects => [.. SourceProjects.Names];

    public static TheoryData<string> SansIoProjects => [.. SourceProjects.SansIo];

    [Theory]
    [MemberData(nameof(Projects))]
    public void CRY_03_No_method_of_src_uses_statistical_or_ambient_randomness(string project) =>
        Assert.DoesNotContain(IlScan.Of(SourceProjects.PathOf(project)), use => IsAmbientEntropy(use));

    [Theory]
    [InlineData("SecureFed.Core")]
    [InlineData("SecureFed.Protocol")]
    [InlineData("SecureFed.Crypto")]
    [InlineData("SecureFed.Crypto.BouncyCastle")]
    public void CRY_03_No_hash_code_is_taken_outside_of_GetHashCode(string project) =>
        Assert.DoesNotContain(IlScan.Of(SourceProjects.PathOf(project)), use => IsHashCodeAsEntropy(use));

    [Theory]
    [MemberData(nameof(Projects))]
    public void CRY_03_The_generator_of_the_operating_system_is_called_by_one_adapter_only(string project)
    {
        IEnumerable<MemberUse> direct = IlScan
            .Of(SourceProjects.PathOf(project))
            .Where(use => use.Type == "System.Security.Cryptography.RandomNumberGenerator")
            .Where(use => !use.Caller.Contains(SystemSource, StringComparison.Ordinal));

        Findings.None(direct);
    }

    [Theory]
    [MemberData(nameof(SansIoProjects))]
    public void A_sans_IO_assembly_uses_no_banned_symbol(string project)
    {
        BannedSymbols banned = BannedSymbols.Read("BannedSymbols.txt", "BannedSymbols.SansIo.txt");

        Assert.DoesNotContain(IlScan.Of(SourceProjects.PathOf(project)), use => banned.Forbids(use));
    }

    [Theory]
    [InlineData(nameof(Probe.FromRandom))]
    [InlineData(nameof(Probe.FromGuid))]
    [InlineData(nameof(Probe.FromClock))]
    [InlineData(nameof(Probe.FromTicks))]
    public void CRY_03_The_scan_finds_a_probe_that_uses_ambient_randomness(string method) =>
        Assert.Contains(UsesOfTheProbe(method), IsAmbientEntropy);

    [Theory]
    [InlineData(nameof(Probe.FromObjectHash))]
    [InlineData(nameof(Probe.FromRuntimeHash))]
    public void CRY_03_The_scan_finds_a_probe_that_uses_a_hash_code(string method) =>
        Assert.Contains(UsesOfTheProbe(method), IsHashCodeAsEntropy);

    [Theory]
    [InlineData(nameof(Probe.FromRandom))]
    [InlineData(nameof(Probe.FromClock))]
    [InlineData(nameof(Probe.FromFile))]
    public void The_scan_finds_a_probe_that_uses_a_banned_symbol(string method)
    {
        BannedSymbols banned = BannedSymbols.Read("BannedSymbols.txt", "BannedSymbols.SansIo.txt");

        Assert.Contains(UsesOfTheProbe(method), banned.Forbids);
    }

    [Fact]
    public void CRY_03_The_scan_lets_the_port_pass()
    {
        IReadOnlyList<MemberUse> uses = UsesOfTheProbe(nameof(Probe.FromPort));

        Assert.Contains(uses, use => use.Type == typeof(RandomSource).FullName);
        Assert.DoesNotContain(uses, use => IsAmbientEntropy(use) || IsHashCodeAsEntropy(use));
    }

    private static bool IsAmbientEntropy(MemberUse use) =>
        use.Type == "System.Random" || s_ambientEntropy.Contains($"{use.Type}::{use.Member}");

    private static bool IsHashCodeAsEntropy(MemberUse use) =>
        (use.Member == nameof(GetHashCode) || use.Type == "System.HashCode") && use.CallerMethod != nameof(GetHashCode);

    private static IReadOnlyList<MemberUse> UsesOfTheProbe(string method) =>
        [
            .. IlScan
                .Of(typeof(Probe).Assembly.Location)
                .Where(use => use.Caller == $"{typeof(Probe).FullName}::{method}"),
        ];

    /// <summary>What the scans must find. Never called.</summary>
    private static class Probe
    {
        public static int FromRandom() => new Random(1).Next();

        public static byte[] FromGuid() => Guid.NewGuid().ToByteArray();

        [SuppressMessage("Performance", "CA1806", Justification = "A probe.")]
        public static long FromClock() => DateTime.UtcNow.Ticks;

        public static long FromTicks() => Environment.TickCount64;

        public static int FromObjectHash(object anything) => anything.GetHashCode();

        public static int FromRuntimeHash(object anything) => RuntimeHelpers.GetHashCode(anything);

        public static byte[] FromFile(string path) => File.ReadAllBytes(path);

        public static void FromPort(RandomSource source, byte[] bytes) => source.Fill(bytes);
    }
}
