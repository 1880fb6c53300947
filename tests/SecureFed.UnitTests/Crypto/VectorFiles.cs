using System.Globalization;
using System.Numerics;
using System.Text.Json;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Crypto;

/// <summary>Reads the vector files of the repository and of the shared folder.</summary>
internal static class VectorFiles
{
    public static JsonElement Spec(params string[] parts) =>
        Read(RepositoryFolders.InRoot(["spec", "vectors", .. parts]));

    public static JsonElement Wycheproof(string name) =>
        Read(RepositoryFolders.InShared("vectors", "wycheproof", name + ".json"));

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    /// <summary>A big-endian hexadecimal number of any length.</summary>
    public static BigInteger Number(this JsonElement element, string name) => Number(element.Text(name));

    public static BigInteger Number(string hex) =>
        BigInteger.Parse("0" + hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>A number as bytes, big-endian, at a fixed width; null when it does not fit or is negative.</summary>
    public static byte[]? FixedWidth(BigInteger value, int width)
    {
        if (value.Sign < 0 || value.GetByteCount(isUnsigned: true) > width)
        {
            return null;
        }

        byte[] bytes = new byte[width];
        byte[] digits = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, width - digits.Length);
        return bytes;
    }

    private static JsonElement Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
