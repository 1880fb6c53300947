using System.ComponentModel;
using System.Diagnostics;

namespace SecureFed.Benchmarks.Peers;

/// <summary>Runs another program that serves as a yardstick.</summary>
internal static class ExternalProgram
{
    /// <summary>Standard output of a program that ends by itself; null when it is not installed or fails.</summary>
    public static string? TryRun(string program, params string[] arguments) =>
        TryRun(new ProcessStartInfo(program, arguments));

    /// <summary>The same, with what else the start needs.</summary>
    public static string? TryRun(ProcessStartInfo info)
    {
        try
        {
            using Process process = Start(info);
            process.StandardInput.Close();
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Starts a program with all three streams redirected.</summary>
    /// <exception cref="Win32Exception">It is not installed.</exception>
    public static Process Start(string program, params string[] arguments) =>
        Start(new ProcessStartInfo(program, arguments));

    private static Process Start(ProcessStartInfo info)
    {
        info.UseShellExecute = false;
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        return Process.Start(info) ?? throw new InvalidOperationException($"{info.FileName} did not start.");
    }
}
