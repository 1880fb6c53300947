using SecureFed;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;

const string Usage = """
    Hospitals train a logistic regression and a small neural network together; the server sees only sums.

      dotnet run -c Release --project samples/Hospital -- [--data FOLDER] [--seed N] [--rounds N]
                                                           [--epsilon E [--delta D]]
                                                           [--report PATH | --no-report] [--json]

      --data FOLDER  four hospitals from processed.{cleveland,hungarian,switzerland,va}.data instead of the
                     five that share the Wisconsin rows of this sample
      --seed N       splits the rows (default 1); keys, masks and rounding are never seeded
      --rounds N     rounds of training (default 20)
      --epsilon E    trains a third time with differential privacy, so that all rounds together cost
                     epsilon E for one patient at --delta D (default 1e-5), and stops at that budget
      --report PATH  where the report page goes (default out/report.html); --no-report for none
      --json         one JSON object on one line
    Exit codes: 0 done, 1 the gap to plain FedAvg is above 0.005 AUC, 2 usage, 3 data, 4 plan, 5 no sum,
    6 the report page could not be written.
    """;

return DemoHost.RunSample(
    Usage,
    args,
    (arguments, screen) =>
    {
        PrivacyTarget? target = arguments.Privacy;
        HospitalFederation hospitals = HospitalDemo.Load(arguments.Data, arguments.Seed, arguments.Rounds);

        // One hospital may work together with the server; the least threshold against that decides who may drop out.
        const int CollusionBound = 1;
        int parties = hospitals.Hospitals.Length;
        int threshold = DescriptorRules.LeastThreshold(parties, CollusionBound);
        var scheme = AggregationScheme.PairwiseMasked(minimumSurvivors: threshold, CollusionBound);
        var privacy = PrivacyPlan.None(HospitalDemo.NoNoiseBecause);

        // Before the first round: a masked sum of everybody's counts, sums and squares gives the common scale.
        StandardisationStatistics statistics = hospitals.Plan.StatisticsOf(hospitals.Test.Features);
        var scale = AggregationPlan.Create(
            length: statistics.Length,
            maximumParticipants: parties,
            clipNorm: statistics.ClipNorm,
            fractionBits: StandardisationStatistics.RecommendedFractionBits,
            privacy,
            scheme
        );

        // Every round: the mean update, weighted by training rows up to a public bound; one plan for each length of a model.
        // Loss, AUC parts and clip count of the hospitals' own rows travel inside the same masked vectors.
        AggregationPlan TrainingOf(int length) =>
            AggregationPlan
                .Create(
                    length,
                    maximumParticipants: parties,
                    clipNorm: hospitals.Plan.ClipNorm,
                    fractionBits: 20,
                    privacy,
                    scheme,
                    maximumWeight: hospitals.Plan.MaximumRowCount
                )
                .WithMetrics(hospitals.Plan.Metrics.Blocks);
        AggregationPlan PlanOf(AggregateRequest request) =>
            request.Round == 0 ? scale : TrainingOf(request.Model.Length);

        // Enrols the hospitals, trains round by round (SecureAggregate shows the five lines of a round) and compares.
        // With --epsilon PrivateTraining shows the same with noise: a plan for records, examples added up one by one, ledgers.
        return HospitalReport.Run(screen, hospitals, PlanOf, arguments.Seed, arguments.Report, target);
    },
    report: Path.Combine("out", "report.html")
);
