using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace SecureFed.Benchmarks.Peers;

/// <summary>numpy.average over K weighted vectors, in a process that stays up and measures once for each line it is sent.</summary>
internal sealed class NumpyAverage : IDisposable
{
    private const string Script = """
        import sys, time
        import numpy
        k, d = int(sys.argv[1]), int(sys.argv[2])
        x = numpy.full((k, d), 0.5, numpy.float32)
        w = numpy.arange(1, k + 1).astype(numpy.float32)
        print("ready", flush=True)
        for _ in sys.stdin:
            start = time.thread_time()
            numpy.average(x, axis=0, weights=w)
            print(time.thread_time() - start, flush=True)
        """;

    private readonly Process _process;

    private NumpyAverage(Process process) => _process = process;

    /// <summary>Starts it; null when there is no Python with numpy.</summary>
    public static NumpyAverage? TryStart(int vectors, int length)
    {
        foreach (string python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                Process process = ExternalProgram.Start(
                    python,
                    "-c",
                    Script,
                    vectors.ToString(CultureInfo.InvariantCulture),
                    length.ToString(CultureInfo.InvariantCulture)
                );
                if (process.StandardOutput.ReadLine() == "ready")
                {
                    return new NumpyAverage(process);
                }

                process.Dispose();
            }
            catch (Win32Exception)
            {
                // The next candidate.
            }
        }

        return null;
    }

    /// <summary>Thread seconds of one average.</summary>
    public double Seconds()
    {
        _process.StandardInput.WriteLine();
        _process.StandardInput.Flush();
        string? answer = _process.StandardOutput.ReadLine();
        return double.TryParse(answer, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            ? seconds
            : throw new InvalidOperationException("numpy stopped answering");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(5000);
        _process.Dispose();
    }
}
