using System.Diagnostics;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The keystream against the command-line program, which anyone can run.</summary>
public sealed class KeystreamAgainstOpenSslTests
{
    [PeerFact("openssl")]
    public void One_mebibyte_of_keystream_is_what_the_openssl_program_prints()
    {
        const int Length = 1 << 20;
        using SecretBytes key = SecretBytes.Generate(32, new HashRandomSource(9));
        byte[] expected = Encrypt(Convert.ToHexString(key.Reveal(SecretAccess.ForPrimitive)), new byte[Length]);

        foreach (string implementation in KeystreamImplementations.LiveNames)
        {
            using MaskKeystream stream = KeystreamImplementations.Create(implementation, key);
            ulong[] lanes = new ulong[Length / sizeof(ulong)];
            stream.AddTo(lanes, firstLane: 0);
            Assert.True(lanes.SelectMany(BitConverter.GetBytes).SequenceEqual(expected), implementation);
        }
    }

    private static byte[] Encrypt(string key, byte[] plaintext)
    {
        ProcessStartInfo start = new("openssl")
        {
            ArgumentList = { "enc", "-aes-256-ctr", "-K", key, "-iv", new string('0', 32) },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task feeding = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(plaintext);
            process.StandardInput.Close();
        });
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        feeding.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }
}
