using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>The files of spec/vectors/masking. Their form is described in spec/vectors/README.md.</summary>
internal static class MaskingVectors
{
    private static readonly RoundPlan s_dropout = new("dropout", "four parties; one leaves after it dealt its shares")
    {
        Parties = 4,
        CollusionBound = 1,
        Threshold = 3,
        MinimumSurvivors = 3,
        ClipNorm = 4,
        FractionBits = 6,
        Length = 5,
        SilentFrom = new Dictionary<int, int> { [3] = 3 },
    };

    private static readonly RoundPlan s_weighted = new(
        "weighted",
        "three parties with weights and metrics in a ring above 32 bits; one signature comes too late"
    )
    {
        Parties = 3,
        CollusionBound = 0,
        Threshold = 2,
        MinimumSurvivors = 3,
        ClipNorm = 1024,
        FractionBits = 30,
        Length = 3,
        MaximumWeight = 1000,
        Metrics = [new Metric("loss", 1, 1 << 20, 16), new Metric("clipped", 2, 1000, 0)],
        LateSigner = 2,
    };

    private static readonly RoundPlan s_boundaries = new(
        "boundaries",
        "six parties; one never advertises keys, one never deals shares"
    )
    {
        Parties = 6,
        CollusionBound = 0,
        Threshold = 4,
        MinimumSurvivors = 4,
        ClipNorm = 1,
        FractionBits = 8,
        Length = 2,
        SilentFrom = new Dictionary<int, int> { [5] = 1, [4] = 2 },
    };

    private static readonly RoundPlan s_rubbish = s_dropout with
    {
        Id = "rubbish",
        What = "a dealer seals rubbish for one holder, which complains; the round goes on",
        SilentFrom = new Dictionary<int, int>(),
        Malicious = 1,
        RubbishFor = 0,
    };

    private static readonly RoundPlan[] s_failing =
    [
        s_dropout with
        {
            Id = "another seed",
            What = "a dealer shares another seed than the one it committed to",
            Malicious = 1,
            SharesAnotherSeed = true,
        },
        s_dropout with
        {
            Id = "outside the lattice",
            What = "an input that no plan encodes shows in the sum, and nobody can say whose it was",
            Malicious = 2,
            InputIsOutsideTheLattice = true,
        },
        s_dropout with
        {
            Id = "complaints",
            What = "more than c complaints about one dealer leave it short of holders before any share is revealed",
            SilentFrom = new Dictionary<int, int>(),
            FalseComplaints = [(1, 0), (2, 0)],
        },
    ];

    /// <summary>Name and content of each file.</summary>
    public static IEnumerable<(string Name, JsonObject Content)> Files()
    {
        RoundCase dropout = new(s_dropout);
        RoundCase weighted = new(s_weighted);
        RoundCase boundaries = new(s_boundaries);
        RoundCase rubbish = new(s_rubbish);
        RoundCase[] rounds = [dropout, weighted, boundaries, rubbish, .. s_failing.Select(plan => new RoundCase(plan))];
        yield return (
            "rounds.json",
            new JsonObject
            {
                ["schema"] = "securefed/masking-rounds/1",
                ["cases"] = new JsonArray([.. rounds.Select(round => round.ToJson())]),
            }
        );
        yield return ("refusals.json", new Refusals(dropout, weighted, boundaries).ToJson());
        yield return ("graphs.json", Graph.ToJson());
    }
}
