using SecureFed;
using SecureFed.Samples.Shared;

const string Usage = """
    Parties fit the line y = 2x + 1 together; the server sees only sums.

      dotnet run -c Release --project samples/Linear -- [--seed N] [--rounds N] [--json]

    Runs twice: five parties of 200 points each with noise, and two devices of 100 points without.
    Two is less than the floors of a client allow; the program says which ones it lowers and what that costs.
    Exit codes: 0 done, 1 the line was missed, 2 usage, 4 plan, 5 no sum. With --json: one object on one line, with both "runs".
    """;

return DemoHost.RunSample(
    Usage,
    args,
    (arguments, screen) =>
    {
        int rounds = arguments.Rounds ?? LinearDemo.RoundCount;

        // Five parties: one may collude with the server (c = 1), so four must stay (t = U = 4) and one may drop out.
        var five = LinearTask.Create(partyCount: 5, rowsPerParty: 200, noiseStandardDeviation: 1, arguments.Seed);
        AggregationPlan planOfFive = AggregationPlan.Create(
            length: 2,
            maximumParticipants: 5,
            clipNorm: LinearDemo.ClipNorm,
            fractionBits: 24,
            privacy: PrivacyPlan.None(because: "made-up points"),
            scheme: AggregationScheme.PairwiseMasked(minimumSurvivors: 4, collusionBound: 1)
        );

        // Two devices: nobody may collude or drop out, and each learns the other's update from the sum.
        var two = LinearTask.Create(partyCount: 2, rowsPerParty: 100, noiseStandardDeviation: 0, arguments.Seed);
        return LinearReport.RunAll(screen, rounds, (five, planOfFive), (two, LinearDemo.PlanFor(parties: 2)));
    },
    takesData: false
);
