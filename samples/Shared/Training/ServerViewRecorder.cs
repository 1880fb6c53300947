using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>Gathers what a curious server received of one party over many rounds, beside what the party really computed.</summary>
/// <remarks>Only a demonstration can hold both sides. Not thread-safe.</remarks>
public sealed class ServerViewRecorder
{
    private readonly List<byte> _bytes = [];
    private readonly List<double> _received = [];
    private readonly List<double> _true = [];

    /// <param name="party">The party that is watched.</param>
    public ServerViewRecorder(ParticipantId party) => Party = party;

    /// <summary>The party that is watched.</summary>
    public ParticipantId Party { get; }

    /// <summary>How many received bytes the statistics rest on.</summary>
    public int ByteCount => _bytes.Count;

    /// <summary>How many coordinates of the party's updates they stand for.</summary>
    public int CoordinateCount => _received.Count;

    /// <summary>Whether there is anything to measure.</summary>
    public bool HasView => _received.Count >= 2;

    /// <summary>Adds a round; one in which nothing of the party arrived adds nothing.</summary>
    public void Add(SecureRound round)
    {
        ArgumentNullException.ThrowIfNull(round);
        PartyUpdate? own = round.Request.Cohort.FirstOrDefault(update => update.Party == Party);
        if (
            own is null
            || round.Outcome is not RoundOutcome.Completed completed
            || !completed.Survivors.Contains(Party)
        )
        {
            return;
        }

        // The last byte may hold padding, which is zero and not masked.
        ReadOnlySpan<byte> packed = round.Outcome.MaskedUploadOf(Party).Span;
        long usedBits = (long)round.Plan.RingBits * round.Plan.Encoding.RingLength;
        _bytes.AddRange(packed[..(int)(usedBits / 8)]);

        RingVector received = round.Outcome.MaskedVectorOf(Party);
        for (int i = 0; i < own.Update.Length; i++)
        {
            _received.Add(Centred(received[i], round.Plan.RingBits));
            _true.Add(own.Update[i]);
        }
    }

    /// <summary>The statistics over everything that was added.</summary>
    /// <exception cref="ArgumentException">Too little arrived, see <see cref="HasView"/>.</exception>
    public ServerView View() =>
        new(ServerViewStatistics.ChiSquareP([.. _bytes]), ServerViewStatistics.Correlation([.. _received], [.. _true]));

    // As a fraction of the ring in [-1/2, 1/2): a value in the clear would stand there in two's complement.
    private static double Centred(ulong element, int bits)
    {
        double fraction = element / Math.ScaleB(1, bits);
        return fraction < 0.5 ? fraction : fraction - 1;
    }
}
