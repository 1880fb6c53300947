using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>One run of a client driver.</summary>
internal sealed class ClientLoop : IDisposable
{
    private readonly ClientRun _run;
    private readonly ClientSession _session;
    private readonly SessionPump<ClientReceipt> _pump;
    private readonly Inbox<ReadOnlyMemory<byte>?> _inbox;
    private RoundPhase _phase = RoundPhase.None;
    private long _phaseStarted;

    public ClientLoop(ClientRun run)
    {
        _run = run;
        _session = SchemeSessions.Client(
            new ClientSetup
            {
                Descriptor = run.Descriptor,
                Self = run.Self,
                Signer = run.Signer,
                Suite = run.Suite,
                Random = run.Random,
                Policy = run.Policy,
                History = ClientHistory.FromRecords(run.Journal.Read()),
                ExpectedModel = run.ExpectedModel,
                Update = run.Update,
                Gate = run.Gate,
                Splitter = run.Splitter,
            }
        );
        _pump = new SessionPump<ClientReceipt>(
            _session,
            record =>
            {
                SessionPump.Charge(run.Descriptor, run.Gate, record);
                run.Journal.Append(record);
            }
        );
        _inbox = new Inbox<ReadOnlyMemory<byte>?>(run.Transport.ReceiveAsync, run.Time);
    }

    private TimeSpan Remaining => _run.Deadlines.For(_phase) - _run.Time.GetElapsedTime(_phaseStarted);

    public async Task<ClientOutcome> ToTheEndAsync(CancellationToken cancellationToken)
    {
        RoundEvent happened = new RoundEvent.Started();
        while (true)
        {
            ImmutableArray<OutgoingMessage> outgoing = _pump.Take(happened);
            EnterPhase();
            bool sent = await SendAsync(outgoing).ConfigureAwait(false);
            if (_pump.Ending is { } ending)
            {
                return ClientOutcome.Of(ending, _run.Descriptor, _pump.Faults);
            }

            happened = sent
                ? await WaitAsync(cancellationToken).ConfigureAwait(false)
                : new RoundEvent.PhaseEnded(_phase);
        }
    }

    public void Dispose()
    {
        _inbox.Dispose();
        _session.Dispose();
    }

    private void EnterPhase()
    {
        if (_session.Phase != _phase)
        {
            _phase = _session.Phase;
            _phaseStarted = _run.Time.GetTimestamp();
            _run.Progress?.Report(
                new RoundProgress(_run.Descriptor.Round, _run.Descriptor.Attempt, _phase, [], Remaining)
            );
        }
    }

    private async ValueTask<RoundEvent> WaitAsync(CancellationToken cancellationToken)
    {
        (WaitResult result, ReadOnlyMemory<byte>? bytes) = await _inbox
            .NextAsync(Remaining, cancellationToken)
            .ConfigureAwait(false);
        return result switch
        {
            WaitResult.TimedOut => new RoundEvent.PhaseEnded(_phase),
            WaitResult.Arrived when bytes is { } message => new RoundEvent.Received(null, message),
            _ => new RoundEvent.Stopped(AbortReason.Cancelled),
        };
    }

    /// <summary>Whether everything was handed over before the deadline.</summary>
    private async ValueTask<bool> SendAsync(ImmutableArray<OutgoingMessage> messages)
    {
        foreach (OutgoingMessage message in messages)
        {
            TimeSpan remaining = _pump.Ending is null ? Remaining : _run.Deadlines.Closing;
            using CancellationTokenSource deadline = new(
                remaining > TimeSpan.Zero ? remaining : TimeSpan.FromTicks(1),
                _run.Time
            );
            try
            {
                await _run.Transport.SendAsync(message.Bytes, deadline.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                return false;
            }
        }

        return true;
    }
}
