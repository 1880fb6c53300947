using System.Diagnostics;
using System.Globalization;

namespace SecureFed.Benchmarks.Measuring;

/// <summary>What the system says about this process and the machine.</summary>
internal static class Machine
{
    /// <summary>Runnable processes of the last minute; not a number where the system does not say.</summary>
    public static double LoadAverage() =>
        File.Exists("/proc/loadavg")
            ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
            : double.NaN;

    /// <summary>The largest resident size of this process since it started or since <see cref="TryResetPeak"/>.</summary>
    public static double PeakResidentBytes() => Status("VmHWM:") ?? Process.GetCurrentProcess().PeakWorkingSet64;

    /// <summary>The resident size of this process now.</summary>
    public static double ResidentBytes() => Status("VmRSS:") ?? Process.GetCurrentProcess().WorkingSet64;

    /// <summary>Lets the peak start anew from the resident size of now; false where the system cannot.</summary>
    public static bool TryResetPeak()
    {
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static double? Status(string key)
    {
        if (!File.Exists("/proc/self/status"))
        {
            return null;
        }

        string? line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(one => one.StartsWith(key, StringComparison.Ordinal));
        return line is null
            ? null
            : 1024
                * double.Parse(
                    line[key.Length..].Replace("kB", string.Empty, StringComparison.Ordinal),
                    CultureInfo.InvariantCulture
                );
    }
}
