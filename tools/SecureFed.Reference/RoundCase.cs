using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>What a round case is about.</summary>
internal sealed record RoundPlan(string Id, string What)
{
    public required int Parties { get; init; }

    public required int CollusionBound { get; init; }

    public required int Threshold { get; init; }

    public required int MinimumSurvivors { get; init; }

    public required double ClipNorm { get; init; }

    public required int FractionBits { get; init; }

    public required int Length { get; init; }

    public long MaximumWeight { get; init; }

    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>Party, and the first phase, 1 to 5, in which it does not answer.</summary>
    public IReadOnlyDictionary<int, int> SilentFrom { get; init; } = new Dictionary<int, int>();

    /// <summary>A party whose consistency signature comes after the result.</summary>
    public int? LateSigner { get; init; }

    /// <summary>A party that does not keep the protocol: its own steps are not part of the script.</summary>
    public int? Malicious { get; init; }

    /// <summary>It shares another seed than the one it committed to.</summary>
    public bool SharesAnotherSeed { get; init; }

    /// <summary>Its input is outside the lattice.</summary>
    public bool InputIsOutsideTheLattice { get; init; }

    /// <summary>Complaints that parties make without a cause: complainant, dealer. Their own steps are not part of the script either.</summary>
    public IReadOnlyList<(int Complainant, int Dealer)> FalseComplaints { get; init; } = [];

    /// <summary>The malicious party seals rubbish for this holder, which complains.</summary>
    public int? RubbishFor { get; init; }

    public bool IsMalicious(int party) =>
        party == Malicious || FalseComplaints.Any(complaint => complaint.Complainant == party);

    public IEnumerable<(int Complainant, int Dealer)> Complaints =>
        RubbishFor is { } holder ? FalseComplaints.Append((holder, Malicious!.Value)) : FalseComplaints;
}

/// <summary>One attempt from the first message to its end: what every actor is sent, and what it must do.</summary>
internal sealed class RoundCase
{
    public const int ShareDecryptFailed = 15;
    public const int TimedOut = 22;
    public const int ShareComplaint = 24;

    private readonly RoundPlan _plan;
    private int[] _sharers = [];
    private int[] _survivors = [];

    public RoundCase(RoundPlan plan)
    {
        _plan = plan;
        Streams streams = new(plan.Id);
        Parties =
        [
            .. Enumerable
                .Range(0, plan.Parties)
                .Select(index => new Party(streams, index, plan.Parties, plan.Threshold)),
        ];
        Descriptor descriptor = new()
        {
            Length = plan.Length,
            ClipNorm = plan.ClipNorm,
            FractionBits = plan.FractionBits,
            MaximumParticipants = plan.Parties,
            MaximumWeight = plan.MaximumWeight,
            Metrics = plan.Metrics,
            Threshold = plan.Threshold,
            MinimumSurvivors = plan.MinimumSurvivors,
            CollusionBound = plan.CollusionBound,
            Roster = [.. Parties.Select(party => (party.Name, party.SigningPublicKey))],
        };
        descriptor = descriptor with { RingBits = descriptor.DerivedRingBits };
        foreach (Party party in Parties)
        {
            party.Input = InputOf(descriptor, party.Index);
        }

        if (plan is { Malicious: { } malicious, SharesAnotherSeed: true })
        {
            Parties[malicious].SharedSeed = streams.Take("another seed", 32);
        }

        if (plan is { Malicious: { } outside, InputIsOutsideTheLattice: true })
        {
            Parties[outside].Input[0] = BigInteger.One << (descriptor.RingBits - 1);
        }

        Attempt = new Attempt(descriptor, Parties);
        if (plan is { Malicious: { } dealer, RubbishFor: { } holder })
        {
            Attempt.Rubbish[(dealer, holder)] = streams.Take("rubbish", 116);
        }

        Play();
        Finish();
    }

    public string Id => _plan.Id;

    public Party[] Parties { get; }

    public Attempt Attempt { get; }

    public Script Script { get; } = new();

    /// <summary>After which step a phase of an actor begins: the number of steps, by "actor phase".</summary>
    public Dictionary<string, int> Marks { get; } = [];

    public int[] Cohort { get; private set; } = [];

    public int[] Sharers => _sharers;

    public int[] Survivors => _survivors;

    public int[] Signers { get; private set; } = [];

    private Descriptor Descriptor => Attempt.Descriptor;

    public JsonObject ToJson()
    {
        JsonArray parties = [];
        foreach (Party party in Parties)
        {
            parties.Add(
                new JsonObject
                {
                    ["name"] = party.Name,
                    ["signingKey"] = Json.Hex(party.SigningKey),
                    ["channelKey"] = Json.Hex(party.ChannelKey),
                    ["maskKey"] = Json.Hex(party.MaskKey),
                    ["seed"] = Json.Hex(party.Seed),
                    ["maskKeyPolynomial"] = Json.Hex(party.MaskKeyPolynomial),
                    ["seedPolynomial"] = Json.Hex(party.SeedPolynomial),
                    ["salts"] = Json.Hex(party.Salts),
                    ["input"] = Json.Integers(party.Input),
                    ["honest"] = !_plan.IsMalicious(party.Index),
                }
            );
        }

        return new JsonObject
        {
            ["id"] = Id,
            ["what"] = _plan.What,
            ["descriptor"] = Json.Hex(Descriptor.Encode()),
            ["d"] = Json.Hex(Attempt.D),
            ["k"] = Json.Hex(Attempt.K),
            ["parties"] = parties,
            ["shareTreeRoots"] = new JsonArray([
                .. _sharers.Select(dealer => (JsonNode)Json.Hex(Attempt.RootOf(dealer))),
            ]),
            ["messages"] = Script.Messages,
            ["steps"] = Script.Steps,
        };
    }

    /// <summary>u64 round, u32 attempt, the federation's name. spec 05-transport#records-1</summary>
    public byte[] JoinedContent() =>
        new Bytes()
            .U64((ulong)Descriptor.Round)
            .U32(Descriptor.Attempt)
            .Raw(Encoding.ASCII.GetBytes(Descriptor.Federation))
            .ToArray();

    /// <summary>spec 05-transport#records-2</summary>
    public byte[] SurvivorSetContent(int[] survivors, long? round = null, int? attempt = null)
    {
        Bytes content = new Bytes()
            .Raw(Attempt.SurvivorSets(_sharers, survivors))
            .U64((ulong)(round ?? Descriptor.Round))
            .U32(attempt ?? Descriptor.Attempt)
            .Text(Descriptor.Federation)
            .Raw(Descriptor.ModelDigest)
            .U16(survivors.Length);
        foreach (int survivor in survivors)
        {
            content.Text(Parties[survivor].Name);
        }

        return content.ToArray();
    }

    // Small numbers that differ between parties and coordinates, inside every bound.
    private static BigInteger[] InputOf(Descriptor descriptor, int party)
    {
        List<BigInteger> input = [];
        for (int i = 0; i < descriptor.Length; i++)
        {
            BigInteger size = descriptor.CoordinateBound / (4 * (i + 1));
            input.Add((i + party) % 2 == 0 ? size - party : party - size);
        }

        if (descriptor.MaximumWeight > 0)
        {
            input.Add(descriptor.MaximumWeight - party);
        }

        foreach (Metric metric in descriptor.Metrics)
        {
            for (int i = 0; i < metric.Count; i++)
            {
                input.Add(metric.Maximum - (i * 2) - party);
            }
        }

        return [.. input];
    }

    private bool Answers(int party, int phase) => !_plan.SilentFrom.TryGetValue(party, out int from) || phase < from;

    private void Play()
    {
        int[] everyone = [.. Enumerable.Range(0, Parties.Length)];
        Script.Add(new Step(null, "start") { Sends = Everybody(everyone, "RoundInvitation", Attempt.Invitation()) });
        Cohort = Collect(1, everyone, DecideCohort);
        _sharers = Collect(2, Cohort, DecideSharers);
        int[] survivors = Collect(3, _sharers, DecideSurvivors);
        if (_survivors.Length == 0)
        {
            return;
        }

        _survivors = survivors;
        Signers = Collect(4, survivors, DecideSigners);
        Collect(5, Signers, DecideResult);
    }

    /// <summary>One phase: each expected party that answers does so, then the server hears of it; the last one, or the deadline, decides.</summary>
    private int[] Collect(int phase, int[] expected, Func<int[], Step, Step> decide)
    {
        int[] answering =
        [
            .. expected.Where(party => Answers(party, phase) && !(phase == 4 && party == _plan.LateSigner)),
        ];
        int needed = phase == 5 ? EnoughToUnmask(answering) : expected.Length;
        int heard = 0;
        foreach (int party in answering)
        {
            Step answer = ClientStep(phase, party);
            Marks[$"{party} {phase}"] = Script.Count;
            if (!_plan.IsMalicious(party))
            {
                Script.Add(answer);
            }

            if (heard == needed)
            {
                continue;
            }

            heard++;
            Marks[$"server {phase} {party}"] = Script.Count;
            Step received = new(null, "message")
            {
                From = party,
                Message = (answer.Sends[0].Name, answer.Sends[0].Bytes),
                Faults =
                [
                    .. _plan
                        .Complaints.Where(complaint => phase == 3 && complaint.Complainant == party)
                        .Select(complaint => ((int?)party, ShareComplaint, (int?)complaint.Dealer)),
                ],
            };
            Script.Add(heard == needed ? decide(answering, received) : received);
        }

        if (heard < needed)
        {
            Step deadline = new(null, "deadline")
            {
                Faults = [.. expected.Except(answering).Select(party => ((int?)party, TimedOut, (int?)null))],
            };
            Marks[$"server {phase} deadline"] = Script.Count;
            Script.Add(decide(answering, deadline));
        }

        return answering;
    }

    // The server does not wait for more than t shares of each dealer.
    private int EnoughToUnmask(int[] answering)
    {
        for (int heard = 1; heard < answering.Length; heard++)
        {
            if (
                _sharers.All(dealer =>
                    answering[..heard].Count(holder => !_plan.Complaints.Contains((holder, dealer)))
                    >= Descriptor.Threshold
                )
            )
            {
                return heard;
            }
        }

        return answering.Length;
    }

    private int[] DealersOf(int holder) => [.. _sharers.Where(dealer => !_plan.Complaints.Contains((holder, dealer)))];

    private Step ClientStep(int phase, int party)
    {
        switch (phase)
        {
            case 1:
                return new(party, "start")
                {
                    Sends = [(null, $"KeyAdvertisement {party}", Attempt.Advertisement(party))],
                    Store = (1, Attempt.D, JoinedContent()),
                };
            case 2:
                return new(party, "message")
                {
                    Message = ("CohortAnnouncement", Attempt.CohortAnnouncement(Cohort)),
                    Sends = [(null, $"EncryptedShares {party}", Attempt.EncryptedShares(party))],
                };
            case 3:
                (int, int)[] complaints =
                [
                    .. _plan
                        .Complaints.Where(complaint => complaint.Complainant == party)
                        .Select(complaint => (complaint.Dealer, ShareDecryptFailed)),
                ];
                return new(party, "message")
                {
                    Message = ($"ShareDelivery {party}", Attempt.ShareDelivery(party, _sharers)),
                    Sends = [(null, $"MaskedInput {party}", Attempt.MaskedInput(party, _sharers, complaints))],
                    Faults = [.. complaints.Select(complaint => ((int?)complaint.Item1, complaint.Item2, (int?)null))],
                    Store = (2, Attempt.K, Attempt.D),
                };
            case 4:
                return new(party, "message")
                {
                    Message = ("SurvivorAnnouncement", Attempt.SurvivorAnnouncement(_survivors)),
                    Sends =
                    [
                        (
                            null,
                            $"ConsistencySignature {party}",
                            Attempt.ConsistencySignature(party, _sharers, _survivors)
                        ),
                    ],
                    Store = (3, Attempt.K, SurvivorSetContent(_survivors)),
                };
            default:
                return new(party, "message")
                {
                    Message = ("UnmaskRequest", Attempt.UnmaskRequest(_sharers, _survivors, Signers)),
                    Sends =
                    [
                        (
                            null,
                            $"UnmaskShares {party}",
                            Attempt.UnmaskShares(party, _sharers, _survivors, DealersOf(party))
                        ),
                    ],
                };
        }
    }

    private Step DecideCohort(int[] cohort, Step step)
    {
        Cohort = cohort;
        byte[] announcement = Attempt.CohortAnnouncement(cohort);
        Attempt.FixCohort(cohort);
        return step with
        {
            Store = (16, Attempt.D, announcement),
            Sends = Everybody(cohort, "CohortAnnouncement", announcement),
        };
    }

    private Step DecideSharers(int[] sharers, Step step)
    {
        _sharers = sharers;
        Bytes content = new();
        foreach (int dealer in sharers)
        {
            byte[] shares = Attempt.EncryptedShares(dealer);
            content.U32(shares.Length).Raw(shares);
        }

        return step with
        {
            Store = (17, Attempt.K, content.ToArray()),
            Sends =
            [
                .. sharers.Select(party =>
                    ((int?)party, $"ShareDelivery {party}", Attempt.ShareDelivery(party, sharers))
                ),
            ],
        };
    }

    private Step DecideSurvivors(int[] survivors, Step step)
    {
        // spec 03-masking#unmask-6
        foreach (int dealer in _sharers)
        {
            int[] complainants =
            [
                .. _plan
                    .Complaints.Where(complaint => complaint.Dealer == dealer)
                    .Select(complaint => complaint.Complainant)
                    .Where(party => survivors.Contains(party)),
            ];
            if (survivors.Length - complainants.Length < Descriptor.Threshold)
            {
                // More than c of them: the dealer is the liar. spec 03-masking#blame-1
                return Abort(
                    step,
                    31,
                    complainants.Length > Descriptor.CollusionBound ? [dealer] : [.. complainants.Append(dealer)]
                );
            }
        }

        _survivors = survivors;
        BigInteger[] sum = new BigInteger[Descriptor.RingLength];
        foreach (int party in survivors)
        {
            BigInteger[] masked = Attempt.Masked(party, _sharers);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += masked[i];
            }
        }

        Bytes complaints = new();
        foreach ((int complainant, int dealer) in _plan.Complaints.OrderBy(complaint => complaint.Dealer))
        {
            complaints.U16(dealer).U16(complainant);
        }

        return step with
        {
            Store = (
                18,
                Attempt.K,
                new Bytes()
                    .Raw(Item(Bitmap(survivors)))
                    .Raw(Item(complaints.ToArray()))
                    .Raw(Item(Attempt.Pack(sum)))
                    .ToArray()
            ),
            Sends = Everybody(survivors, "SurvivorAnnouncement", Attempt.SurvivorAnnouncement(survivors)),
        };
    }

    private Step DecideSigners(int[] signers, Step step)
    {
        Signers = signers;
        byte[] request = Attempt.UnmaskRequest(_sharers, _survivors, signers);
        return step with { Store = (19, Attempt.K, request), Sends = Everybody(signers, "UnmaskRequest", request) };
    }

    private Step DecideResult(int[] answered, Step step)
    {
        if (_plan.SharesAnotherSeed)
        {
            return Abort(step, 15, [_plan.Malicious!.Value]);
        }

        if (_plan.InputIsOutsideTheLattice)
        {
            return Abort(step, 39, []);
        }

        BigInteger[] sum = Attempt.Sum(_survivors);
        return step with
        {
            Store = (
                20,
                Attempt.K,
                new Bytes().Raw(Item(Bitmap(_survivors))).Raw(Item([])).Raw(Item(Attempt.Pack(sum))).ToArray()
            ),
            Sends = Everybody(_survivors, "ResultAnnouncement", Attempt.ResultAnnouncement(_survivors)),
            Ended = new JsonObject { ["survivors"] = Json.Array(_survivors), ["sum"] = Json.Integers(sum) },
        };
    }

    private Step Abort(Step step, int reason, int[] named)
    {
        byte[] message = Attempt.RoundAborted(Attempt.D, reason, named);
        return step with
        {
            Store = (21, Attempt.K, message),
            Sends = Everybody([.. Enumerable.Range(0, Parties.Length)], "RoundAborted", message),
            Ended = Step.Aborted(reason, named),
        };
    }

    // The last steps: the late signature, and what every survivor makes of the result.
    private void Finish()
    {
        if (_survivors.Length == 0 || _plan.SharesAnotherSeed || _plan.InputIsOutsideTheLattice)
        {
            return;
        }

        byte[] result = Attempt.ResultAnnouncement(_survivors);
        if (_plan.LateSigner is { } late)
        {
            Step signed = ClientStep(4, late);
            Script.Add(signed);
            Script.Add(
                new Step(null, "message")
                {
                    From = late,
                    Message = (signed.Sends[0].Name, signed.Sends[0].Bytes),
                    Faults = [(late, 19, null)],
                    Sends = [(late, "ResultAnnouncement", result)],
                }
            );
        }

        foreach (int party in _survivors)
        {
            if (_plan.IsMalicious(party) || (!Answers(party, 4) && party != _plan.LateSigner))
            {
                continue;
            }

            if (!Answers(party, 5))
            {
                continue;
            }

            Marks[$"{party} 6"] = Script.Count;
            Script.Add(
                new Step(party, "message")
                {
                    Message = ("ResultAnnouncement", result),
                    Store = (4, Attempt.K, JoinedContent()),
                    Ended = new JsonObject
                    {
                        ["survivors"] = Json.Array(_survivors),
                        ["sumDigest"] = Json.Hex(
                            System.Security.Cryptography.SHA256.HashData(Attempt.Pack(Attempt.Sum(_survivors)))
                        ),
                    },
                }
            );
        }
    }

    private byte[] Bitmap(int[] members) => new Bytes().Set(Parties.Length, members).ToArray()[2..];

    private static byte[] Item(byte[] bytes) => new Bytes().U32(bytes.Length).Raw(bytes).ToArray();

    private static List<(int? To, string Name, byte[] Bytes)> Everybody(int[] parties, string name, byte[] message) =>
        [.. parties.Select(party => ((int?)party, name, message))];
}
