using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Privacy;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>Noise in layers: which layers there are, who opens them when, and what stays in the sum.</summary>
public sealed class RemovableLayerTests(ITestOutputHelper output)
{
    // Seven parties of which two may drop out: t = 5, U = 5, c = 1.
    private const int Parties = 7;
    private const int Removable = 2;

    private static readonly TestFederation s_seven = TestFederation.Of(Parties);
    private static readonly NoiseLayers s_layers = new(1_000_000, Parties, Removable);
    private static readonly RoundPlan s_plan = new() { Noise = SumNoise.In(s_layers, 1, 7) };
    private static readonly RoundOptions s_options = new() { Sampling = NoiseShare.Sample };

    [Fact]
    public void The_layers_of_the_vectors_come_from_the_seeds_of_the_vectors()
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllText(RepositoryFolders.InRoot("spec", "vectors", "noise", "layers.json"))
        );
        Assert.Equal("securefed/noise-layers/1", document.RootElement.GetProperty("schema").GetString());
        JsonElement cases = document.RootElement.GetProperty("cases");
        Assert.Equal(4, cases.GetArrayLength());
        Assert.All(
            cases.EnumerateArray(),
            one =>
            {
                long[] expected =
                [
                    .. one.GetProperty("sums")
                        .EnumerateArray()
                        .Select(sum => long.Parse(sum.GetString()!, CultureInfo.InvariantCulture)),
                ];
                NoiseLayers layers = new(
                    long.Parse(one.GetProperty("variance").GetString()!, CultureInfo.InvariantCulture),
                    one.GetProperty("parties").GetInt32(),
                    one.GetProperty("removable").GetInt32()
                );
                int first = one.GetProperty("first").GetInt32();
                using SecretBytes root = SecretBytes.CopyFrom(
                    SHA256.HashData(Encoding.ASCII.GetBytes(one.GetProperty("id").GetString() + "/seed"))
                );
                using SecretBytes seed = LayerSeeds.SeedOf(P256Suite.Instance, root, first);
                long[] sums = new long[expected.Length];
                LayerSeeds.AddLayers(P256Suite.Instance, seed, first, layers, NoiseShare.Sample, sums);
                Assert.Equal(expected, sums);

                LayerSeeds.AddLayers(P256Suite.Instance, root, layers.Removable + 1, layers, NoiseShare.Sample, sums);
                Assert.Equal(expected, sums);
            }
        );
    }

    [Fact]
    public void Every_layer_is_the_exact_one_rounded_up_and_the_honest_noise_is_what_was_asked_for()
    {
        Gen<(int Parties, int Survivors, int Colluding, int Bits, double Multiplier)> cases =
            from parties in Gen.Choose(2, 256)
            from survivors in Gen.Choose(1, parties - 1)
            from colluding in Gen.Choose(0, survivors - 1)
            from bits in Gen.Choose(20, 40)
            from thousandths in Gen.Choose(10, 5_000)
            select (parties, survivors, colluding, bits, thousandths / 997.0);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (int parties, int survivors, int colluding, int bits, double multiplier) = input;
                    UInt128 bound = UInt128.One << bits;
                    BigInteger whole = NoiseRules.LeastLayeredVariance(
                        bound,
                        multiplier,
                        survivors,
                        colluding,
                        NeighbouringRelation.AddOrRemoveOne
                    );
                    NoiseLayers layers = new((long)whole, parties, parties - survivors);
                    RemovableNoise exact = RemovableNoise.Create(
                        Rational.Of((long)whole) * new Rational(survivors - colluding, survivors),
                        parties,
                        survivors,
                        colluding
                    );
                    bool roundsUp = Enumerable
                        .Range(0, layers.Removable + 1)
                        .All(k =>
                            Rational.Of(layers.VarianceOf(k)) >= exact.Components[k]
                            && Rational.Of(layers.VarianceOf(k) - 1) < exact.Components[k]
                        );

                    double back = NoiseRules.NoiseMultiplier(
                        bound,
                        SumNoise.In(layers, 1, 1),
                        survivors - colluding,
                        colluding,
                        NeighbouringRelation.AddOrRemoveOne
                    );

                    // The least of all drop-outs, one by one.
                    BigInteger least = Enumerable
                        .Range(0, layers.Removable + 1)
                        .Select(j =>
                            (parties - j - colluding)
                            * Enumerable
                                .Range(0, j + 1)
                                .Aggregate(BigInteger.Zero, (sum, k) => sum + layers.VarianceOf(k))
                        )
                        .Min();
                    double direct = Math.Sqrt((double)least / (double)bound);
                    return (
                        roundsUp && back >= multiplier * (1 - 1e-14) && back <= direct && back >= direct * (1 - 1e-14)
                    ).Label($"s = {whole}, z = {back:R} for {multiplier:R}");
                }
            )
            .Holds(output, 500);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    public void Who_stays_opens_its_surplus_layers_and_exactly_they_leave_the_sum(int dropped, int firstOpened)
    {
        using MessageRound round = new(s_seven, s_plan, s_options);
        round.Hook = sent => sent.Type == MessageType.MaskedInput && sent.From < dropped ? [] : [sent];
        round.Run();

        int[] survivors = [.. Enumerable.Range(dropped, Parties - dropped)];
        long[] expected = round.ExpectedSum(survivors);
        ProtocolMessage.UnmaskShares[] opened = Opened(round);
        Assert.Equal(survivors.Length, opened.Length);
        int first = dropped + 1;
        Assert.All(opened, message => Assert.Equal(dropped < Removable ? 32 : 0, message.LayerSeed.Length));
        Assert.Equal(firstOpened == 0, dropped == Removable);
        Subtract(expected, opened, first);
        Assert.Equal(expected, round.Result.Sum.Decode().Integers());
        Assert.DoesNotContain(round.ServerFaults, fault => fault.Kind != PeerFaultKind.TimedOut);
    }

    [Fact]
    public void A_seed_is_in_no_message_but_the_one_that_opens_it_and_no_earlier_seed_is_in_any()
    {
        using MessageRound round = new(s_seven, s_plan, s_options);
        round.Hook = sent => sent is { Type: MessageType.MaskedInput, From: 0 } ? [] : [sent];
        SecretBytes[] seeds = [.. Enumerable.Range(0, Parties).Select(party => round.UpdateOf(party).LayerSeed!)];
        byte[][] roots = [.. seeds.Select(seed => seed.Reveal(SecretAccess.ForPrimitive).ToArray())];
        round.Run();

        foreach (int party in Enumerable.Range(1, Parties - 1))
        {
            using SecretBytes root = SecretBytes.CopyFrom(roots[party]);
            using SecretBytes second = LayerSeeds.SeedOf(P256Suite.Instance, root, 2);
            byte[] due = second.Reveal(SecretAccess.ForPrimitive).ToArray();
            Assert.DoesNotContain(round.Sent, sent => sent.Bytes.Span.IndexOf(roots[party]) >= 0);
            Delivery only = Assert.Single(round.Sent, sent => sent.Bytes.Span.IndexOf(due) >= 0);
            Assert.Equal((MessageType.UnmaskShares, party), (only.Type, only.From!.Value));
            Assert.True(seeds[party].IsDisposed);
            Assert.Null(round.UpdateOf(party).LayerSeed);
        }

        Assert.DoesNotContain(round.Sent, sent => sent.Bytes.Span.IndexOf(roots[0]) >= 0);
    }

    [Fact]
    public void A_party_that_vanishes_before_it_opens_its_layers_leaves_them_in_the_sum()
    {
        using MessageRound round = new(s_seven, s_plan, s_options);
        round.Hook = sent => sent is { Type: MessageType.UnmaskShares, From: 3 } ? [] : [sent];
        round.Run();

        int[] everyone = [.. Enumerable.Range(0, Parties)];
        Assert.Equal(Parties, round.Result.Survivors.Length);
        long[] expected = round.ExpectedSum(everyone);
        Subtract(expected, [.. Opened(round).Where(message => message.Sender != 3)], first: 1);
        Assert.Equal(expected, round.Result.Sum.Decode().Integers());
    }

    [Fact]
    public void A_session_that_refuses_wipes_no_seed_that_it_did_not_take()
    {
        using MessageRound round = new(s_seven, s_plan, s_options);
        RoundOptions stricter = s_options with
        {
            PolicyFor = _ => new ClientPolicy
            {
                PinnedRoster = s_seven.Roster,
                Federation = "test",
                MinimumCohort = Parties + 1,
            },
        };
        SecretBytes seed = round.UpdateOf(0).LayerSeed!;
        using (ClientSession refusing = round.ClientOf(0, stricter))
        {
            Assert.Equal(AbortReason.CohortTooSmall, Refusal(refusing));
        }

        Assert.Same(seed, round.UpdateOf(0).LayerSeed);
        Assert.False(seed.IsDisposed);

        // Another one comes while the first is under way: it gets nothing, and takes nothing away.
        round.Take(MessageType.KeyAdvertisement, from: 6);
        using (ClientSession second = round.ClientOf(0, s_options))
        {
            Assert.Equal(AbortReason.InputRefused, Refusal(second));
        }

        Assert.False(seed.IsDisposed);
        round.Run();
        Assert.Equal(32, Assert.Single(Opened(round), message => message.Sender == 0).LayerSeed.Length);
        Assert.True(seed.IsDisposed);
    }

    [Fact]
    public void A_session_whose_seed_is_gone_does_not_join()
    {
        using MessageRound round = new(s_seven, s_plan, s_options);
        round.UpdateOf(0).LayerSeed!.Dispose();

        Assert.Equal(AbortReason.InputRefused, Refusal(round.Clients[0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void An_answer_without_the_seed_that_is_due_and_one_with_a_seed_that_is_not_are_faults(int undue)
    {
        // With undue = 1 two parties have dropped out and nothing is to be opened.
        using MessageRound round = new(s_seven, s_plan, s_options);
        byte[] seed = undue == 1 ? new byte[32] : [];
        round.Hook = sent =>
            sent.Type == MessageType.MaskedInput && sent.From < 2 * undue ? []
            : sent is { Type: MessageType.UnmaskShares, From: 4 }
                ? [sent.With(Reseeded(Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes), seed))]
            : [sent];
        round.Run();

        Assert.Contains(
            round.ServerFaults,
            fault => fault.Kind == PeerFaultKind.InvalidShareList && fault.Who == s_seven.IdOf(4)
        );

        // With all of them the shares of the others suffice. With two gone exactly t are left, and none may fail.
        if (undue == 0)
        {
            Assert.Equal(Parties, round.Result.Survivors.Length);
        }
        else
        {
            Assert.Equal(AbortReason.NotEnoughPeers, round.Aborted.Reason);
        }
    }

    [Fact]
    public void A_server_that_restarts_while_layers_are_opened_gets_them_again_and_the_same_sum()
    {
        using MessageRound whole = new(s_seven, s_plan, s_options);
        whole.Run();
        using MessageRound round = new(s_seven, s_plan, s_options);

        // Some answers have arrived, one is lost with the server, the rest is under way.
        round.Take(MessageType.UnmaskShares, from: 6);
        Assert.Equal(RoundPhase.Unmask, round.Server.Phase);
        round.RestartServer([.. round.ServerRecords]);
        round.Run();
        Assert.Equal(whole.Result.Sum.Decode().Integers(), round.Result.Sum.Decode().Integers());
    }

    [Fact]
    public void A_server_without_a_sampler_does_not_start_such_a_round()
    {
        RoundDescriptor descriptor = s_plan.Build(s_seven);
        ArgumentException refused = Assert.Throws<ArgumentException>(() =>
            new MaskingServerSession(new ServerSetup { Descriptor = descriptor, Suite = P256Suite.Instance })
        );
        Assert.Contains("Sampling", refused.Message, StringComparison.Ordinal);
        new MaskingServerSession(
            new ServerSetup
            {
                Descriptor = descriptor,
                Suite = P256Suite.Instance,
                Sampling = NoiseShare.Sample,
            }
        ).Dispose();
    }

    [Fact]
    public void Layers_that_are_not_those_of_the_plan_make_no_encoding_and_no_round()
    {
        PlanFault Fault(NoiseLayers layers, long? share = null) =>
            Assert
                .Throws<PlanRefusedException>(() =>
                    UpdateEncoding.Create(
                        10,
                        Parties,
                        1,
                        16,
                        noise: new SumNoise(share ?? layers.VarianceUpTo(layers.Removable), 1, 1, layers)
                    )
                )
                .Fault;
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(s_layers, s_layers.VarianceUpTo(Removable) - 1));
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(s_layers with { Parties = Parties + 1 }));
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(s_layers with { Removable = Parties }, 1000));
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(s_layers with { Removable = 0 }, 1000));
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(s_layers with { Variance = (1L << 62) + 1 }, 1 << 30));

        Assert.Throws<PlanRefusedException>(() =>
            UpdateEncoding.Create(
                10,
                Parties,
                1,
                16,
                noise: SumNoise.In(s_layers, 1, 1) with
                {
                    Compression = CompressedBits.Twenty,
                }
            )
        );

        // A layer of 99 squared grid units: a sum of them is no discrete Gaussian any more.
        Assert.Equal(PlanFault.NoiseOutOfRange, Fault(new NoiseLayers(99 * 42, Parties, Removable)));
        UpdateEncoding.Create(
            10,
            Parties,
            1,
            16,
            noise: SumNoise.In(new NoiseLayers((99 * 42) + 1, Parties, Removable), 1, 1)
        );

        RoundDescriptor sound = s_plan.Build(s_seven);
        Assert.Null(DescriptorRules.Check(sound));
        RoundPlan other = s_plan with { Noise = SumNoise.In(s_layers with { Removable = 1 }, 1, 7) };
        DescriptorRefusal refusal = DescriptorRules.Check(other.Build(s_seven))!;
        Assert.Equal(AbortReason.PrivacyTooWeak, refusal.Reason);
        Assert.Throws<ArgumentOutOfRangeException>(() => s_layers.VarianceOf(Removable + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => s_layers.FirstRemoved(Parties - Removable - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => s_layers.FirstRemoved(Parties + 1));
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    [InlineData(65_535, false)]
    public void Layers_of_more_parties_than_a_complete_graph_has_are_refused_however_few_are_enrolled(
        int parties,
        bool isSound
    )
    {
        NoiseLayers layers = new(1L << 40, parties, parties - 5);
        RoundPlan plan = s_plan with { MaximumParticipants = parties, Noise = SumNoise.In(layers, 1, 7) };

        DescriptorRefusal? refusal = DescriptorRules.Check(plan.Build(s_seven));

        Assert.Equal(isSound ? null : AbortReason.PrivacyTooWeak, refusal?.Reason);
        if (!isSound)
        {
            Assert.Contains($"n = {parties}", refusal!.Explanation, StringComparison.Ordinal);
        }
    }

    private static AbortReason? Refusal(ClientSession session) =>
        (session.Advance(new RoundEvent.Started()).Ended as RoundEnding<ClientReceipt>.Aborted)?.Reason;

    private static ProtocolMessage.UnmaskShares[] Opened(MessageRound round) =>
        [
            .. round
                .Sent.Where(sent => sent.Type == MessageType.UnmaskShares)
                .Select(sent => Forge.Read<ProtocolMessage.UnmaskShares>(sent.Bytes)),
        ];

    private static void Subtract(long[] sum, ProtocolMessage.UnmaskShares[] opened, int first)
    {
        foreach (ProtocolMessage.UnmaskShares message in opened.Where(message => !message.LayerSeed.IsEmpty))
        {
            using SecretBytes seed = SecretBytes.CopyFrom(message.LayerSeed.Span);
            long[] layers = new long[sum.Length];
            LayerSeeds.AddLayers(P256Suite.Instance, seed, first, s_layers, NoiseShare.Sample, layers);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] -= layers[i];
            }
        }
    }

    private static ProtocolMessage.UnmaskShares Reseeded(ProtocolMessage.UnmaskShares like, byte[] seed) =>
        Forge.Signed(
            s_seven.Signers[like.Sender],
            signature => new ProtocolMessage.UnmaskShares(
                like.Session,
                like.Sender,
                like.Survivors,
                like.Dealers,
                like.Shares,
                signature,
                seed
            )
        );
}
