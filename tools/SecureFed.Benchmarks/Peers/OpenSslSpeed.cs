using System.Globalization;

namespace SecureFed.Benchmarks.Peers;

/// <summary>The rate of AES-256-CTR that OpenSSL reaches on one core: the yardstick of everything that expands masks.</summary>
internal static class OpenSslSpeed
{
    /// <summary>Bytes per processor second in blocks of 16,384 bytes, measured for one second.</summary>
    /// <exception cref="InvalidOperationException">There is no openssl on this machine.</exception>
    public static double BytesPerSecond()
    {
        string? output = ExternalProgram.TryRun(
            "openssl",
            "speed",
            "-mr",
            "-seconds",
            "1",
            "-bytes",
            "16384",
            "-evp",
            "aes-256-ctr"
        );

        // The machine-readable line is "+F:number:AES-256-CTR:rate".
        string? line = output?.Split('\n').FirstOrDefault(one => one.StartsWith("+F:", StringComparison.Ordinal));
        return
            line is not null
            && double.TryParse(line.Split(':')[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double rate)
            ? rate
            : throw new InvalidOperationException("openssl speed gave no rate");
    }
}
