using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SecureFed.Benchmarks.Measuring;

/// <summary>Processor time, so that other work on the same cores does not count. Wall time where the system has no such clock.</summary>
internal static partial class CpuClock
{
    private const int OfTheProcess = 2;
    private const int OfTheThread = 3;

    /// <summary>Seconds this thread has computed.</summary>
    public static double Thread() => Read(OfTheThread);

    /// <summary>Seconds all threads of this process have computed.</summary>
    public static double Process() => Read(OfTheProcess);

    private static double Read(int clock) =>
        OperatingSystem.IsLinux() && GetTime(clock, out TimeSpec time) == 0
            ? time.Seconds + (time.Nanoseconds * 1e-9)
            : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
