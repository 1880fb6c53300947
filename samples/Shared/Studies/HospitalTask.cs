using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>A model over hospitals, on the scale they agreed on: logistic regression, or the small network.</summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class HospitalTask : ILearningTask
{
    private readonly ImmutableDictionary<ParticipantId, LabelledRows> _training;
    private readonly ImmutableDictionary<ParticipantId, int> _streams;
    private readonly LabelledRows _test;
    private readonly LocalTraining _local;
    private readonly TrainingMetrics _metrics;
    private readonly RowModel _model;
    private readonly int _seed;

    private HospitalTask(
        ImmutableArray<(ParticipantId Name, LabelledRows Rows)> training,
        LabelledRows test,
        HospitalPlan plan,
        RowModel? model,
        int seed
    )
    {
        Parties = [.. training.Select(party => party.Name).Order()];
        _training = training.ToImmutableDictionary(party => party.Name, party => party.Rows);
        _streams = Parties.Select((name, i) => (name, i)).ToImmutableDictionary(pair => pair.name, pair => pair.i);
        _test = test;
        _local = plan.Local;
        _metrics = plan.Metrics;
        _model = model ?? RowModel.Logistic;
        _seed = seed;
        InitialModel = _model.StartOf(test.Features.Length);
    }

    /// <inheritdoc/>
    public ImmutableArray<ParticipantId> Parties { get; }

    /// <inheritdoc/>
    public int ModelLength => InitialModel.Length;

    /// <inheritdoc/>
    public GlobalModel InitialModel { get; }

    /// <summary>All hospitals, on a common scale.</summary>
    /// <param name="federation">The hospitals.</param>
    /// <param name="scale">From the sum of the hospitals' statistics, see <see cref="AgreeOnScale"/>.</param>
    /// <param name="seed">Shuffles mini-batches.</param>
    /// <param name="model">What is trained; null for logistic regression.</param>
    public static HospitalTask Of(
        HospitalFederation federation,
        Standardiser scale,
        int seed = 1,
        RowModel? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        ArgumentNullException.ThrowIfNull(scale);
        return new HospitalTask(
            [.. federation.Hospitals.Select(hospital => (hospital.Name, scale.Apply(hospital.Training)))],
            scale.Apply(federation.Test),
            federation.Plan,
            model,
            seed
        );
    }

    /// <summary>All rows at one party, as if data could travel: the pooled baseline.</summary>
    /// <param name="federation">The hospitals.</param>
    /// <param name="seed">Shuffles mini-batches.</param>
    /// <param name="model">What is trained; null for logistic regression.</param>
    public static HospitalTask Pooled(HospitalFederation federation, int seed = 1, RowModel? model = null)
    {
        ArgumentNullException.ThrowIfNull(federation);
        LabelledRows all = LabelledRows.Concat([.. federation.Hospitals.Select(hospital => hospital.Training)]);
        return Single(federation, "pooled", all, model, seed);
    }

    /// <summary>One hospital by itself, on its own scale, measured on everybody's held-out rows.</summary>
    /// <param name="federation">The hospitals.</param>
    /// <param name="hospital">One of them.</param>
    /// <param name="seed">Shuffles mini-batches.</param>
    /// <param name="model">What is trained; null for logistic regression.</param>
    public static HospitalTask Alone(
        HospitalFederation federation,
        Hospital hospital,
        int seed = 1,
        RowModel? model = null
    )
    {
        ArgumentNullException.ThrowIfNull(federation);
        ArgumentNullException.ThrowIfNull(hospital);
        return Single(federation, hospital.Name.ToString(), hospital.Training, model, seed);
    }

    /// <summary>
    /// Adds up the hospitals' statistics with an aggregate and makes the common scale from the sum. All hospitals count
    /// with weight 1; the request has round 0 and the zero model of the statistics' length.
    /// </summary>
    /// <param name="federation">The hospitals.</param>
    /// <param name="aggregate">Plain or secure.</param>
    /// <exception cref="InvalidOperationException">The aggregate gave no mean.</exception>
    public static Standardiser AgreeOnScale(HospitalFederation federation, IAggregate aggregate)
    {
        ArgumentNullException.ThrowIfNull(federation);
        ArgumentNullException.ThrowIfNull(aggregate);
        StandardisationStatistics statistics = federation.Plan.StatisticsOf(federation.Test.Features);
        AggregateOutcome outcome = aggregate.Aggregate(
            new AggregateRequest(
                Round: 0,
                GlobalModel.Zero(statistics.Length),
                [
                    .. federation.Hospitals.Select(hospital => new PartyUpdate(
                        hospital.Name,
                        statistics.Of(hospital.Training),
                        Weight: 1
                    )),
                ],
                Dropped: []
            )
        );
        return outcome switch
        {
            AggregateOutcome.Completed completed => Standardiser.FromSums(statistics, completed.Mean),
            AggregateOutcome.Aborted aborted => throw new InvalidOperationException(
                $"The hospitals could not agree on a common scale: {aborted.Reason}"
            ),
            _ => throw new InvalidOperationException("An aggregate completes or aborts."),
        };
    }

    /// <inheritdoc/>
    public PartyUpdate Train(ParticipantId party, GlobalModel model, int round)
    {
        ArgumentNullException.ThrowIfNull(model);
        LabelledRows rows = _training[party];
        var random = new DataSplitRandom(_seed, stream: checked((round * Parties.Length) + _streams[party]));
        return new PartyUpdate(
            party,
            _model.Train(model, rows, _local, random),
            rows.Count,
            _metrics.Of(_model.Scores(model, rows), rows.Labels)
        );
    }

    /// <inheritdoc/>
    public Evaluation Evaluate(GlobalModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        double[] scores = _model.Scores(model, _test);
        return new Evaluation(
            Metrics.LogLoss(scores, _test.Labels),
            Metrics.Auc(scores, _test.Labels),
            Metrics.Accuracy(scores, _test.Labels)
        );
    }

    private static HospitalTask Single(
        HospitalFederation federation,
        string name,
        LabelledRows rows,
        RowModel? model,
        int seed
    )
    {
        var statistics = new StandardisationStatistics(rows.Features, Math.Max(rows.Count, 1));
        Standardiser scale = Standardiser.FromSums(statistics, statistics.Of(rows));
        return new HospitalTask(
            [(ParticipantId.Parse(name), scale.Apply(rows))],
            scale.Apply(federation.Test),
            federation.Plan,
            model,
            seed
        );
    }
}
