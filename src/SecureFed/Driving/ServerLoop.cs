using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>One run of a server driver.</summary>
internal sealed class ServerLoop : IDisposable
{
    private readonly ServerRun _run;
    private readonly ServerSession _session;
    private readonly Step<AggregateResult> _resumed;
    private readonly SessionPump<AggregateResult> _pump;
    private readonly AuditTrail? _trail;
    private readonly Inbox<ServerInbound?> _inbox;
    private readonly Queue<RoundEvent> _next = new();
    private readonly RoundTraffic _traffic = new();
    private readonly PhaseClock _clock;
    private RoundPhase _phase = RoundPhase.None;
    private long _phaseStarted;
    private int _reportedCount = -1;

    public ServerLoop(ServerRun run)
    {
        _run = run;
        RoundMark decisions = new(run.Store, run.Descriptor);
        ServerSetup setup = new()
        {
            Descriptor = run.Descriptor,
            Suite = run.Suite,
            Splitter = run.Splitter,
            Sampling = NoiseShare.Sample,
        };
        IReadOnlyList<DurableRecord> decided = decisions.Read();
        if (decided.Count == 0)
        {
            SessionPump.RequireAllowed(run.Descriptor, run.Gate);
        }

        _session = SchemeSessions.Server(setup, decided, out _resumed);
        _trail = run.Audit is null
            ? null
            : new AuditTrail(run.Audit, run.Descriptor, run.Gate, isResumed: decided.Count > 0);
        _pump = new SessionPump<AggregateResult>(
            _session,
            record =>
            {
                SessionPump.ChargeServer(run.Descriptor, run.Gate, record);
                decisions.Append(record);
            },
            _trail
        );
        // One message of every party, if the host was too busy to take them in time.
        _inbox = new Inbox<ServerInbound?>(run.Transport.ReceiveAsync, run.Time, run.Descriptor.Roster.Length);
        _clock = new PhaseClock(run.Time);
    }

    private TimeSpan Remaining => _run.Deadlines.For(_phase) - _run.Time.GetElapsedTime(_phaseStarted);

    public async Task<RoundOutcome> ToTheEndAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<OutgoingMessage> outgoing = _pump.Carry(_resumed);
        while (true)
        {
            EnterPhase();
            await SendAsync(outgoing).ConfigureAwait(false);
            if (_pump.Ending is { } ending)
            {
                AuditTrail.HandOut(_trail, _run.AuditHeadTo);
                return RoundOutcome.Of(
                    ending,
                    new RoundReport
                    {
                        Descriptor = _run.Descriptor,
                        MinimumContributorsForMetrics =
                            _run.MinimumContributorsForMetrics ?? _run.Descriptor.MinimumSurvivors,
                        Faults = _pump.Faults,
                        Timings = _clock.Timings,
                        Traffic = _traffic,
                    }
                );
            }

            Report();
            if (!_next.TryDequeue(out RoundEvent? happened))
            {
                happened = await WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            outgoing = _pump.Take(happened);
        }
    }

    public void Dispose()
    {
        _inbox.Dispose();
        _session.Dispose();
    }

    private void EnterPhase()
    {
        _clock.Enter(_session.Phase);
        if (_session.Phase != _phase)
        {
            _phase = _session.Phase;
            _phaseStarted = _run.Time.GetTimestamp();
            _reportedCount = -1;
        }
    }

    private async ValueTask<RoundEvent> WaitAsync(CancellationToken cancellationToken)
    {
        (WaitResult result, ServerInbound? inbound) = await _inbox
            .NextAsync(Remaining, cancellationToken)
            .ConfigureAwait(false);
        if (inbound is ServerInbound.Message message)
        {
            _traffic.AddToServer(message.From, message.Bytes.Length);
            return new RoundEvent.Received(message.From, message.Bytes);
        }

        return (result, inbound) switch
        {
            (WaitResult.TimedOut, _) => new RoundEvent.PhaseEnded(_phase),
            (WaitResult.Arrived, ServerInbound.Disconnected gone) => new RoundEvent.Disconnected(gone.From),
            (_, _) => new RoundEvent.Stopped(AbortReason.Cancelled),
        };
    }

    // Not under the caller's token: an abort is announced also when cancellation caused it. Bounded by a deadline instead.
    private async ValueTask SendAsync(ImmutableArray<OutgoingMessage> messages)
    {
        foreach (OutgoingMessage message in messages)
        {
            Invariant.Check(message.To is not null, "a server's message has a receiver");
            ParticipantId to = message.To.Value;
            TimeSpan remaining = _pump.Ending is null ? Remaining : _run.Deadlines.Closing;
            using CancellationTokenSource deadline = new(Positive(remaining), _run.Time);
            try
            {
                await _run.Transport.SendAsync(to, message.Bytes, deadline.Token).ConfigureAwait(false);
                _traffic.AddFromServer(to, message.Bytes.Length);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                _next.Enqueue(new RoundEvent.Disconnected(to));
            }
        }
    }

    private void Report()
    {
        if (_run.Progress is not { } progress)
        {
            return;
        }

        ImmutableArray<ParticipantId> waitingFor = _session.WaitingFor;
        if (waitingFor.Length != _reportedCount)
        {
            _reportedCount = waitingFor.Length;
            progress.Report(
                new RoundProgress(_run.Descriptor.Round, _run.Descriptor.Attempt, _phase, waitingFor, Remaining)
            );
        }
    }

    private static TimeSpan Positive(TimeSpan value) => value > TimeSpan.Zero ? value : TimeSpan.FromTicks(1);
}
