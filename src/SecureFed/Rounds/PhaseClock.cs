using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How long a phase took, seen from the server.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Elapsed">Its duration.</param>
public sealed record PhaseTiming(RoundPhase Phase, TimeSpan Elapsed);

/// <summary>Measures phases on a <see cref="TimeProvider"/>.</summary>
internal sealed class PhaseClock(TimeProvider time)
{
    private readonly ImmutableArray<PhaseTiming>.Builder _timings = ImmutableArray.CreateBuilder<PhaseTiming>();
    private RoundPhase _phase = RoundPhase.None;
    private long _since;

    public void Enter(RoundPhase phase)
    {
        if (phase == _phase)
        {
            return;
        }

        long now = time.GetTimestamp();
        if (_phase is not (RoundPhase.None or RoundPhase.Ended))
        {
            _timings.Add(new PhaseTiming(_phase, time.GetElapsedTime(_since, now)));
        }

        (_phase, _since) = (phase, now);
    }

    public ImmutableArray<PhaseTiming> Timings => _timings.ToImmutable();
}
