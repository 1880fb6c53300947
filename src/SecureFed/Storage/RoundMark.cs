using System.Buffers.Binary;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Stores the decisions of one attempt, and keeps a store from holding the results of two attempts of one round. spec 03-masking#guard-5</summary>
/// <remarks>
/// Before the result of an attempt, a mark that names the attempt is stored under a key of the round; the first mark
/// counts. As thread-safe as the store.
/// </remarks>
internal sealed class RoundMark(IRoundStore store, RoundDescriptor descriptor)
{
    private readonly Digest _attempt = RoundDigests.Descriptor(descriptor);
    private readonly Digest _round = KeyOf(descriptor.Federation, descriptor.Round);

    /// <summary>The decisions of the attempt, oldest first, for a server that starts or resumes it.</summary>
    /// <exception cref="InvalidOperationException">Another attempt of the round gave a result.</exception>
    public IReadOnlyList<DurableRecord> Read()
    {
        if (Owner() is { } owner && owner != _attempt)
        {
            throw Over();
        }

        return store.Read(_attempt);
    }

    /// <summary>Refuses to run the attempt from its beginning when the round has a result, also one of this attempt.</summary>
    /// <exception cref="InvalidOperationException">The round has a result.</exception>
    public void RequireNoResult()
    {
        if (Owner() is not null)
        {
            throw Over();
        }
    }

    /// <summary>Appends a decision, and the mark of the round before a result.</summary>
    /// <exception cref="IOException">The record may not be durable, or the round has a result already.</exception>
    public void Append(DurableRecord record)
    {
        if (record.Kind == DurableRecordKind.ServerResult)
        {
            if (Owner() is null)
            {
                store.Append(_round, new DurableRecord(DurableRecordKind.ServerRoundResult, _attempt, default));
            }

            if (Owner() != _attempt || store.Read(_attempt).Any(known => known.Kind == DurableRecordKind.ServerResult))
            {
                throw new IOException($"Round {descriptor.Round} has a result already; this one is dropped.");
            }
        }

        store.Append(_attempt, record);
    }

    /// <summary>The key of a round's mark. spec 05-transport#records-3</summary>
    internal static Digest KeyOf(string federation, ulong round)
    {
        ReadOnlySpan<byte> label = "SecureFed/1 round"u8;
        byte[] content = new byte[label.Length + 8 + Encoding.UTF8.GetByteCount(federation)];
        label.CopyTo(content);
        BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(label.Length), round);
        Encoding.UTF8.GetBytes(federation, content.AsSpan(label.Length + 8));
        return Digest.Of(content);
    }

    private InvalidOperationException Over() =>
        new($"Round {descriptor.Round} has a sum; two sums of one round could be subtracted. Start the next round.");

    private Digest? Owner()
    {
        foreach (DurableRecord record in store.Read(_round))
        {
            return record.Kind == DurableRecordKind.ServerRoundResult
                ? record.Session
                : throw new FormatException(
                    "The mark of a round is damaged: it is a record of another kind. Restore the store from a good copy."
                );
        }

        return null;
    }
}
