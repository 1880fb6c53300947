using System.Text;

namespace SecureFed.Samples.Shared;

/// <summary>Writes a page to a file.</summary>
public static class ReportFile
{
    /// <summary>Writes, replacing a file of that name and making the folders on the way.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="page">The text; UTF-8.</param>
    /// <returns>Null when it is written, or else why not: the caller's result is not lost for it.</returns>
    public static DemoException? TryWrite(string path, string page)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(page);
        try
        {
            string full = Path.GetFullPath(path);
            if (Path.GetDirectoryName(full) is { Length: > 0 } folder)
            {
                Directory.CreateDirectory(folder);
            }

            File.WriteAllText(full, page, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            return null;
        }
        catch (Exception failure)
            when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new DemoException(
                DemoExit.Output,
                "report-not-written",
                $"The report page could not be written to '{path}': {failure.Message}",
                "Name another path with --report; the results above are complete.",
                failure
            );
        }
    }
}
