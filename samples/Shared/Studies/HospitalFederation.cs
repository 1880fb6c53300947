using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>One hospital's rows: private training rows, and held-out rows that the demonstration pools to measure.</summary>
/// <param name="Name">The hospital.</param>
/// <param name="Training">Rows it trains on.</param>
/// <param name="Test">Held-out rows.</param>
public sealed record Hospital(ParticipantId Name, LabelledRows Training, LabelledRows Test);

/// <summary>Hospitals that hold the same features of different patients, and how they agreed to train.</summary>
/// <remarks>Immutable after construction.</remarks>
public sealed class HospitalFederation
{
    private const double TrainingShare = 0.7;

    private HospitalFederation(string title, string attribution, ImmutableArray<Hospital> hospitals, HospitalPlan plan)
    {
        Title = title;
        Attribution = attribution;
        Hospitals = [.. hospitals.OrderBy(hospital => hospital.Name)];
        Plan = plan;
        Test = LabelledRows.Concat([.. Hospitals.Select(hospital => hospital.Test)]);
    }

    /// <summary>What the data are, for headings.</summary>
    public string Title { get; }

    /// <summary>The sentence that goes wherever results are shown.</summary>
    public string Attribution { get; }

    /// <summary>The hospitals, ascending by name.</summary>
    public ImmutableArray<Hospital> Hospitals { get; }

    /// <summary>Their names, ascending.</summary>
    public ImmutableArray<ParticipantId> Names => [.. Hospitals.Select(hospital => hospital.Name)];

    /// <summary>The public plan of the training.</summary>
    public HospitalPlan Plan { get; }

    /// <summary>Everybody's held-out rows together.</summary>
    public LabelledRows Test { get; }

    /// <summary>The Wisconsin rows that come with the samples, dealt to five hospitals by label skew.</summary>
    /// <param name="seed">Splits rows; the same seed gives the same hospitals.</param>
    public static HospitalFederation Wisconsin(int seed = 1)
    {
        string[] names = ["eastfield", "harbourview", "lakeside", "northgate", "riverside"];
        LabelledRows[] parts = DataSplit.ByLabelSkew(
            WisconsinData.Load(),
            names.Length,
            concentration: 2,
            minimumRowCount: 40,
            seed
        );
        return new HospitalFederation(
            "Breast Cancer Wisconsin, five hospitals",
            WisconsinData.Attribution,
            [.. names.Select((name, i) => Split(name, parts[i], "the Wisconsin rows of this program", seed))],
            new HospitalPlan(
                RoundCount: 20,
                new LocalTraining(Epochs: 5, LearningRate: 0.5, Penalty: 0.01),
                ClipNorm: 2,
                MaximumRowCount: 1024,
                PublicRowCount: 400
            )
        );
    }

    /// <summary>The four hospitals of the heart disease data.</summary>
    /// <param name="folder">Holds processed.cleveland.data and its three neighbours.</param>
    /// <param name="seed">Splits rows into training and test parts.</param>
    /// <exception cref="DataFileException">A file is missing or malformed.</exception>
    /// <exception cref="DemoException">A hospital has fewer than two rows of a label.</exception>
    public static HospitalFederation HeartDisease(string folder, int seed = 1)
    {
        ImmutableArray<LabelledRows> centres = HeartDiseaseData.LoadFolder(folder);
        return new HospitalFederation(
            "Heart disease, four hospitals",
            HeartDiseaseData.Attribution,
            [
                .. HeartDiseaseData.Centres.Select(
                    (name, i) => Split(name, centres[i], HeartDiseaseData.PathOf(folder, name), seed)
                ),
            ],
            new HospitalPlan(
                RoundCount: 20,
                new LocalTraining(Epochs: 5, LearningRate: 0.3, Penalty: 0.01),
                ClipNorm: 2,
                MaximumRowCount: 1024,
                PublicRowCount: 640
            )
        );
    }

    /// <summary>The same hospitals with another number of rounds.</summary>
    /// <param name="roundCount">At least 1.</param>
    public HospitalFederation WithRounds(int roundCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(roundCount, 1);
        return new HospitalFederation(Title, Attribution, Hospitals, Plan with { RoundCount = roundCount });
    }

    private static Hospital Split(string name, LabelledRows rows, string source, int seed)
    {
        int positives = rows.Labels.Count(label => label);
        int negatives = rows.Count - positives;
        if (Math.Min(positives, negatives) < 2)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-too-few-rows",
                $"{source}: hospital {name} has {negatives} rows without the disease and {positives} with it.",
                "Give it at least two rows of each: one to train on, one to measure on."
            );
        }

        (LabelledRows training, LabelledRows test) = DataSplit.Stratified(rows, TrainingShare, seed);
        return new Hospital(ParticipantId.Parse(name), training, test);
    }
}

/// <summary>What the hospitals agree on before the first round; all of it is public.</summary>
/// <param name="RoundCount">Rounds of training.</param>
/// <param name="Local">Each hospital's training within a round.</param>
/// <param name="ClipNorm">A bound on the L2 norm of an update that honest training does not reach, so that clipping changes nothing.</param>
/// <param name="MaximumRowCount">The public bound on a hospital's training rows, which is also the largest weight.</param>
/// <param name="PublicRowCount">About how many rows all hospitals train on, from the published size of the data: what a private mean divides by.</param>
public sealed record HospitalPlan(
    int RoundCount,
    LocalTraining Local,
    double ClipNorm,
    int MaximumRowCount,
    int PublicRowCount
)
{
    /// <summary>The statistics by which the hospitals agree on a common scale.</summary>
    public StandardisationStatistics StatisticsOf(ImmutableArray<Feature> features) => new(features, MaximumRowCount);

    /// <summary>What every hospital reports inside its masked vector of a training round.</summary>
    public TrainingMetrics Metrics => new(MaximumRowCount);
}
