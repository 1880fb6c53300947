using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What peers did wrong in one attempt, in order: no peer fills a memory with it, or crowds out what others did.</summary>
internal sealed class FaultLog
{
    private readonly List<PeerFault> _kept = [];
    private readonly Dictionary<ParticipantId, int> _keptOf = [];

    /// <summary>The faults that are kept. spec 03-masking#host-1</summary>
    public IReadOnlyList<PeerFault> Kept => _kept;

    /// <summary>How many more there were.</summary>
    public long NotKept { get; private set; }

    public void Add(IEnumerable<PeerFault> faults)
    {
        foreach (PeerFault fault in faults)
        {
            // A client has one peer without a name, its server: the default id.
            ParticipantId who = fault.Who.GetValueOrDefault();
            int keptOf = _keptOf.GetValueOrDefault(who);
            if (_kept.Count == RoundOutcome.MaximumFaults || keptOf == RoundOutcome.MaximumFaultsOfOneParty)
            {
                NotKept++;
                continue;
            }

            _kept.Add(fault);
            _keptOf[who] = keptOf + 1;
        }
    }
}
