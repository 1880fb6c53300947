using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What every client session does the same way: admission, decoding, repeated requests, leaving. spec 03-masking#client-1</summary>
/// <remarks>Not thread-safe. A request that was answered is answered again with the same bytes; with other content it ends the session (A10).</remarks>
public abstract class ClientSession : RoundSession<ClientReceipt>
{
    private static readonly byte[] s_noSignature = new byte[MessageLimits.SignatureSizeInBytes];

    private readonly Dictionary<MessageType, (Digest Request, OutgoingMessage Reply)> _answered = [];
    private readonly MessageLimits _limits;
    private bool _disposed;
    private bool _hasEnded;

    private protected ClientSession(ClientSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        if (setup.Suite.Id != setup.Descriptor.Suite)
        {
            throw new ArgumentException(
                $"The round uses suite {setup.Descriptor.Suite}; the setup brings {setup.Suite.Id}. Pass the suite the descriptor names.",
                nameof(setup)
            );
        }

        Setup = setup;
        DescriptorDigest = RoundDigests.Descriptor(setup.Descriptor);
        _limits = MessageLimits.For(setup.Descriptor);
        SelfIndex = (ushort)Math.Max(0, setup.Descriptor.Roster.Select(entry => entry.Id).ToList().IndexOf(setup.Self));
    }

    /// <inheritdoc/>
    public sealed override bool HasEnded => _hasEnded;

    private protected ClientSetup Setup { get; }

    private protected RoundDescriptor Descriptor => Setup.Descriptor;

    private protected Digest DescriptorDigest { get; }

    private protected ushort SelfIndex { get; }

    /// <summary>Opens the removable layers of the noise; null without layers, and before this session has claimed its update.</summary>
    private protected SecretBytes? LayerSeed { get; private set; }

    /// <summary>The digest that this client's messages carry now: D, or K once the cohort is fixed.</summary>
    private protected abstract Digest CurrentSession { get; }

    /// <summary>Whether this session runs rounds of a scheme.</summary>
    private protected abstract bool Runs(SchemeKind scheme);

    /// <inheritdoc/>
    public sealed override Step<ClientReceipt> Advance(RoundEvent happened)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(happened);
        bool returned = false;
        try
        {
            Step<ClientReceipt> step = Take(happened);
            returned = true;
            return step;
        }
        finally
        {
            // A signer or a random source that fails must not keep secrets alive, nor a half-made step.
            if (!returned)
            {
                End();
            }
        }
    }

    private Step<ClientReceipt> Take(RoundEvent happened)
    {
        if (_hasEnded)
        {
            return happened is RoundEvent.Received ? Fault(PeerFaultKind.WrongPhase) : Step<ClientReceipt>.Nothing;
        }

        return happened switch
        {
            RoundEvent.Started => OnStarted(),
            RoundEvent.Received received => OnReceived(received),
            RoundEvent.PhaseEnded ended => ended.Phase == Phase && Phase != RoundPhase.None
                ? Leave(AbortReason.DeadlineExceeded)
                : Step<ClientReceipt>.Nothing,
            RoundEvent.Stopped stopped => Leave(stopped.Reason),
            _ => Step<ClientReceipt>.Nothing,
        };
    }

    /// <inheritdoc/>
    public sealed override void Dispose()
    {
        _disposed = true;
        _answered.Clear();
        WipeSecrets();
    }

    /// <summary>Digest of everything but the secrets: unchanged when a message was refused.</summary>
    internal Digest StateFingerprint()
    {
        List<byte> state = [(byte)Phase, _hasEnded ? (byte)1 : (byte)0, .. CurrentSession.ToArray()];
        foreach ((MessageType type, (Digest request, OutgoingMessage reply)) in _answered.OrderBy(entry => entry.Key))
        {
            state.Add((byte)type);
            state.AddRange(request.ToArray());
            state.AddRange(Digest.Of(reply.Bytes.Span).ToArray());
        }

        AppendState(state);
        return Digest.Of(state.ToArray());
    }

    private protected abstract void AppendState(List<byte> state);

    /// <summary>Wipes every secret this session holds. Idempotent.</summary>
    private protected abstract void WipeSecrets();

    /// <summary>The first step of an admitted client.</summary>
    private protected abstract Step<ClientReceipt> Join();

    /// <summary>The table of the protocol: what this session does with a message of the server.</summary>
    private protected abstract Step<ClientReceipt> OnMessage(ProtocolMessage message, Digest request);

    private protected Step<ClientReceipt> Fault(PeerFaultKind kind) => new() { Faults = [new(null, Phase, kind)] };

    /// <summary>Answers a request and remembers the reply for repeats.</summary>
    private protected Step<ClientReceipt> Answer(
        MessageType requestType,
        Digest request,
        ProtocolMessage.FromClient reply,
        DurableRecord? storeFirst,
        ImmutableArray<PeerFault> faults
    )
    {
        OutgoingMessage outgoing = new(null, reply.Type, MessageCodec.Encode(reply));
        _answered[requestType] = (request, outgoing);
        return new()
        {
            StoreFirst = storeFirst,
            Send = [outgoing],
            Faults = faults,
        };
    }

    /// <summary>Ends with a receipt. spec 03-masking#guard-4: that the round gave a result is durable before it is reported.</summary>
    private protected Step<ClientReceipt> Complete(ClientReceipt receipt)
    {
        DurableRecord result = ClientHistory.Result(Descriptor, receipt.Cohort);
        End();
        return new() { StoreFirst = result, Ended = new RoundEnding<ClientReceipt>.Completed(receipt) };
    }

    /// <summary>Ends this client's part, wipes its secrets and tells the server why. spec 03-masking#client-3</summary>
    private protected Step<ClientReceipt> Leave(AbortReason reason, params ReadOnlySpan<ushort> named)
    {
        PartySet about = PartySet.Of(Descriptor.Roster.Length, named.ToArray());
        bool joined = Phase != RoundPhase.None;

        // The secrets go first: a signer that fails must not keep them alive.
        End();
        if (!joined)
        {
            // A client that never joined signs nothing for this round.
            return new() { Ended = Aborted(reason, about) };
        }

        ProtocolMessage.ClientWithdrawal unsigned = new(CurrentSession, SelfIndex, reason, about, default);
        ProtocolMessage.ClientWithdrawal withdrawal = new(
            unsigned.Session,
            unsigned.Sender,
            reason,
            about,
            Setup.Signer.Sign(MessageCodec.SignedContent(unsigned))
        );
        OutgoingMessage outgoing = new(null, withdrawal.Type, MessageCodec.Encode(withdrawal));
        return new() { Send = [outgoing], Ended = Aborted(reason, about) };
    }

    private Step<ClientReceipt> OnStarted()
    {
        if (Phase != RoundPhase.None)
        {
            throw new InvalidOperationException("The session was started before.");
        }

        // spec 06-security#floors-1: nothing leaves before the offer passed every local floor.
        DescriptorRefusal? refusal = Setup.Policy.Examine(Descriptor, Setup.Self, Setup.ExpectedModel, Setup.History);
        if (refusal is null && !Descriptor.Roster[SelfIndex].SigningKey.Span.SequenceEqual(Setup.Signer.PublicKey.Span))
        {
            refusal = new(AbortReason.OwnKeyAltered, "the roster shows another signing key for this client");
        }

        if (refusal is null && !Runs(Descriptor.Scheme))
        {
            // A plain session would send the vector of a masked round in the clear.
            refusal = new(AbortReason.GraphMismatch, $"this session does not run {Descriptor.Scheme}");
        }

        if (refusal is null && !Setup.Update.Encoding.Equals(DescriptorRules.EncodingOf(Descriptor)))
        {
            refusal = new(AbortReason.InputRefused, "the update was encoded for another plan");
        }

        return (refusal ?? ExamineNoise()) is { } refused ? Leave(refused.Reason) : Join();
    }

    private DescriptorRefusal? ExamineNoise()
    {
        if (Descriptor.Noise is null)
        {
            return null;
        }

        // spec 02-privacy#shares-2
        if (!Setup.Update.HasNoise)
        {
            return new(AbortReason.InputRefused, "the update has no share of the round's noise");
        }

        // spec 02-privacy#charge-1
        DescriptorRefusal? refusal = Setup.Gate is { } gate
            ? gate.Examine(Descriptor)
            : new(AbortReason.PrivacyTooWeak, "this client keeps no account of rounds with noise");
        return refusal ?? ClaimUpdate();
    }

    // Last of all, so that a session that refuses leaves the update, and the seed in it, to the one that joins.
    private DescriptorRefusal? ClaimUpdate()
    {
        if (!Setup.Update.TryClaim(out SecretBytes? layerSeed))
        {
            return new(AbortReason.InputRefused, "the update's noise was used in another attempt");
        }

        LayerSeed = layerSeed;
        return Descriptor.Noise?.Terms.Layers is not null && layerSeed is not { IsDisposed: false }
            ? new(AbortReason.InputRefused, "the seed that opens the layers of the update's noise is gone")
            : null;
    }

    private Step<ClientReceipt> OnReceived(RoundEvent.Received received)
    {
        if (received.From is not null)
        {
            return Fault(PeerFaultKind.WrongSender);
        }

        DecodeResult decoded = MessageCodec.Decode(received.Message, _limits);
        if (decoded.Message is not { } message)
        {
            return Fault(decoded.Fault);
        }

        if (message is ProtocolMessage.FromClient)
        {
            return Fault(PeerFaultKind.WrongDirection);
        }

        if (Phase == RoundPhase.None)
        {
            return Fault(PeerFaultKind.WrongPhase);
        }

        if (message is ProtocolMessage.RoundAborted aborted)
        {
            return OnRoundAborted(aborted);
        }

        // Offer and cohort carry D, every later message of the server what the session carries by then.
        bool carriesDescriptor = message.Type is MessageType.RoundInvitation or MessageType.CohortAnnouncement;
        if (message.Session != (carriesDescriptor ? DescriptorDigest : CurrentSession))
        {
            return Fault(PeerFaultKind.WrongSession);
        }

        if (message is ProtocolMessage.ShareDelivery delivery && delivery.Receiver != SelfIndex)
        {
            return Fault(PeerFaultKind.WrongReceiver);
        }

        Digest request = ContentOf(message, received.Message.Span);

        // spec 03-masking#client-2: the same request gets the same bytes, another one ends the session (A10).
        if (_answered.TryGetValue(message.Type, out (Digest Request, OutgoingMessage Reply) answered))
        {
            return answered.Request == request ? new() { Send = [answered.Reply] } : Leave(AbortReason.RequestChanged);
        }

        return OnMessage(message, request);
    }

    // spec 03-masking#points-2: whether a request repeats is not decided by the bytes of the signatures in it.
    private Digest ContentOf(ProtocolMessage message, ReadOnlySpan<byte> bytes) =>
        message switch
        {
            ProtocolMessage.CohortAnnouncement cohort => RoundDigests.Cohort(DescriptorDigest, cohort.Advertisements),
            ProtocolMessage.ShareDelivery delivery => Digest.Of(
                MessageCodec.Encode(
                    new ProtocolMessage.ShareDelivery(
                        delivery.Session,
                        delivery.Receiver,
                        delivery.Sharers,
                        [.. delivery.Envelopes.Select(envelope => envelope with { DealerSignature = s_noSignature })]
                    )
                )
            ),
            ProtocolMessage.UnmaskRequest unmask => Digest.Of(
                MessageCodec.Encode(
                    new ProtocolMessage.UnmaskRequest(
                        unmask.Session,
                        unmask.Survivors,
                        [.. unmask.Signatures.Select(entry => entry with { Signature = s_noSignature })]
                    )
                )
            ),
            _ => Digest.Of(bytes),
        };

    private Step<ClientReceipt> OnRoundAborted(ProtocolMessage.RoundAborted aborted)
    {
        if (aborted.Session != DescriptorDigest && aborted.Session != CurrentSession)
        {
            return Fault(PeerFaultKind.WrongSession);
        }

        if (aborted.Named.RosterSize != Descriptor.Roster.Length)
        {
            return Fault(PeerFaultKind.MalformedMessage);
        }

        End();
        return new() { Ended = Aborted(aborted.Reason, aborted.Named) };
    }

    private RoundEnding<ClientReceipt>.Aborted Aborted(AbortReason reason, PartySet named) =>
        new(reason, [.. named.Members.Select(index => Descriptor.Roster[index].Id)]);

    private void End()
    {
        _hasEnded = true;

        // The last reply may hold revealed shares.
        _answered.Clear();
        WipeSecrets();
    }
}
