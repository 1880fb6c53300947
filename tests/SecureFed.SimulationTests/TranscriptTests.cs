using System.Text;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;
using SecureFed.Testing;
using Xunit.Abstractions;
using SecretRecorder = SecureFed.Tests.Shared.SecretRecorder;

namespace SecureFed.SimulationTests;

/// <summary>What a server sees: uniform vectors whatever the input, and no secret before the phase that reveals it.</summary>
/// <remarks>Seeds are fixed, so the statistical tests cannot fail by chance; p-values were not chosen, the seeds are 1, 2, 3, ….</remarks>
public class TranscriptTests(ITestOutputHelper output)
{
    private const int Length = 20_000;

    public static TheoryData<string> Inputs =>
        ["zeros", "maximum", "minimum", "alternating", "one-hot", "ramp", "sine", "half and half", "powers"];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void A_masked_vector_is_uniform_whatever_the_input(string input)
    {
        double lowest = 1;
        for (ulong seed = 1; seed <= 10; seed++)
        {
            (byte[] packed, double[] masked, double[] values) = Upload(seed, input);

            double p = ServerViewStatistics.ChiSquareP(packed);
            // A constant input has no correlation with anything: only the bytes can tell it.
            bool constant = values.All(value => value == values[0]);
            double correlation = constant ? 0 : ServerViewStatistics.Correlation(masked, values);

            lowest = Math.Min(lowest, p);
            // 70 independent draws: p below 1e-9 would happen in one of 10^7 such test runs with fresh seeds.
            Assert.True(p > 1e-9, $"{input}, seed {seed}: chi-square p = {p}");
            Assert.True(
                Math.Abs(correlation) < 4 / Math.Sqrt(Length),
                $"{input}, seed {seed}: correlation {correlation}"
            );
        }

        output.WriteLine($"{input}: lowest p {lowest:E2}");
    }

    [Fact]
    public void The_same_measures_give_an_unmasked_vector_away()
    {
        // The must-fail neighbour: without masks, both tests see the input at once.
        AggregationPlan plan = Plan(AggregationScheme.Unprotected(minimumSurvivors: 4, because: "the contrast"));
        RoundOutcome outcome = Round(plan, seed: 1, "ramp");
        double[] seen = Lanes(outcome.MaskedVectorOf(ParticipantId.FromIndex(0)));

        double p = ServerViewStatistics.ChiSquareP(outcome.MaskedUploadOf(ParticipantId.FromIndex(0)).Span);
        double correlation = ServerViewStatistics.Correlation(seen, Values("ramp"));

        Assert.True(p < 1e-9);
        Assert.True(correlation > 0.99);
    }

    [Theory]
    [InlineData(RoundPhase.ShareKeys)]
    [InlineData(RoundPhase.MaskedInput)]
    [InlineData(RoundPhase.Unmask)]
    public void SEC_01_No_secret_is_in_a_message_before_its_phase_in_a_record_or_in_any_text(RoundPhase drop)
    {
        SecretRecorder suite = new(P256Suite.Instance);
        RoundTranscript transcript = new();
        using InProcessFederation federation = InProcessFederation.FromMembers(
            "transcript",
            Enumerable.Range(0, 5).Select(i => FederationMember.Generate(ParticipantId.FromIndex(i))),
            suite,
            SystemRandomSource.Instance
        );
        AggregationPlan plan = Plan(AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1));
        using InProcessRound round = federation.StartRound(plan, new InProcessOptions { Observer = transcript });
        for (int i = 0; i < 5; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), Floats("sine"));
        }

        round.Drop(ParticipantId.FromIndex(2), during: drop);
        RoundOutcome outcome = round.Complete();

        Assert.IsType<RoundOutcome.Completed>(outcome);
        Assert.True(suite.Secrets.Count > 100);
        string text = EverythingPrinted(outcome, transcript, round, federation);
        foreach ((string kind, byte[] bytes) in suite.Secrets)
        {
            foreach (RoundMessage message in transcript.Messages)
            {
                bool revealsShares = message.Type == MessageType.UnmaskShares && kind == "share";
                Assert.True(
                    revealsShares || message.Bytes.Span.IndexOf(bytes) < 0,
                    $"a {kind} is in a {message.Type} message"
                );
            }

            foreach ((_, DurableRecord record) in transcript.Records)
            {
                Assert.True(record.Content.Span.IndexOf(bytes) < 0, $"a {kind} is in a {record.Kind} record");
            }

            Assert.False(Leaks(text, bytes), $"a {kind} is in printed text");
        }

        // The search finds what is there: a share that was revealed is in its message, and a leak would be in the text.
        Assert.Contains(
            suite.Secrets,
            secret => secret.Kind == "share" && transcript.FirstContaining(secret.Bytes) is not null
        );
        byte[] probe = suite.Secrets[0].Bytes;
        Assert.True(Leaks($"{text} debug: {Convert.ToBase64String(probe)}", probe));
        Assert.True(Leaks($"{text} key={Convert.ToHexStringLower(probe)};", probe));
        Assert.True(Leaks($"{text} [{string.Join(", ", probe)}]", probe));
    }

    [Fact]
    public void At_most_one_kind_of_share_of_each_dealer_is_on_the_wire()
    {
        RoundTranscript transcript = new();
        using InProcessFederation federation = TestFederation.Create(parties: 8, seed: 5);
        using InProcessRound round = federation.StartRound(
            AggregationPlan.Create(
                length: 4,
                maximumParticipants: 8,
                clipNorm: 1,
                fractionBits: 10,
                privacy: PrivacyPlan.None(because: "test"),
                scheme: AggregationScheme.PairwiseMasked(minimumSurvivors: 6, collusionBound: 2)
            ),
            new InProcessOptions { Observer = transcript }
        );
        for (int i = 0; i < 8; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), [0.1f, 0.2f, 0.3f, 0.4f]);
        }

        round.Drop(ParticipantId.FromIndex(1), during: RoundPhase.MaskedInput);
        RoundOutcome outcome = round.Complete();

        RevealedShares revealed = new(8, threshold: 6);
        foreach (
            RoundMessage message in transcript.SeenByServer.Where(message => message.Type == MessageType.UnmaskShares)
        )
        {
            revealed.Add(
                (ProtocolMessage.UnmaskShares)
                    MessageCodec.Decode(message.Bytes, MessageLimits.For(outcome.Descriptor)).Message!
            );
        }

        Assert.IsType<RoundOutcome.Completed>(outcome);
        revealed.AssertNeverBoth(Enumerable.Range(0, 8));
        Assert.Equal([0, 2, 3, 4, 5, 6, 7], Assert.Single(revealed.LearnableSums([0, 2, 3, 4, 5, 6, 7])));
    }

    private static bool Leaks(string text, byte[] secret) =>
        SecretRecorder.TextFormsOf(secret).Any(form => text.Contains(form, StringComparison.Ordinal));

    private static string EverythingPrinted(
        RoundOutcome outcome,
        RoundTranscript transcript,
        InProcessRound round,
        InProcessFederation federation
    )
    {
        StringBuilder text = new();
        void Print(object? value) => text.AppendLine(value?.ToString());
        Print(outcome);
        Print(round);
        Print(round.Plan);
        Print(federation);
        foreach (FederationMember member in federation.Members)
        {
            Print(member);
            Print(member.Signer);
            Print(member.Journal);
        }

        foreach (PeerFault fault in outcome.Faults)
        {
            Print(fault);
        }

        foreach (RoundMessage message in transcript.Messages)
        {
            Print(message);
            ProtocolMessage decoded = MessageCodec
                .Decode(message.Bytes, MessageLimits.For(outcome.Descriptor))
                .Message!;
            Print(decoded);
            if (decoded is ProtocolMessage.UnmaskShares shares)
            {
                foreach (RevealedShare share in shares.Shares)
                {
                    Print(share);
                }
            }

            if (decoded is ProtocolMessage.EncryptedShares dealt)
            {
                foreach (DealtShare share in dealt.Shares)
                {
                    Print(share);
                }
            }
        }

        foreach ((_, DurableRecord record) in transcript.Records)
        {
            Print(record);
        }

        if (outcome is RoundOutcome.Completed done)
        {
            Print(done.Result);
            Print(done.Sum);
        }

        foreach (ClientReceipt receipt in outcome.Receipts.Values)
        {
            Print(receipt);
        }

        // What goes wrong prints as well: an aborted attempt, its exception, refused contributions.
        using InProcessRound failing = federation.StartRound(round.Plan);
        for (int i = 0; i < 5; i++)
        {
            failing.Contribute(ParticipantId.FromIndex(i), Floats("sine"));
        }

        Print(Record.Exception(() => failing.Contribute(ParticipantId.FromIndex(0), Floats("sine"))));
        Print(Record.Exception(() => failing.Contribute(ParticipantId.FromIndex(1), [float.NaN])));
        failing.Drop(ParticipantId.FromIndex(0), during: RoundPhase.MaskedInput);
        failing.Drop(ParticipantId.FromIndex(1), during: RoundPhase.MaskedInput);
        RoundOutcome aborted = failing.Complete();
        Print(Assert.IsType<RoundOutcome.Aborted>(aborted));
        Print(Record.Exception(() => aborted.SumOrThrow()));
        foreach (PeerFault fault in aborted.Faults)
        {
            Print(fault);
        }

        return text.ToString();
    }

    private static AggregationPlan Plan(AggregationScheme scheme) =>
        AggregationPlan.Create(
            Length,
            maximumParticipants: 5,
            clipNorm: 256,
            fractionBits: 10,
            privacy: PrivacyPlan.None(because: "test"),
            scheme: scheme
        );

    private static RoundOutcome Round(AggregationPlan plan, ulong seed, string input)
    {
        using InProcessFederation federation = TestFederation.Create(parties: 4, seed);
        using InProcessRound round = federation.StartRound(plan);
        for (int i = 0; i < 4; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), Floats(input));
        }

        return round.Complete();
    }

    private static (byte[] Packed, double[] Masked, double[] Values) Upload(ulong seed, string input)
    {
        RoundOutcome outcome = Round(
            Plan(AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)),
            seed,
            input
        );
        Assert.IsType<RoundOutcome.Completed>(outcome);
        ParticipantId watched = ParticipantId.FromIndex((int)(seed % 4));
        return (outcome.MaskedUploadOf(watched).ToArray(), Lanes(outcome.MaskedVectorOf(watched)), Values(input));
    }

    private static double[] Lanes(RingVector vector)
    {
        double[] lanes = new double[vector.Length];
        for (int i = 0; i < lanes.Length; i++)
        {
            int shift = 64 - vector.Ring.Bits;
            lanes[i] = unchecked((long)((ulong)vector.NarrowLanes[i] << shift)) >> shift;
        }

        return lanes;
    }

    private static double[] Values(string input) => [.. Floats(input).Select(value => (double)value)];

    // Within the clip norm of 256: 20,000 coordinates of at most 1.8.
    private static float[] Floats(string input)
    {
        float[] values = new float[Length];
        for (int i = 0; i < Length; i++)
        {
            values[i] = input switch
            {
                "zeros" => 0,
                "maximum" => 1.8f,
                "minimum" => -1.8f,
                "alternating" => i % 2 == 0 ? 1.8f : -1.8f,
                "one-hot" => i == 17 ? 255f : 0,
                "half and half" => i < Length / 2 ? 1.8f : -1.8f,
                "powers" => MathF.ScaleB(1.5f, -(i % 20)),
                "ramp" => (1.8f * i / Length) - 0.9f,
                _ => 1.5f * MathF.Sin(i / 50f),
            };
        }

        return values;
    }
}
