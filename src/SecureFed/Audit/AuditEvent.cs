using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Which attempt an event belongs to.</summary>
/// <param name="Federation">The federation's name, which is written like that of a party.</param>
/// <param name="Round">R.</param>
/// <param name="Attempt">From 1.</param>
public sealed record AuditAttempt(ParticipantId Federation, ulong Round, uint Attempt)
{
    /// <summary>The attempt of a descriptor.</summary>
    public static AuditAttempt Of(RoundDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return new AuditAttempt(ParticipantId.Parse(descriptor.Federation), descriptor.Round, descriptor.Attempt);
    }
}

/// <summary>What an audit log can say. A closed family: no case can carry an update, a share, a key or a seed. spec 06-security#audit-3</summary>
/// <remarks>Immutable; public values only. The names and the order of the fields are those of 07-registry#audit-events.</remarks>
public abstract record AuditEvent
{
    private protected AuditEvent() { }

    /// <summary>The registered name.</summary>
    public abstract string Name { get; }

    /// <summary>Whether only the log itself writes it.</summary>
    internal virtual bool IsOfTheLog => false;

    internal abstract void Write(AuditFieldWriter fields);

    /// <summary>A log was opened for writing. The first line of every log.</summary>
    public sealed record Opened : AuditEvent
    {
        internal Opened(ParticipantId owner, SuiteId suite, ReadOnlyMemory<byte> publicKey) =>
            (Owner, Suite, PublicKey) = (owner, suite, publicKey);

        /// <inheritdoc/>
        public override string Name => "opened";

        /// <summary>Whose log.</summary>
        public ParticipantId Owner { get; }

        /// <summary>The suite of the owner's signatures.</summary>
        public SuiteId Suite { get; }

        /// <summary>The key that the owner says it signs with; believe a pinned one.</summary>
        public ReadOnlyMemory<byte> PublicKey { get; }

        internal override bool IsOfTheLog => true;

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Name("owner", Owner);
            fields.Enum("suite", Suite);
            fields.Hex("publicKey", PublicKey.Span);
        }

        internal static Opened Read(AuditFieldReader fields) =>
            new(fields.Name("owner"), fields.Enum<SuiteId>("suite"), fields.Hex("publicKey"));
    }

    /// <summary>When the log was opened, its last line was incomplete, as a crash leaves it, and was cut off.</summary>
    public sealed record TailCut : AuditEvent
    {
        internal TailCut(long bytes) => Bytes = bytes;

        /// <inheritdoc/>
        public override string Name => "tailCut";

        /// <summary>How many bytes.</summary>
        public long Bytes { get; }

        internal override bool IsOfTheLog => true;

        internal override void Write(AuditFieldWriter fields) => fields.Number("bytes", Bytes);

        internal static TailCut Read(AuditFieldReader fields) => new(fields.Number("bytes"));
    }

    /// <summary>An attempt begins, or goes on after a restart.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Descriptor">D.</param>
    /// <param name="Model">Digest of the model that updates start from.</param>
    /// <param name="Scheme">How inputs are protected.</param>
    /// <param name="Parties">How many are enrolled.</param>
    /// <param name="Threshold">t.</param>
    /// <param name="MinimumSurvivors">U.</param>
    /// <param name="IsResumed">Whether stored decisions are taken up again.</param>
    public sealed record RoundOffered(
        AuditAttempt Attempt,
        Digest Descriptor,
        Digest Model,
        SchemeKind Scheme,
        int Parties,
        int Threshold,
        int MinimumSurvivors,
        bool IsResumed
    ) : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "roundOffered";

        internal static RoundOffered Of(RoundDescriptor descriptor, bool isResumed) =>
            new(
                AuditAttempt.Of(descriptor),
                RoundDigests.Descriptor(descriptor),
                descriptor.ModelDigest,
                descriptor.Scheme,
                descriptor.Roster.Length,
                descriptor.Threshold,
                descriptor.MinimumSurvivors,
                isResumed
            );

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.Digest("descriptor", Descriptor);
            fields.Digest("model", Model);
            fields.Enum("scheme", Scheme);
            fields.Number("parties", Parties);
            fields.Number("threshold", Threshold);
            fields.Number("minimumSurvivors", MinimumSurvivors);
            fields.Flag("resumed", IsResumed);
        }

        internal static RoundOffered Read(AuditFieldReader fields) =>
            new(
                fields.Attempt(),
                fields.Digest("descriptor"),
                fields.Digest("model"),
                fields.Enum<SchemeKind>("scheme"),
                fields.Count("parties"),
                fields.Count("threshold"),
                fields.Count("minimumSurvivors"),
                fields.Flag("resumed")
            );
    }

    /// <summary>A phase of an attempt begins.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Phase">The phase.</param>
    /// <param name="WaitingFor">The parties whose message is awaited, ascending; empty at a client, which waits for the server.</param>
    public sealed record PhaseEntered(AuditAttempt Attempt, RoundPhase Phase, ImmutableArray<ParticipantId> WaitingFor)
        : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "phaseEntered";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.Enum("phase", Phase);
            fields.Names("waitingFor", WaitingFor);
        }

        internal static PhaseEntered Read(AuditFieldReader fields) =>
            new(fields.Attempt(), fields.Enum<RoundPhase>("phase"), fields.Names("waitingFor"));
    }

    /// <summary>A peer did something wrong or did not do what it should.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Fault">Who, in which phase, and what.</param>
    public sealed record PartyFault(AuditAttempt Attempt, PeerFault Fault) : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "partyFault";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.NameOrNull("party", Fault.Who);
            fields.Enum("phase", Fault.Phase);
            fields.Enum("kind", Fault.Kind);
            fields.NameOrNull("about", Fault.About);
        }

        internal static PartyFault Read(AuditFieldReader fields) =>
            new(
                fields.Attempt(),
                new PeerFault(
                    fields.NameOrNull("party"),
                    fields.Enum<RoundPhase>("phase"),
                    fields.Enum<PeerFaultKind>("kind"),
                    fields.NameOrNull("about")
                )
            );
    }

    /// <summary>The set of parties whose inputs are summed: at a server before it is announced, at a client before it is signed.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Parties">U3, ascending.</param>
    public sealed record Survivors(AuditAttempt Attempt, ImmutableArray<ParticipantId> Parties) : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "survivors";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.Names("parties", Parties);
        }

        internal static Survivors Read(AuditFieldReader fields) => new(fields.Attempt(), fields.Names("parties"));
    }

    /// <summary>A round with noise was charged. The figures are there when the account is a <see cref="LedgerGate"/>.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Charges">How many charges the ledger has.</param>
    /// <param name="Epsilon">ε of all of them together; null when nothing is promised.</param>
    /// <param name="Delta">δ of the budget.</param>
    /// <param name="Ledger">The head of the ledger.</param>
    public sealed record Charged(AuditAttempt Attempt, long? Charges, double? Epsilon, double? Delta, Digest? Ledger)
        : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "charged";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.NumberOrNull("charges", Charges);
            fields.RealOrNull("epsilon", Epsilon);
            fields.RealOrNull("delta", Delta);
            fields.DigestOrNull("ledger", Ledger);
        }

        internal static Charged Read(AuditFieldReader fields) =>
            new(
                fields.Attempt(),
                fields.NumberOrNull("charges"),
                fields.RealOrNull("epsilon"),
                fields.RealOrNull("delta"),
                fields.DigestOrNull("ledger")
            );
    }

    /// <summary>An attempt has a result; written before it is stored or announced. A later Aborted of the attempt says that it was dropped.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Result">SHA-256 of the packed sum.</param>
    /// <param name="Cohort">K (D when unprotected).</param>
    /// <param name="Contributors">How many inputs are in the sum.</param>
    /// <param name="EffectiveCohort">The least number of honest inputs that the sum hides in.</param>
    /// <param name="Faults">How many faults were seen in all.</param>
    public sealed record Completed(
        AuditAttempt Attempt,
        Digest Result,
        Digest Cohort,
        int Contributors,
        int EffectiveCohort,
        int Faults
    ) : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "completed";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.Digest("result", Result);
            fields.Digest("cohort", Cohort);
            fields.Number("contributors", Contributors);
            fields.Number("effectiveCohort", EffectiveCohort);
            fields.Number("faults", Faults);
        }

        internal static Completed Read(AuditFieldReader fields) =>
            new(
                fields.Attempt(),
                fields.Digest("result"),
                fields.Digest("cohort"),
                fields.Count("contributors"),
                fields.Count("effectiveCohort"),
                fields.Count("faults")
            );
    }

    /// <summary>An attempt ended without a result.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Named">The parties that caused it; may be empty.</param>
    /// <param name="Faults">How many faults were seen in all.</param>
    public sealed record Aborted(
        AuditAttempt Attempt,
        AbortReason Reason,
        ImmutableArray<ParticipantId> Named,
        int Faults
    ) : AuditEvent
    {
        /// <inheritdoc/>
        public override string Name => "aborted";

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Attempt(Attempt);
            fields.Enum("reason", Reason);
            fields.Names("named", Named);
            fields.Number("faults", Faults);
        }

        internal static Aborted Read(AuditFieldReader fields) =>
            new(fields.Attempt(), fields.Enum<AbortReason>("reason"), fields.Names("named"), fields.Count("faults"));
    }

    /// <summary>A signed head of somebody else's log, whose signature was checked. spec 06-security#audit-6</summary>
    public sealed record HeadSeen : AuditEvent
    {
        internal HeadSeen(AuditHead head) => Head = head;

        /// <inheritdoc/>
        public override string Name => "headSeen";

        /// <summary>The head.</summary>
        public AuditHead Head { get; }

        internal override bool IsOfTheLog => true;

        internal override void Write(AuditFieldWriter fields)
        {
            fields.Name("owner", Head.Owner);
            fields.Number("headSeq", Head.Seq);
            fields.Digest("headHash", Head.Hash);
            fields.Hex("signature", Head.Signature.Span);
        }

        internal static HeadSeen Read(AuditFieldReader fields) =>
            new(
                new AuditHead(
                    fields.Name("owner"),
                    fields.Number("headSeq"),
                    fields.Digest("headHash"),
                    fields.Hex("signature")
                )
            );
    }

    /// <summary>The owner's signature over the line before. spec 06-security#audit-4</summary>
    public sealed record Signed : AuditEvent
    {
        internal Signed(ReadOnlyMemory<byte> signature) => Signature = signature;

        /// <inheritdoc/>
        public override string Name => "signed";

        /// <summary>Over the head that the line before is.</summary>
        public ReadOnlyMemory<byte> Signature { get; }

        internal override bool IsOfTheLog => true;

        internal override void Write(AuditFieldWriter fields) => fields.Hex("signature", Signature.Span);

        internal static Signed Read(AuditFieldReader fields) => new(fields.Hex("signature"));
    }

    /// <summary>The log was closed in good order.</summary>
    public sealed record Closed : AuditEvent
    {
        internal Closed() { }

        /// <inheritdoc/>
        public override string Name => "closed";

        internal override bool IsOfTheLog => true;

        internal override void Write(AuditFieldWriter fields) { }
    }
}
