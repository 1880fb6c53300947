using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Testing;

/// <summary>A client of a simulated round. Not thread-safe.</summary>
public sealed class SimulatedParty
{
    private readonly List<PeerFault> _faults = [];
    private readonly List<DurableRecord> _records = [];

    internal SimulatedParty(int index, ParticipantId id, ISigner signer, EncodedUpdate update, ClientSession session) =>
        (Index, Id, Signer, Update, Session) = (index, id, signer, update, session);

    /// <summary>Its roster index.</summary>
    public int Index { get; }

    /// <summary>Its name.</summary>
    public ParticipantId Id { get; }

    /// <summary>Its long-term key, with which a test can sign what an attacker in its place would.</summary>
    public ISigner Signer { get; }

    /// <summary>Its input.</summary>
    public EncodedUpdate Update { get; }

    /// <summary>Its session.</summary>
    public ClientSession Session { get; }

    /// <summary>Whether it is gone.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>What it reported about the server and its peers.</summary>
    public IReadOnlyList<PeerFault> Faults => _faults;

    /// <summary>What it stored.</summary>
    public IReadOnlyList<DurableRecord> Records => _records;

    /// <summary>How its part ended; null while it goes on.</summary>
    public RoundEnding<ClientReceipt>? Ending { get; private set; }

    /// <summary>Why it left; null while it goes on or when it completed.</summary>
    public AbortReason? Aborted => (Ending as RoundEnding<ClientReceipt>.Aborted)?.Reason;

    /// <summary>Its receipt; null while it goes on or when it left.</summary>
    public ClientReceipt? Receipt => (Ending as RoundEnding<ClientReceipt>.Completed)?.Result;

    internal Step<ClientReceipt> Take(RoundEvent happened)
    {
        Step<ClientReceipt> step = Session.Advance(happened);
        if (step.StoreFirst is { } record)
        {
            _records.Add(record);
        }

        _faults.AddRange(step.Faults);
        Ending ??= step.Ended;
        return step;
    }

    internal void Crash()
    {
        HasCrashed = true;
        Session.Dispose();
    }
}
