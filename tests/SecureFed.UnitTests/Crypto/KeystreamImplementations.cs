using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;
using SecureFed.Crypto.Keystreams;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The keystream implementations that are live in this process, and a reference that shares no code with them.</summary>
public static class KeystreamImplementations
{
    public const string Platform = "platform";
    public const string AesNi = "AES-NI";

    /// <summary>Theory data: the platform's always, the kernel's where the processor has the instructions.</summary>
    public static TheoryData<string> Live => [.. LiveNames];

    internal static IReadOnlyList<string> LiveNames => AesNiCounter.IsSupported ? [Platform, AesNi] : [Platform];

    internal static MaskKeystream Create(string implementation, SecretBytes key, UInt128 firstCounter = default) =>
        implementation switch
        {
            Platform => KeystreamSelection.Platform(key, firstCounter),
            AesNi => KeystreamSelection.AesNi(key, firstCounter),
            _ => throw new ArgumentOutOfRangeException(nameof(implementation)),
        };

    /// <summary>Blocks first … first + count − 1 of AES-256-CTR, one counter block after the other.</summary>
    internal static byte[] Reference(SecretBytes key, UInt128 firstCounter, int blocks)
    {
        byte[] counters = new byte[blocks * 16];
        for (int block = 0; block < blocks; block++)
        {
            UInt128 counter = firstCounter + (UInt128)block;
            for (int i = 15; i >= 0; i--)
            {
                counters[(block * 16) + i] = (byte)(counter & 0xff);
                counter >>= 8;
            }
        }

        using Aes aes = Aes.Create();
        aes.SetKey(key.Reveal(SecretAccess.ForPrimitive));
        return aes.EncryptEcb(counters, PaddingMode.None);
    }
}
