using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The result of unmasking: the dealer whose reconstructed secret does not match what it published, or nobody.</summary>
internal readonly record struct UnmaskOutcome(ushort? Inconsistent);

/// <summary>Reconstructs the masks that are left in the sum and removes them. spec 03-masking#unmask-5</summary>
internal static class Unmasking
{
    /// <summary>Removes the self masks of survivors and the pair masks towards dropped parties from <paramref name="maskedSum"/>.</summary>
    /// <remarks>The sum is changed only after every reconstructed secret matched what its dealer published (A15).</remarks>
    public static UnmaskOutcome Run(
        ServerSetup setup,
        CohortView cohort,
        ShareCollection shares,
        PartySet sharers,
        PartySet survivors,
        RingVector maskedSum
    )
    {
        using MaskStreams streams = new(sharers.Count);
        CombinerCache combiners = new(setup.Suite);
        foreach (ushort dealer in sharers.Members)
        {
            using SecretBytes secret = shares.Combine(combiners, dealer);
            bool consistent = survivors.Contains(dealer)
                ? AddSelfMask(setup, cohort, dealer, secret, streams)
                : AddPairMasks(setup, cohort, dealer, secret, survivors, streams);
            if (!consistent)
            {
                return new(dealer);
            }
        }

        streams.ApplyOnce(maskedSum, setup.Splitter);
        return new(null);
    }

    /// <summary>
    /// Whether every coordinate is within what that many contributors can reach. An honest sum always is; the sum with
    /// a contribution from outside the lattice almost never is. spec 06-security#range-1
    /// </summary>
    public static bool IsInRange(UpdateEncoding encoding, RingVector sum, int contributors)
    {
        UInt128 bound = (UInt128)encoding.CoordinateBound * (UInt128)contributors;
        int values = encoding.Length;
        for (int i = 0; i < values; i++)
        {
            if ((UInt128)Magnitude(sum, i) > bound)
            {
                return false;
            }
        }

        return IsWeightInRange(encoding, sum, (ulong)contributors)
            && AreMetricsInRange(encoding, sum, (ulong)contributors);
    }

    private static bool IsWeightInRange(UpdateEncoding encoding, RingVector sum, ulong contributors)
    {
        if (!encoding.IsWeighted)
        {
            return true;
        }

        ulong weight = Lane(sum, encoding.Length);
        return weight >= contributors && weight <= (UInt128)encoding.MaximumWeight * contributors;
    }

    // A negative element is far above every bound when it is read without its sign.
    private static bool AreMetricsInRange(UpdateEncoding encoding, RingVector sum, ulong contributors)
    {
        int index = encoding.MetricStart;
        foreach (MetricBlock block in encoding.Metrics)
        {
            UInt128 bound = (UInt128)block.Maximum * contributors;
            for (int end = index + block.Count; index < end; index++)
            {
                if (Lane(sum, index) > bound)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static ulong Lane(RingVector vector, int index) =>
        vector.Ring.LaneBits == 32 ? vector.NarrowLanes[index] : vector.WideLanes[index];

    private static ulong Magnitude(RingVector vector, int index)
    {
        ulong lane = Lane(vector, index);
        bool negative = (lane >> (vector.Ring.Bits - 1)) != 0;
        return negative ? unchecked(0UL - lane) & vector.Ring.Mask : lane;
    }

    private static bool AddSelfMask(
        ServerSetup setup,
        CohortView cohort,
        ushort survivor,
        SecretBytes seed,
        MaskStreams streams
    )
    {
        Digest commitment = RoundDigests.SeedCommitment(
            RoundDigests.Descriptor(setup.Descriptor),
            survivor,
            seed.Reveal(SecretAccess.ForPrimitive)
        );
        if (commitment != cohort.Of(survivor).SeedCommitment)
        {
            return false;
        }

        streams.Add(MaskKeys.Self(setup.Suite, cohort.Digest, seed, survivor), add: false);
        return true;
    }

    private static bool AddPairMasks(
        ServerSetup setup,
        CohortView cohort,
        ushort dropped,
        SecretBytes privateKey,
        PartySet survivors,
        MaskStreams streams
    )
    {
        using AgreementKeyPair? pair = setup.Suite.TryImportPrivateKey(privateKey);
        if (pair is null || !pair.PublicKey.Span.SequenceEqual(cohort.Of(dropped).MaskKey.Span))
        {
            return false;
        }

        foreach (
            ushort survivor in cohort.Graph.NeighboursOf(dropped).Where(neighbour => survivors.Contains(neighbour))
        )
        {
            MaskKeystream? stream = MaskKeys.TryPair(
                setup.Suite,
                cohort.Digest,
                pair,
                dropped,
                survivor,
                cohort.Of(survivor).MaskKey.Span
            );
            Invariant.Check(stream is not null, "mask keys of the cohort were checked when they were accepted");

            // What the survivor added is subtracted, and the other way round.
            streams.Add(stream, add: !MaskKeys.OwnAdds(survivor, dropped));
        }

        return true;
    }
}
