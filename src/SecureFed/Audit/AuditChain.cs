using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Takes the lines of one log in order and refuses the first that does not follow. The writer and the verifier share it.</summary>
/// <remarks>Constant memory. Not thread-safe.</remarks>
internal sealed class AuditChain(Func<SuiteId, ProtocolSuite?> suites, AuditRoster roster)
{
    /// <summary>The first line, once there is one.</summary>
    public AuditEvent.Opened? Owner { get; private set; }

    /// <summary>The suite of the owner's key.</summary>
    public ProtocolSuite? Suite { get; private set; }

    /// <summary>How many lines were taken.</summary>
    public long Events { get; private set; }

    /// <summary>The hash of the last line; zeros before the first.</summary>
    public Digest Head { get; private set; }

    /// <summary>How many lines the last good signature is over.</summary>
    public long SignedEvents { get; private set; }

    /// <summary>The last good signature.</summary>
    public AuditHead? SignedHead { get; private set; }

    /// <summary>Whether the owner's key is the roster's.</summary>
    public bool IsPinned { get; private set; }

    /// <summary>Whether the last lines say that the log was closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Takes a line of a file; null when it is sound, and then it is in <paramref name="line"/>.</summary>
    /// <param name="bytes">Without its line break.</param>
    /// <param name="line">The line as it reads, whether it follows or not; null when it cannot be read.</param>
    public AuditFinding? Take(ReadOnlyMemory<byte> bytes, out AuditLine? line)
    {
        line = AuditLine.TryRead(bytes, out AuditFindingKind problem);
        if (line is null)
        {
            return At(
                problem,
                problem == AuditFindingKind.Altered
                    ? "The line's content does not have the hash that it says."
                    : "This is not a line as an audit log has them."
            );
        }

        return Follow(line);
    }

    /// <summary>Checks that a line follows; then it is the last one.</summary>
    public AuditFinding? Follow(AuditLine line)
    {
        AuditFinding? finding =
            line.Seq > Events
                ? At(
                    AuditFindingKind.Removed,
                    $"Line {Events + 1} is expected here and the line says that it is line {line.Seq + 1}."
                )
            : line.Seq < Events
                ? At(AuditFindingKind.Inserted, $"The line says that it is line {line.Seq + 1}, which came before.")
            : line.Previous != Head
                ? At(
                    AuditFindingKind.Unchained,
                    "The line does not continue the line before: one of both was written anew or is of another log."
                )
            : line.Event switch
            {
                AuditEvent.Opened opened => Open(opened),
                _ when Owner is null => At(AuditFindingKind.WrongOwner, "The first line does not say whose log it is."),
                AuditEvent.Signed signed => Sign(signed),
                _ => null,
            };
        if (finding is null)
        {
            IsClosed = line.Event is AuditEvent.Closed || (IsClosed && line.Event is AuditEvent.Signed);
            Head = line.Hash;
            Events++;
        }

        return finding;
    }

    private AuditFinding At(AuditFindingKind kind, string explanation) => new(kind, Events + 1, explanation);

    private AuditFinding? Open(AuditEvent.Opened opened)
    {
        if (Owner is not null)
        {
            return
                Owner.Owner == opened.Owner
                && Owner.Suite == opened.Suite
                && Owner.PublicKey.Span.SequenceEqual(opened.PublicKey.Span)
                ? null
                : At(
                    AuditFindingKind.WrongOwner,
                    $"The log is of '{Owner.Owner}' and goes on as another owner or key."
                );
        }

        Suite = suites(opened.Suite);
        if (Suite is null || !Suite.IsValidSigningPublicKey(opened.PublicKey.Span))
        {
            return At(AuditFindingKind.WrongOwner, "The first line names no known suite or no key of it.");
        }

        ReadOnlyMemory<byte>? pinned = roster.KeyOf(opened.Owner);
        if (pinned is { } key && !key.Span.SequenceEqual(opened.PublicKey.Span))
        {
            return At(
                AuditFindingKind.WrongOwner,
                $"The key of the first line is not the one that the roster has for '{opened.Owner}'."
            );
        }

        if (pinned is null && roster.Count > 0)
        {
            return At(AuditFindingKind.WrongOwner, $"The roster has no key for '{opened.Owner}'.");
        }

        (Owner, IsPinned) = (opened, pinned is not null);
        return null;
    }

    // The signature is over the line before, so it is a line like any other and its own bytes are in the chain.
    private AuditFinding? Sign(AuditEvent.Signed signed)
    {
        AuditHead head = new(Owner!.Owner, Events - 1, Head, signed.Signature.ToArray());
        if (!head.IsSignedBy(Suite!, Owner.PublicKey.Span))
        {
            return At(
                AuditFindingKind.BadSignature,
                $"The signature is not the owner's over line {Events}: lines after line {SignedEvents} were written anew, or it is of another log."
            );
        }

        (SignedHead, SignedEvents) = (head, Events);
        return null;
    }
}
