using System.Text.Json;
using SecureFed.Tests.Shared;

namespace SecureFed.VectorTests;

/// <summary>No vector without a test: a file or a case that nobody runs looks like evidence and is none.</summary>
public class VectorClaimTests
{
    // Which test source runs a file, relative to tests/.
    private static readonly Dictionary<string, string> s_claims = new(StringComparer.Ordinal)
    {
        ["dp/i_clip_adversarial.json"] = "SecureFed.UnitTests/Core/Updates/ClippedUpdateTests.cs",
        ["masking/graphs.json"] = "SecureFed.VectorTests/MaskingVectorFile.cs",
        ["masking/refusals.json"] = "SecureFed.VectorTests/MaskingVectorFile.cs",
        ["masking/rounds.json"] = "SecureFed.VectorTests/MaskingVectorFile.cs",
        ["noise/layers.json"] = "SecureFed.UnitTests/Protocol/Masking/RemovableLayerTests.cs",
        ["noise/samples.json"] = "SecureFed.UnitTests/Privacy/DiscreteGaussianSamplerTests.cs",
        ["security/cases.json"] = "SecureFed.VectorTests/VectorClaimTests.cs",
        ["security/vectors/primitives.json"] = "SecureFed.UnitTests/Crypto/PrimitiveVectorTests.cs",
        ["security/vectors/shamir.json"] = "SecureFed.UnitTests/Crypto/SharingVectorTests.cs",
        ["security/wire-corpus.json"] = "SecureFed.UnitTests/Protocol/Messages/WireCorpusTests.cs",
        ["security/wycheproof.json"] = "SecureFed.UnitTests/Crypto/WycheproofTests.cs",
        ["sharing/gf2p16.json"] = "SecureFed.UnitTests/Crypto/SharingVectorTests.cs",
    };

    // Parts that this version does not have.
    private static readonly string[] s_later = ["HE"];

    [Fact]
    public void Every_vector_file_is_claimed_by_a_test_that_names_it()
    {
        string root = RepositoryFolders.InRoot("spec", "vectors");
        string[] files =
        [
            .. Directory
                .EnumerateFiles(root, "*.json", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(s_claims.Keys.Order(StringComparer.Ordinal), files);
        foreach ((string file, string source) in s_claims)
        {
            Assert.Contains(
                Path.GetFileNameWithoutExtension(file),
                File.ReadAllText(RepositoryFolders.InRoot("tests", source)),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void Every_security_case_of_a_part_that_exists_has_a_test_of_its_name()
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(RepositoryFolders.InRoot("spec", "vectors", "security", "cases.json"))
        );
        string[] ids =
        [
            .. document
                .RootElement.GetProperty("cases")
                .EnumerateArray()
                .Select(entry => entry.GetProperty("id").GetString()!),
        ];
        string tests = string.Concat(
            Directory
                .EnumerateFiles(RepositoryFolders.InRoot("tests"), "*.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText)
        );

        Assert.NotEmpty(ids);
        string[] untested =
        [
            .. ids.Where(id =>
                !s_later.Contains(id.Split('-')[0])
                && !tests.Contains($"{id.Replace('-', '_')}_", StringComparison.Ordinal)
            ),
        ];
        Assert.Equal([], untested);
        Assert.All(s_later, part => Assert.Contains(ids, id => id.StartsWith($"{part}-", StringComparison.Ordinal)));
    }
}
