using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;

namespace SecureFed.Samples.Shared;

/// <summary>How often each byte value stands in a party's vectors.</summary>
/// <param name="Received">int[256]: as the server received them.</param>
/// <param name="Unmasked">int[256]: the same updates encoded and packed in the same way, without masks.</param>
public sealed record ByteHistogram(ImmutableArray<int> Received, ImmutableArray<int> Unmasked);

/// <summary>Gathers what a curious server received of one party over many rounds, beside what the party really computed.</summary>
/// <remarks>Only a demonstration can hold both sides. Not thread-safe.</remarks>
public sealed class ServerViewRecorder
{
    private readonly List<byte> _bytes = [];
    private readonly List<byte> _unmasked = [];
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
        _unmasked.AddRange(Unmasked(own, round.Plan.Encoding).AsSpan(0, (int)(usedBits / 8)));

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

    /// <summary>The bytes of <see cref="ByteCount"/>, counted, beside those of the unmasked updates.</summary>
    public ByteHistogram Histogram() => new(CountsOf(_bytes), CountsOf(_unmasked));

    // What would have travelled without masks. Rounding is drawn anew, which moves a value by at most one grid step.
    private static byte[] Unmasked(PartyUpdate own, UpdateEncoding encoding)
    {
        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(own.Update, own.Weight), encoding);
        MetricValues metrics = TrainingMetrics.Complete(encoding, own, clipped);
        return RingPacking.Pack(EncodedUpdate.Encode(clipped, SystemRandomSource.Instance, metrics).Values);
    }

    private static ImmutableArray<int> CountsOf(List<byte> bytes)
    {
        int[] counts = new int[256];
        foreach (byte value in bytes)
        {
            counts[value]++;
        }

        return [.. counts];
    }

    // As a fraction of the ring in [-1/2, 1/2): a value in the clear would stand there in two's complement.
    private static double Centred(ulong element, int bits)
    {
        double fraction = element / Math.ScaleB(1, bits);
        return fraction < 0.5 ? fraction : fraction - 1;
    }
}
