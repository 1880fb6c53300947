using SecureFed.Protocol;

namespace SecureFed;

/// <summary>The pair of sessions of each scheme.</summary>
internal static class SchemeSessions
{
    public static ClientSession Client(ClientSetup setup) =>
        setup.Descriptor.Scheme == SchemeKind.Unprotected
            ? new PlainClientSession(setup)
            : new MaskingClientSession(setup);

    /// <summary>A server session from its stored decisions; with none of them, a new one that has been started.</summary>
    public static ServerSession Server(
        ServerSetup setup,
        IReadOnlyList<DurableRecord> records,
        out Step<AggregateResult> resumed
    ) =>
        setup.Descriptor.Scheme == SchemeKind.Unprotected
            ? PlainServerSession.Restore(setup, records, out resumed)
            : MaskingServerSession.Restore(setup, records, out resumed);

    /// <summary>The phase in which a client sends a message of this type.</summary>
    public static RoundPhase PhaseOf(MessageType type) =>
        type switch
        {
            MessageType.KeyAdvertisement => RoundPhase.AdvertiseKeys,
            MessageType.EncryptedShares => RoundPhase.ShareKeys,
            MessageType.MaskedInput or MessageType.PlainInput => RoundPhase.MaskedInput,
            MessageType.ConsistencySignature => RoundPhase.Consistency,
            MessageType.UnmaskShares => RoundPhase.Unmask,
            _ => RoundPhase.None,
        };
}
