using System.Collections.Immutable;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>One run of a client driver.</summary>
internal sealed class ClientLoop : IDisposable
{
    private readonly ClientRun _run;
    private readonly ClientSession _session;
    private readonly SessionPump<ClientReceipt> _pump;
    private readonly AuditTrail? _trail;
    private readonly Inbox<ReadOnlyMemory<byte>?> _inbox;
    private readonly TimeSpan _releaseAfter;
    private readonly ImmutableArray<NoiseRelease>.Builder _releases = ImmutableArray.CreateBuilder<NoiseRelease>();
    private RoundPhase _phase = RoundPhase.None;
    private long _phaseStarted;

    public ClientLoop(ClientRun run)
    {
        _run = run;
        run.RequireOwnAudit();
        _releaseAfter = run.Descriptor.Noise is null ? TimeSpan.Zero : run.ReleaseAfterOrDefault();
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
        _trail = run.Audit is null ? null : new AuditTrail(run.Audit, run.Descriptor, run.Gate, isResumed: false);
        _pump = new SessionPump<ClientReceipt>(
            _session,
            record =>
            {
                SessionPump.Charge(run.Descriptor, run.Gate, record);
                run.Journal.Append(record);
            },
            _trail
        );
        _inbox = new Inbox<ReadOnlyMemory<byte>?>(run.Transport.ReceiveAsync, run.Time, RoundDriver.MostLateOfServer);
    }

    private TimeSpan Remaining => _run.Deadlines.For(_phase) - _run.Time.GetElapsedTime(_phaseStarted);

    public async Task<ClientOutcome> ToTheEndAsync(CancellationToken cancellationToken)
    {
        RoundEnding<ClientReceipt> ending;
        Exception? receiptFailure;
        try
        {
            ending = await RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also when a transport or a store threw: what was charged stays charged.
            receiptFailure = HandOutReceipt();
        }

        return ClientOutcome.Of(ending, _run.Descriptor, _pump.Faults, _releases.ToImmutable(), receiptFailure);
    }

    private async Task<RoundEnding<ClientReceipt>> RunAsync(CancellationToken cancellationToken)
    {
        RoundEvent happened = new RoundEvent.Started();
        while (true)
        {
            long asked = _run.Time.GetTimestamp();
            ImmutableArray<OutgoingMessage> outgoing = _pump.Take(happened);
            EnterPhase();
            RoundEvent? unsent = await SendAsync(outgoing, asked, cancellationToken).ConfigureAwait(false);
            if (_pump.Ending is { } ending)
            {
                AuditTrail.HandOut(_trail, _run.AuditHeadTo);
                return ending;
            }

            happened = unsent ?? await WaitAsync(cancellationToken).ConfigureAwait(false);
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
            Report(release: null);
        }
    }

    private void Report(NoiseRelease? release) =>
        _run.Progress?.Report(
            new RoundProgress(_run.Descriptor.Round, _run.Descriptor.Attempt, _phase, [], Remaining)
            {
                Release = release,
            }
        );

    /// <summary>What kept the receipt from those who keep it; null when nothing did. spec 02-privacy#ledger-7</summary>
    private Exception? HandOutReceipt()
    {
        if (_run.LedgerReceiptTo is not { } keeper || _run.Gate is not LedgerGate gate)
        {
            return null;
        }

        try
        {
            if (gate.ReceiptAfter(_run.Descriptor, _run.Signer) is { } receipt)
            {
                keeper(receipt);
            }

            return null;
        }
        catch (Exception failure)
        {
            // A host's own code, after the attempt has ended: whatever it throws must not take the outcome away.
            return failure;
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

    /// <summary>Null when everything was handed over, or what kept it from that.</summary>
    private async ValueTask<RoundEvent?> SendAsync(
        ImmutableArray<OutgoingMessage> messages,
        long asked,
        CancellationToken cancellationToken
    )
    {
        foreach (OutgoingMessage message in messages)
        {
            // Once: the answer to a repeated request has left before, so that its moment says nothing more, and a server
            // that repeats the request must not hold this client up. spec 03-masking#host-1
            if (
                _releaseAfter > TimeSpan.Zero
                && _releases.Count == 0
                && message.Type is MessageType.MaskedInput or MessageType.PlainInput
                && !await HoldAsync(asked, cancellationToken).ConfigureAwait(false)
            )
            {
                return new RoundEvent.Stopped(AbortReason.Cancelled);
            }

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
                return new RoundEvent.PhaseEnded(_phase);
            }
        }

        return null;
    }

    /// <summary>Waits for the moment that was fixed when the server asked; false when the run was cancelled. spec 02-privacy#release-1</summary>
    private async ValueTask<bool> HoldAsync(long asked, CancellationToken cancellationToken)
    {
        NoiseRelease release;
        try
        {
            release = await ReleaseDeadline
                .From(asked, _releaseAfter, _run.Time)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        _releases.Add(release);
        Report(release);
        return true;
    }
}
