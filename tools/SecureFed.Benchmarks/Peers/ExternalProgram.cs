using System.ComponentModel;
using System.Diagnostics;

namespace SecureFed.Benchmarks.Peers;

/// <summary>Runs another program that serves as a yardstick.</summary>
internal static class ExternalProgram
{
    /// <summary>Standard output of a program that ends by itself; null when it is not installed or fails.</summary>
    public static string? TryRun(string program, params string[] arguments)
    {
        try
        {
            using Process process = Start(program, arguments);
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
    public static Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo info = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
    }
}
