namespace SecureFed;

/// <summary>A log to be verified, read as a stream as often as it is needed.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Open">Opens it at its beginning; the verifier disposes of the stream.</param>
public sealed record AuditSource(string Name, Func<Stream> Open)
{
    /// <summary>A file that nobody writes, or a copy.</summary>
    /// <param name="path">The file.</param>
    public static AuditSource OfFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new AuditSource(path, () => File.OpenRead(path));
    }

    /// <summary>Reads the lines of a log until the first that is not sound. Constant memory.</summary>
    /// <param name="suites">The suites whose signatures can be checked.</param>
    /// <param name="roster">The pinned keys.</param>
    /// <param name="each">Is given every sound line with its bytes, which hold until it returns.</param>
    /// <returns>What is wrong with the first line that is not sound; null when there is none.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public AuditFinding? ReadLines(
        IReadOnlyCollection<Protocol.ProtocolSuite> suites,
        AuditRoster roster,
        Action<AuditLine, ReadOnlyMemory<byte>> each
    )
    {
        ArgumentNullException.ThrowIfNull(suites);
        ArgumentNullException.ThrowIfNull(roster);
        ArgumentNullException.ThrowIfNull(each);
        return Read(new AuditChain(id => suites.FirstOrDefault(suite => suite.Id == id), roster), each);
    }

    internal AuditFinding? Read(AuditChain chain, Action<AuditLine, ReadOnlyMemory<byte>> each)
    {
        using Stream stream = Open();
        AuditLineStream lines = new(stream);
        while (true)
        {
            switch (lines.Next(out ReadOnlyMemory<byte> bytes))
            {
                case AuditLineStream.State.End:
                    return null;

                case AuditLineStream.State.TooLong:
                    return new AuditFinding(
                        AuditFindingKind.TooLong,
                        chain.Events + 1,
                        $"The line is longer than {AuditLine.MaximumSizeInBytes} bytes."
                    );

                case AuditLineStream.State.Incomplete:
                    return AuditLine.IsTorn(bytes, chain.Events)
                        ? new AuditFinding(
                            AuditFindingKind.Incomplete,
                            chain.Events + 1,
                            "The last line is incomplete: its writer crashed or still writes, or the file was cut."
                        )
                        : new AuditFinding(
                            AuditFindingKind.Malformed,
                            chain.Events + 1,
                            "The end of the file is not the beginning of a line."
                        );

                default:
                    break;
            }

            if (chain.Take(bytes, out AuditLine? line) is { } finding)
            {
                return finding.Kind == AuditFindingKind.Removed ? LookFurther(finding, chain.Events, lines) : finding;
            }

            each(line!, bytes);
        }
    }

    // A line that is missing here and stands further down was moved, not removed.
    private static AuditFinding LookFurther(AuditFinding removed, long missing, AuditLineStream lines)
    {
        while (lines.Next(out ReadOnlyMemory<byte> bytes) == AuditLineStream.State.Line)
        {
            if (AuditLine.TryRead(bytes, out _)?.Seq == missing)
            {
                return removed with
                {
                    Kind = AuditFindingKind.Reordered,
                    Explanation = $"Line {missing + 1} stands further down.",
                };
            }
        }

        return removed;
    }
}
