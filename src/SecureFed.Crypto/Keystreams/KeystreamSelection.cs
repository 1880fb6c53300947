using SecureFed.Core;
using SecureFed.Crypto.Kernels;
using SecureFed.Protocol;

namespace SecureFed.Crypto.Keystreams;

/// <summary>Which implementation of the keystream a suite uses. Every one passes a known answer before its first use.</summary>
internal sealed class KeystreamSelection
{
    private readonly Lazy<bool> _useAesNi;

    private KeystreamSelection(bool mayUseAesNi)
    {
        _useAesNi = new Lazy<bool>(() =>
        {
            // The kernel that fails is not used; the platform's AES has to pass, or no mask is made at all.
            Invariant.Check(GivesKnownAnswer(Platform), "the platform's AES-256 gives the published answer");
            return mayUseAesNi && AesNiCounter.IsSupported && GivesKnownAnswer(AesNi);
        });
    }

    /// <summary>A way to make a keystream from a key and the counter of its block 0.</summary>
    internal delegate MaskKeystream Factory(SecretBytes key, UInt128 firstCounter);

    /// <summary>AES-NI where the processor has it and it gives the known answer, else the platform.</summary>
    public static KeystreamSelection Fastest { get; } = new(mayUseAesNi: true);

    /// <summary>The platform's AES always: FIPS mode.</summary>
    public static KeystreamSelection PlatformOnly { get; } = new(mayUseAesNi: false);

    /// <summary>What the FIPS switch asks for; read once.</summary>
    public static KeystreamSelection OfThisProcess { get; } =
        AppContext.TryGetSwitch(P256Suite.FipsSwitchName, out bool isFips) && isFips ? PlatformOnly : Fastest;

    /// <summary>For a report.</summary>
    public string ImplementationName => _useAesNi.Value ? "AES-NI" : "platform";

    /// <summary>The stream under <paramref name="key"/>, counters from zero.</summary>
    public MaskKeystream Create(SecretBytes key) => _useAesNi.Value ? AesNi(key, 0) : Platform(key, 0);

    internal static MaskKeystream Platform(SecretBytes key, UInt128 firstCounter) =>
        new PlatformKeystream(key, firstCounter);

    internal static MaskKeystream AesNi(SecretBytes key, UInt128 firstCounter) => new AesNiKeystream(key, firstCounter);

    /// <summary>NIST SP 800-38A F.5.5, over enough lanes that the interleaved path, the single blocks and a seek all run.</summary>
    internal static bool GivesKnownAnswer(Factory create)
    {
        ReadOnlySpan<byte> key =
        [
            0x60,
            0x3d,
            0xeb,
            0x10,
            0x15,
            0xca,
            0x71,
            0xbe,
            0x2b,
            0x73,
            0xae,
            0xf0,
            0x85,
            0x7d,
            0x77,
            0x81,
            0x1f,
            0x35,
            0x2c,
            0x07,
            0x3b,
            0x61,
            0x08,
            0xd7,
            0x2d,
            0x98,
            0x10,
            0xa3,
            0x09,
            0x14,
            0xdf,
            0xf4,
        ];
        ReadOnlySpan<ulong> expected =
        [
            0x3316_1759_f17d_df0b,
            0x02c5_60c8_158b_9a5e,
            0x0619_6153_9d69_6e5a,
            0x947b_658f_3c86_3354,
            0x5d0d_6101_9c2c_c11b,
            0x62ca_8e37_a3d6_8b0d,
            0xb136_3569_c8e1_5629,
            0xb676_15a3_739c_e9be,
        ];
        UInt128 firstCounter = new(upper: 0xf0f1_f2f3_f4f5_f6f7, lower: 0xf8f9_fafb_fcfd_feff);
        using SecretBytes secret = SecretBytes.CopyFrom(key);

        // 32 blocks at once, of which the published four come first, last (seen from four blocks earlier) and in the middle.
        for (int blocksBefore = 0; blocksBefore <= 28; blocksBefore++)
        {
            ulong[] lanes = new ulong[2 * 32];
            using MaskKeystream stream = create(secret, firstCounter - (UInt128)blocksBefore);
            stream.AddTo(lanes, firstLane: 0);
            if (!lanes.AsSpan(2 * blocksBefore, expected.Length).SequenceEqual(expected))
            {
                return false;
            }
        }

        // Three narrow lanes from the middle of a block on; taken away from themselves they leave nothing.
        uint[] narrow =
        [
            (uint)(expected[3] & uint.MaxValue),
            (uint)(expected[3] >> 32),
            (uint)(expected[4] & uint.MaxValue),
        ];
        using MaskKeystream sought = create(secret, firstCounter);
        sought.SubtractFrom(narrow, firstLane: 6);
        return !narrow.AsSpan().ContainsAnyExcept(0u);
    }
}
