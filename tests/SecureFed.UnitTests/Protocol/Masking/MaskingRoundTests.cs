using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>Whole rounds of the masked protocol with the platform suite, message by message.</summary>
public class MaskingRoundTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_round_with_one_dropout_at_any_boundary_gives_the_exact_sum(int messagesBeforeSilence)
    {
        using SmallRound round = new(parties: 5, collusionBound: 1, length: 37);

        round.Run(silent: (2, messagesBeforeSilence));

        AggregateResult result = Assert.IsType<RoundEnding<AggregateResult>.Completed>(round.Ended).Result;
        bool isIn = messagesBeforeSilence >= 3;
        Assert.Equal(isIn ? 5 : 4, result.Survivors.Length);
        long[] expected = round.ExpectedSum(party => isIn || party != 2);
        Assert.Equal(expected, result.Sum.Decode().Integers());
        Assert.Equal(3, result.EffectiveCohort);
    }

    [Fact]
    public void Two_dropouts_where_one_is_allowed_end_in_the_named_abort()
    {
        using SmallRound round = new(parties: 5, collusionBound: 1, length: 37);

        round.Run((2, 2), (3, 2));

        RoundEnding<AggregateResult>.Aborted aborted = Assert.IsType<RoundEnding<AggregateResult>.Aborted>(round.Ended);
        Assert.Equal(AbortReason.NotEnoughSurvivors, aborted.Reason);
    }

    private sealed class SmallRound : IDisposable
    {
        private readonly List<EcdsaP256Signer> _signers = [];
        private readonly List<EncodedUpdate> _updates = [];
        private readonly List<MaskingClientSession> _clients = [];
        private readonly MaskingServerSession _server;
        private readonly RoundDescriptor _descriptor;

        public SmallRound(int parties, int collusionBound, int length)
        {
            int threshold = DescriptorRules.LeastThreshold(parties, collusionBound);
            UpdateEncoding encoding = UpdateEncoding.Create(length, parties, clipNorm: 1.0, fractionBits: 18);
            for (int i = 0; i < parties; i++)
            {
                _signers.Add(EcdsaP256Signer.Generate());
            }

            ImmutableArray<RosterEntry> roster =
            [
                .. _signers.Select((signer, i) => new RosterEntry(ParticipantId.FromIndex(i), signer.PublicKey)),
            ];
            Digest model = Digest.Of([1, 2, 3]);
            _descriptor = new RoundDescriptor
            {
                Suite = SuiteId.P256A256V1,
                Scheme = SchemeKind.MaskedComplete,
                UnprotectedBecause = string.Empty,
                Length = length,
                ClipNorm = 1.0,
                FractionBits = 18,
                MaximumParticipants = parties,
                MaximumWeight = 0,
                RingBits = encoding.RingBits,
                Threshold = threshold,
                MinimumSurvivors = threshold,
                CollusionBound = collusionBound,
                NoPrivacyBecause = "test data",
                ModelDigest = model,
                Federation = "test",
                Round = 1,
                Attempt = 1,
                Roster = roster,
            };
            for (int i = 0; i < parties; i++)
            {
                float[] values = [.. Enumerable.Range(0, length).Select(j => 0.01f * (((i * 31) + (j * 7)) % 11 - 5))];
                LocalUpdate local = LocalUpdate.Create(values);
                EncodedUpdate update = EncodedUpdate.Encode(
                    ClippedUpdate.Clip(local, encoding),
                    SystemRandomSource.Instance
                );
                _updates.Add(update);
                _clients.Add(
                    new MaskingClientSession(
                        new ClientSetup
                        {
                            Descriptor = _descriptor,
                            Self = roster[i].Id,
                            Signer = _signers[i],
                            Suite = P256Suite.Instance,
                            Random = SystemRandomSource.Instance,
                            Policy = new ClientPolicy
                            {
                                PinnedRoster = roster,
                                Federation = "test",
                                WithoutPrivacyNoise = LocalConsent.Given("test data"),
                            },
                            History = ClientHistory.Empty,
                            ExpectedModel = model,
                            Update = update,
                        }
                    )
                );
            }

            _server = new MaskingServerSession(
                new ServerSetup { Descriptor = _descriptor, Suite = P256Suite.Instance }
            );
        }

        public RoundEnding<AggregateResult>? Ended { get; private set; }

        public long[] ExpectedSum(Func<int, bool> isIn)
        {
            RingVector sum = new(_updates[0].Encoding.Ring, _updates[0].Encoding.RingLength);
            for (int i = 0; i < _updates.Count; i++)
            {
                if (isIn(i))
                {
                    sum.Add(_updates[i].Values);
                }
            }

            return [.. sum.NarrowLanes.ToArray().Select(lane => Signed(lane, sum.Ring.Bits))];
        }

        public void Run(params (int Party, int Messages)[] silent)
        {
            Dictionary<int, int> left = silent.ToDictionary(entry => entry.Party, entry => entry.Messages);
            Queue<OutgoingMessage> toClients = new(Server(new RoundEvent.Started()));
            HashSet<int> started = [];
            while (Ended is null)
            {
                while (Ended is null && toClients.TryDequeue(out OutgoingMessage? message))
                {
                    int party = _descriptor.Roster.Select(entry => entry.Id).ToList().IndexOf(message.To!.Value);
                    RoundEvent happened = started.Add(party)
                        ? new RoundEvent.Started()
                        : new RoundEvent.Received(null, message.Bytes);
                    Step<ClientReceipt> step = _clients[party].Advance(happened);
                    Assert.Empty(step.Faults);
                    foreach (OutgoingMessage reply in step.Send)
                    {
                        if (left.TryGetValue(party, out int messages) && messages <= 0)
                        {
                            continue;
                        }

                        left[party] = left.GetValueOrDefault(party, int.MaxValue) - 1;
                        foreach (
                            OutgoingMessage next in Server(
                                new RoundEvent.Received(_descriptor.Roster[party].Id, reply.Bytes)
                            )
                        )
                        {
                            toClients.Enqueue(next);
                        }
                    }
                }

                if (Ended is null)
                {
                    foreach (OutgoingMessage next in Server(new RoundEvent.PhaseEnded(_server.Phase)))
                    {
                        toClients.Enqueue(next);
                    }
                }
            }
        }

        public void Dispose()
        {
            _server.Dispose();
            _clients.ForEach(client => client.Dispose());
            _signers.ForEach(signer => signer.Dispose());
        }

        private IEnumerable<OutgoingMessage> Server(RoundEvent happened)
        {
            Step<AggregateResult> step = _server.Advance(happened);
            Ended ??= step.Ended;
            return step.Send;
        }

        private static long Signed(uint lane, int bits) => unchecked((long)((ulong)lane << (64 - bits))) >> (64 - bits);
    }
}
