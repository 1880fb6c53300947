using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using SecureFed.Core;

namespace SecureFed.Cli;

/// <summary>The inventory as a bill of cryptographic materials, CycloneDX 1.6.</summary>
internal static class CycloneDx
{
    /// <summary>The document.</summary>
    /// <param name="suites">The suites.</param>
    /// <param name="primitives">The primitives of the suite that this version runs.</param>
    public static JsonObject Document(SuiteEntry[] suites, PrimitiveEntry[] primitives)
    {
        const string Library = "securefed";
        string version = typeof(Ring).Assembly.GetName().Version!.ToString(3);
        return new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] = new JsonObject
                {
                    ["type"] = "library",
                    ["bom-ref"] = Library,
                    ["name"] = "SecureFed",
                    ["version"] = version,
                },
            },
            ["components"] = new JsonArray([
                .. suites.Where(suite => suite.Status == "available").Select(Protocol),
                .. primitives.Select(Algorithm),
            ]),
            ["dependencies"] = new JsonArray(
                new JsonObject
                {
                    ["ref"] = Library,
                    ["dependsOn"] = new JsonArray([.. primitives.Select(primitive => (JsonNode)Reference(primitive))]),
                }
            ),
        };
    }

    private static JsonObject Protocol(SuiteEntry suite) =>
        new()
        {
            ["type"] = "cryptographic-asset",
            ["bom-ref"] = $"crypto/suite/{suite.Name}",
            ["name"] = suite.Name,
            ["cryptoProperties"] = new JsonObject
            {
                ["assetType"] = "protocol",
                ["protocolProperties"] = new JsonObject { ["type"] = "other", ["version"] = "1" },
            },
        };

    private static JsonObject Algorithm(PrimitiveEntry primitive)
    {
        CryptoAsset asset = primitive.Asset;
        JsonObject algorithm = new()
        {
            ["primitive"] = asset.Primitive,
            ["parameterSetIdentifier"] = asset.ParameterSet,
            ["executionEnvironment"] = "software-plain-ram",
            ["implementationPlatform"] = Platform(),
            ["certificationLevel"] = new JsonArray("none"),
            ["cryptoFunctions"] = new JsonArray([.. asset.Functions.Select(function => (JsonNode)function)]),
            ["classicalSecurityLevel"] = asset.ClassicalBits,
            ["nistQuantumSecurityLevel"] = asset.QuantumLevel,
        };
        if (asset.Curve is { } curve)
        {
            algorithm["curve"] = curve;
        }

        if (asset.Mode is { } mode)
        {
            algorithm["mode"] = mode;
        }

        JsonObject properties = new() { ["assetType"] = "algorithm", ["algorithmProperties"] = algorithm };
        if (asset.Oid is { } oid)
        {
            properties["oid"] = oid;
        }

        return new JsonObject
        {
            ["type"] = "cryptographic-asset",
            ["bom-ref"] = Reference(primitive),
            ["name"] = primitive.Name,
            ["description"] = $"{primitive.Use}; by {primitive.Implementation}",
            ["cryptoProperties"] = properties,
        };
    }

    private static string Reference(PrimitiveEntry primitive) =>
        "crypto/algorithm/"
        + string.Concat(primitive.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));

    private static string Platform() =>
        RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.X86 => "x86_32",
            Architecture.Arm64 => "armv8-a",
            _ => "other",
        };
}
