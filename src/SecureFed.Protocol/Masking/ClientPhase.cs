using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>What a masking client knows in each phase: only what that phase may know. Disposing wipes its secrets.</summary>
[Secret]
internal abstract class ClientPhase(RoundPhase phase) : IDisposable
{
    public RoundPhase Phase { get; } = phase;

    /// <summary>The cohort, once it is fixed.</summary>
    public virtual CohortView? FixedCohort => null;

    /// <summary>Prints the type name only.</summary>
    public sealed override string ToString() => nameof(ClientPhase);

    public virtual void Dispose() { }

    /// <summary>Adds the public part to a fingerprint.</summary>
    public virtual void Append(List<byte> state) { }

    public static void DisposeAll(IEnumerable<HeldShare> shares)
    {
        foreach (HeldShare share in shares)
        {
            share.Dispose();
        }
    }

    public sealed class NotStarted() : ClientPhase(RoundPhase.None);

    /// <summary>Keys are advertised.</summary>
    public sealed class AwaitingCohort(
        AgreementKeyPair channel,
        AgreementKeyPair mask,
        SecretBytes seed,
        ProtocolMessage.KeyAdvertisement advertisement
    ) : ClientPhase(RoundPhase.AdvertiseKeys)
    {
        public AgreementKeyPair Channel { get; } = channel;

        public AgreementKeyPair Mask { get; } = mask;

        public SecretBytes Seed { get; } = seed;

        public ProtocolMessage.KeyAdvertisement Advertisement { get; } = advertisement;

        public override void Dispose()
        {
            Channel.Dispose();
            Mask.Dispose();
            Seed.Dispose();
        }
    }

    /// <summary>Shares are dealt.</summary>
    public sealed class AwaitingShares(
        CohortView cohort,
        ChannelKeys channels,
        AgreementKeyPair mask,
        SecretBytes seed,
        HeldShare? ownShare
    ) : ClientPhase(RoundPhase.ShareKeys)
    {
        public CohortView Cohort { get; } = cohort;

        public override CohortView FixedCohort => Cohort;

        public ChannelKeys Channels { get; } = channels;

        public AgreementKeyPair Mask { get; } = mask;

        public SecretBytes Seed { get; } = seed;

        /// <summary>Null on a sparse graph, where a dealer holds no share of its own.</summary>
        public HeldShare? OwnShare { get; } = ownShare;

        public override void Dispose()
        {
            Channels.Dispose();
            Mask.Dispose();
            Seed.Dispose();
            OwnShare?.Dispose();
        }
    }

    /// <summary>The masked vector is sent; keys and seed are gone.</summary>
    public sealed class AwaitingSurvivors(
        CohortView cohort,
        PartySet sharers,
        IReadOnlyDictionary<ushort, HeldShare> held
    ) : ClientPhase(RoundPhase.MaskedInput)
    {
        public CohortView Cohort { get; } = cohort;

        public override CohortView FixedCohort => Cohort;

        public PartySet Sharers { get; } = sharers;

        public IReadOnlyDictionary<ushort, HeldShare> Held { get; } = held;

        public override void Dispose() => DisposeAll(Held.Values);

        public override void Append(List<byte> state) => state.AddRange(Sharers.Bitmap);
    }

    /// <summary>The survivor set is signed.</summary>
    public sealed class AwaitingSignatures(
        CohortView cohort,
        PartySet sharers,
        PartySet survivors,
        IReadOnlyDictionary<ushort, HeldShare> held
    ) : ClientPhase(RoundPhase.Consistency)
    {
        public CohortView Cohort { get; } = cohort;

        public override CohortView FixedCohort => Cohort;

        public PartySet Sharers { get; } = sharers;

        public PartySet Survivors { get; } = survivors;

        public IReadOnlyDictionary<ushort, HeldShare> Held { get; } = held;

        public override void Dispose() => DisposeAll(Held.Values);

        public override void Append(List<byte> state)
        {
            state.AddRange(Sharers.Bitmap);
            state.AddRange(Survivors.Bitmap);
        }
    }

    /// <summary>Shares are revealed; nothing secret is left.</summary>
    public sealed class AwaitingResult(CohortView cohort, PartySet survivors) : ClientPhase(RoundPhase.Unmask)
    {
        public CohortView Cohort { get; } = cohort;

        public override CohortView FixedCohort => Cohort;

        public PartySet Survivors { get; } = survivors;

        public override void Append(List<byte> state) => state.AddRange(Survivors.Bitmap);
    }
}
