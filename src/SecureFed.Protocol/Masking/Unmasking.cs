using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The result of unmasking: the dealer whose reconstructed secret does not match what it published, or nobody.</summary>
internal readonly record struct UnmaskOutcome(ushort? Inconsistent);

/// <summary>Reconstructs the masks that are left in the sum and removes them. spec 03-masking#unmask-5</summary>
internal static class Unmasking
{
    // 256 key schedules of 240 bytes stay in the second-level cache beside the tile that they pass over; one pass over the
    // vector for so many streams costs nothing next to them.
    internal const int BatchSize = 256;

    /// <summary>Removes the self masks of survivors and the pair masks towards dropped parties from <paramref name="maskedSum"/>.</summary>
    /// <remarks>
    /// The sum is changed only after every reconstructed secret matched what its dealer published (A15). Memory: 32 bytes
    /// for each sharer, and at most <see cref="BatchSize"/> streams at a time, however many masks there are.
    /// </remarks>
    public static UnmaskOutcome Run(
        ServerSetup setup,
        CohortView cohort,
        ShareCollection shares,
        PartySet sharers,
        PartySet survivors,
        RingVector maskedSum
    )
    {
        Dictionary<ushort, SecretBytes> secrets = new(sharers.Count);
        CombinerCache combiners = new(setup.Suite);
        try
        {
            foreach (ushort dealer in sharers.Members)
            {
                SecretBytes secret = shares.Combine(combiners, dealer);
                secrets.Add(dealer, secret);
                bool consistent = survivors.Contains(dealer)
                    ? IsCommittedSeed(cohort, dealer, secret)
                    : IsAdvertisedKey(setup.Suite, cohort, dealer, secret);
                if (!consistent)
                {
                    return new(dealer);
                }
            }

            foreach ((ushort Dealer, ushort Peer)[] batch in Masks(cohort, sharers, survivors).Chunk(BatchSize))
            {
                using MaskStreams streams = new(batch.Length);
                Create(setup, cohort, secrets, batch, streams);
                streams.ApplyOnce(maskedSum, setup.Splitter);
            }

            return new(null);
        }
        finally
        {
            foreach (SecretBytes secret in secrets.Values)
            {
                secret.Dispose();
            }
        }
    }

    /// <summary>
    /// Whether every coordinate is within what that many contributors can reach. An honest sum always is; the sum with
    /// a contribution from outside the lattice almost never is. spec 06-security#range-1
    /// </summary>
    public static bool IsInRange(UpdateEncoding encoding, RingVector sum, int contributors)
    {
        // spec 02-privacy#compressed-5
        if (encoding.IsCompressed)
        {
            return true;
        }

        UInt128 bound = (UInt128)encoding.LargestSumOf(contributors);
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

    private static bool IsCommittedSeed(CohortView cohort, ushort survivor, SecretBytes seed)
    {
        // Advertisements carry D.
        ProtocolMessage.KeyAdvertisement published = cohort.Of(survivor);
        return RoundDigests.SeedCommitment(published.Session, survivor, seed.Reveal(SecretAccess.ForPrimitive))
            == published.SeedCommitment;
    }

    private static bool IsAdvertisedKey(ProtocolSuite suite, CohortView cohort, ushort dropped, SecretBytes privateKey)
    {
        using AgreementKeyPair? pair = suite.TryImportPrivateKey(privateKey);
        return pair is not null && pair.PublicKey.Span.SequenceEqual(cohort.Of(dropped).MaskKey.Span);
    }

    // Every mask that is left in the sum, once: a survivor with itself, a dropped party with each surviving neighbour.
    private static IEnumerable<(ushort Dealer, ushort Peer)> Masks(
        CohortView cohort,
        PartySet sharers,
        PartySet survivors
    )
    {
        foreach (ushort dealer in sharers.Members)
        {
            if (survivors.Contains(dealer))
            {
                yield return (dealer, dealer);
                continue;
            }

            foreach (ushort peer in cohort.Graph.NeighboursOf(dealer))
            {
                if (survivors.Contains(peer))
                {
                    yield return (dealer, peer);
                }
            }
        }
    }

    // The agreements of a batch are spread like the tiles: each part takes a run of masks, and imports each key in it once.
    private static void Create(
        ServerSetup setup,
        CohortView cohort,
        Dictionary<ushort, SecretBytes> secrets,
        (ushort Dealer, ushort Peer)[] batch,
        MaskStreams streams
    )
    {
        int parts = Math.Clamp(setup.Splitter.Parallelism, 1, batch.Length);
        setup.Splitter.Run(
            parts,
            part =>
            {
                int first = batch.Length * part / parts;
                int end = batch.Length * (part + 1) / parts;
                CreateRun(setup.Suite, cohort, secrets, batch.AsSpan(first, end - first), streams);
            }
        );
    }

    private static void CreateRun(
        ProtocolSuite suite,
        CohortView cohort,
        Dictionary<ushort, SecretBytes> secrets,
        ReadOnlySpan<(ushort Dealer, ushort Peer)> run,
        MaskStreams streams
    )
    {
        AgreementKeyPair? pair = null;
        ushort owner = 0;
        try
        {
            foreach ((ushort dealer, ushort peer) in run)
            {
                if (dealer == peer)
                {
                    streams.Add(MaskKeys.Self(suite, cohort.Digest, secrets[dealer], dealer), add: false);
                    continue;
                }

                if (pair is null || owner != dealer)
                {
                    pair?.Dispose();
                    pair = suite.TryImportPrivateKey(secrets[dealer]);
                    owner = dealer;
                    Invariant.Check(pair is not null, "a private key that was imported before is one");
                }

                MaskKeystream? stream = MaskKeys.TryPair(
                    suite,
                    cohort.Digest,
                    pair,
                    dealer,
                    peer,
                    cohort.Of(peer).MaskKey.Span
                );
                Invariant.Check(stream is not null, "mask keys of the cohort were checked when they were accepted");

                // What the survivor added is subtracted, and the other way round.
                streams.Add(stream, add: !MaskKeys.OwnAdds(peer, dealer));
            }
        }
        finally
        {
            pair?.Dispose();
        }
    }
}
