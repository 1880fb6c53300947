using System.Numerics;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>Rounds against the ledgers of their parties.</summary>
public sealed class LedgerGateTests
{
    private const int Parties = 5;

    private static readonly AggregationPlan s_plan = AggregationPlan.Create(
        length: 6,
        maximumParticipants: Parties,
        clipNorm: 1,
        fractionBits: 16,
        PrivacyPlan.ForParties(noiseMultiplier: 4, divisor: 5),
        AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
    );

    [Fact]
    public void A_round_that_the_budget_does_not_allow_is_not_joined()
    {
        double two = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(s_plan.Cost!, 2)
            .Epsilon(1e-5)
            .Epsilon;
        IPrivacyLedger[] ledgers =
        [
            .. Enumerable
                .Range(0, Parties)
                .Select(i => new InMemoryLedger(
                    ParticipantId.FromIndex(i).ToString(),
                    new PrivacyBudget(two, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
                )),
        ];
        using InProcessFederation federation = InProcessFederation.Create(
            "budget",
            Enumerable.Range(0, Parties).Select(ParticipantId.FromIndex),
            SystemRandomSource.Instance,
            id => new LedgerGate(ledgers[Enumerable.Range(0, Parties).Single(i => ParticipantId.FromIndex(i) == id)])
        );
        Assert.IsType<RoundOutcome.Completed>(Run(federation));
        Assert.IsType<RoundOutcome.Completed>(Run(federation));
        RoundOutcome.Aborted over = Assert.IsType<RoundOutcome.Aborted>(Run(federation));

        Assert.All(over.ClientAborts.Values, reason => Assert.Equal(AbortReason.BudgetExceeded, reason));
        Assert.Equal(Parties, over.ClientAborts.Count);
        Assert.Contains("budget", over.Explanation, StringComparison.Ordinal);
        Assert.All(
            ledgers,
            ledger =>
            {
                Assert.Equal(2, ledger.Current.Lines.Length);
                Assert.InRange(ledger.Current.Spent, two * (1 - 1e-9), two);
                Assert.Equal(0, ledger.Current.Affordable(s_plan.Cost!));
            }
        );
    }

    [Fact]
    public void A_server_with_an_account_starts_no_round_beyond_it_and_is_charged_once_for_one_that_came_to_a_sum()
    {
        double one = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(s_plan.Cost!)
            .Epsilon(1e-5)
            .Epsilon;
        InMemoryLedger ledger = new(
            "budget",
            new PrivacyBudget(one, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
        );
        InProcessOptions options = new() { ServerGate = new LedgerGate(ledger) };
        using (InProcessRound early = Start(options))
        {
            // Too few stay: no sum, and the account is as it was.
            early.Drop(ParticipantId.FromIndex(0), RoundPhase.ShareKeys);
            early.Drop(ParticipantId.FromIndex(1), RoundPhase.ShareKeys);
            Assert.IsType<RoundOutcome.Aborted>(early.Complete());
            Assert.Empty(ledger.Current.Lines);
        }

        using (InProcessRound round = Start(options))
        {
            Assert.IsType<RoundOutcome.Completed>(round.Complete());
            Assert.Single(ledger.Current.Lines);
            Assert.True(ledger.Current.HasCharged(ledger.Current.Lines[0].Charge.Reference));
        }

        using InProcessRound over = Start(options);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => over.Complete());
        Assert.Contains(nameof(AbortReason.BudgetExceeded), refused.Message, StringComparison.Ordinal);
        Assert.Single(ledger.Current.Lines);
    }

    private static InProcessRound Start(InProcessOptions options)
    {
        InProcessRound round = InProcessRound.Start(s_plan, SystemRandomSource.Instance, options);
        for (int i = 0; i < Parties; i++)
        {
            round.Contribute(ParticipantId.FromIndex(i), new float[6]);
        }

        return round;
    }

    [Fact]
    public void A_ledger_of_another_unit_or_with_a_charge_in_between_keeps_the_party_out()
    {
        PrivacyBudget records = new(100, 1e-5, PrivacyUnit.Record, NeighbouringRelation.AddOrRemoveOne);
        RoundDescriptor descriptor = Describe();
        Assert.Equal(
            AbortReason.PrivacyTooWeak,
            new LedgerGate(new InMemoryLedger("site", records)).Examine(descriptor)?.Reason
        );

        InMemoryLedger ledger = new(
            "site",
            new PrivacyBudget(
                new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(s_plan.Cost!).Epsilon(1e-5).Epsilon,
                1e-5,
                PrivacyUnit.Client,
                NeighbouringRelation.AddOrRemoveOne
            )
        );
        LedgerGate gate = new(ledger);
        Assert.Null(gate.Examine(descriptor));
        gate.Charge(descriptor);
        Assert.Throws<IOException>(() => gate.Charge(descriptor));
        Assert.Equal(AbortReason.PrivacyTooWeak, gate.Examine(descriptor)?.Reason);
        Assert.Single(ledger.Current.Lines);
    }

    [Fact]
    public void The_statement_says_what_the_plan_and_the_ledger_say_and_can_be_signed()
    {
        InMemoryLedger ledger = new(
            "site",
            new PrivacyBudget(4, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
        );
        new LedgerGate(ledger).Charge(Describe());
        PrivacyStatement statement = PrivacyStatement.Of(ledger.Current, s_plan);
        string[] names = [.. statement.Lines.Select(line => line.Name)];
        Assert.Equal(
            [
                "ledger",
                "unit",
                "neighbouring data sets",
                "promise",
                "accountant",
                "budget",
                "releases",
                "mechanism",
                "noise",
                "clip",
                "numbers",
                "sampling",
                "cohort",
                "holds against",
                "does not cover",
            ],
            names
        );
        double sigma = double.Parse(
            statement.Lines[8].Value.Split(' ')[2],
            System.Globalization.CultureInfo.InvariantCulture
        );
        Assert.InRange(sigma, 4, 4 * (1 + 1e-6));
        Assert.Contains("one party with all it holds", statement.Text, StringComparison.Ordinal);

        using EcdsaP256Signer signer = EcdsaP256Signer.Generate();
        ReadOnlyMemory<byte> signature = statement.Sign(signer);
        Assert.True(
            P256Suite.Instance.VerifySignature(signer.PublicKey.Span, statement.SignedContent(), signature.Span)
        );
        new LedgerGate(ledger).Ledger.Withhold(1);
        Assert.False(
            P256Suite.Instance.VerifySignature(
                signer.PublicKey.Span,
                PrivacyStatement.Of(ledger.Current, s_plan).SignedContent(),
                signature.Span
            )
        );
    }

    [Fact]
    public void The_statement_of_noise_in_layers_names_them_and_what_stays_at_least()
    {
        // No collusion and a coarse grid: what a layer is rounded up by shows in every other number of drop-outs.
        AggregationPlan plan = AggregationPlan.Create(
            length: 6,
            maximumParticipants: 7,
            clipNorm: 1,
            fractionBits: 6,
            PrivacyPlan.ForParties(noiseMultiplier: 2, divisor: 7).WithRemovableSurplus(),
            AggregationScheme.PairwiseMasked(minimumSurvivors: 5, collusionBound: 0)
        );
        SumNoise noise = plan.Encoding.Noise!;
        BigInteger least = NoiseRules.LeastHonestVariance(noise.Layers!, collusionBound: 0);
        Assert.True(least < (BigInteger)noise.ShareVariance * plan.HonestShares);
        InMemoryLedger ledger = new(
            "site",
            new PrivacyBudget(4, 1e-5, PrivacyUnit.Client, NeighbouringRelation.AddOrRemoveOne)
        );

        PrivacyStatement statement = PrivacyStatement.Of(ledger.Current, plan);

        Dictionary<string, string> lines = statement.Lines.ToDictionary(line => line.Name, line => line.Value);
        double sigma = Math.Sqrt((double)least) * plan.Encoding.GridStep;
        Assert.StartsWith(FormattableString.Invariant($"σ = {sigma:R} "), lines["noise"], StringComparison.Ordinal);
        Assert.Contains("3 layers", lines["mechanism"], StringComparison.Ordinal);
        Assert.Contains("taken out of the sum", lines["mechanism"], StringComparison.Ordinal);
        Assert.DoesNotContain("layer", PrivacyStatement.Of(ledger.Current, s_plan).Text, StringComparison.Ordinal);
    }

    private static RoundDescriptor Describe()
    {
        using InProcessFederation federation = InProcessFederation.Create(
            "budget",
            Enumerable.Range(0, Parties).Select(ParticipantId.FromIndex),
            SystemRandomSource.Instance
        );
        return s_plan.DescribeFor(
            federation.Members.Select(member => member.Enrolment),
            "budget",
            1,
            1,
            Digest.Of("model"u8),
            SuiteId.P256A256V1
        );
    }

    private static RoundOutcome Run(InProcessFederation federation) =>
        federation.RunRound(
            s_plan,
            round =>
            {
                for (int i = 0; i < Parties; i++)
                {
                    round.Contribute(ParticipantId.FromIndex(i), new float[6]);
                }
            },
            maximumAttempts: 1
        );
}
