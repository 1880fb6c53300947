using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Samples.Shared;

namespace SecureFed.UnitTests.Samples;

/// <summary>What the hospitals report inside their masked vectors, against the same figures from all rows in one place.</summary>
public sealed class TrainingMetricsTests
{
    private static readonly HospitalFederation s_hospitals = HospitalDemo.Load(folder: null, seed: 1, rounds: 2);

    [Fact]
    public void The_figures_of_the_sums_are_those_of_the_rows_of_all_who_stayed()
    {
        HospitalTask task = HospitalTask.Of(s_hospitals, HospitalTask.AgreeOnScale(s_hospitals, new PlainAggregate()));
        GlobalModel model = Trained(task);
        foreach (bool oneDrops in (bool[])[false, true])
        {
            ParticipantId[] dropped = oneDrops ? [task.Parties[2]] : [];
            using var federation = InProcessFederation.Create("test", task.Parties, SystemRandomSource.Instance);
            MetricReading? reading = null;
            SecureAggregate secure = new(
                federation,
                HospitalDemo.PlansOf(s_hospitals),
                observer: round => reading = s_hospitals.Plan.Metrics.Read(round.Outcome)
            );

            Assert.IsType<AggregateOutcome.Completed>(
                secure.Aggregate(
                    new AggregateRequest(
                        1,
                        model,
                        [.. task.Parties.Select(party => task.Train(party, model, round: 2))],
                        [.. dropped]
                    )
                )
            );

            (double loss, double auc) = InOnePlace(model, dropped);
            Assert.NotNull(reading);
            Assert.Equal(loss, reading.Loss, 1e-4);
            Assert.InRange(
                auc,
                reading.Auc - reading.AucErrorBound - 1e-12,
                reading.Auc + reading.AucErrorBound + 1e-12
            );
            Assert.InRange(reading.AucErrorBound, 0, 0.005);
            Assert.Equal((0, oneDrops ? 4 : 5), (reading.Clipped, reading.Contributors));
        }
    }

    [Fact]
    public void The_metrics_leave_the_ring_as_wide_as_it_is_without_them()
    {
        AggregationPlan plan = HospitalDemo.PlansOf(s_hospitals)(
            new AggregateRequest(1, RowModel.Logistic.StartOf(30), Cohort: [], Dropped: [])
        );

        Assert.Equal(plan.WithMetrics([]).RingBits, plan.RingBits);
        Assert.Equal(67, plan.Encoding.MetricLength);
    }

    [Fact]
    public void Each_round_of_the_demonstration_reports_the_model_it_started_from()
    {
        HospitalDemoResult result = HospitalDemo.Run(
            s_hospitals,
            HospitalDemo.PlansOf(s_hospitals),
            HospitalDemo.OneDropout(s_hospitals),
            seed: 1
        );

        // The first round starts from the zero model: every score is 0. One hospital of five falls silent in it.
        MetricReading first = result.Metrics[0]!;
        Assert.Equal(2, result.Metrics.Length);
        Assert.Equal(Math.Log(2), first.Loss, 1e-4);
        Assert.Equal((0.5, 0.5, 0L, 4), (first.Auc, first.AucErrorBound, first.Clipped, first.Contributors));
        Assert.True(result.Metrics[1]!.Loss < 0.3);
        Assert.True(result.Metrics[1]!.Auc > 0.97);
        Assert.Equal(5, result.Metrics[1]!.Contributors);
    }

    [Fact]
    public void A_plan_without_metrics_is_sent_none_and_reports_none()
    {
        HospitalDemoResult result = HospitalDemo.Run(
            s_hospitals,
            request => HospitalDemo.PlansOf(s_hospitals)(request).WithMetrics([]),
            HospitalDemo.OneDropout(s_hospitals),
            seed: 1
        );

        Assert.All(result.Metrics, Assert.Null);
        Assert.True(result.IsKept);
        Assert.Contains("no metrics", HospitalPage.Create(result, 1, ReportStamp.Now()), StringComparison.Ordinal);
    }

    private static GlobalModel Trained(HospitalTask task)
    {
        PartyUpdate[] updates = [.. task.Parties.Select(party => task.Train(party, task.InitialModel, round: 1))];
        float[] mean = new float[task.ModelLength];
        FederatedAveraging.WeightedMean(
            [.. updates.Select(update => update.Update)],
            [.. updates.Select(update => (double)update.Weight)],
            mean
        );
        return GlobalModel.Create(mean);
    }

    private static (double Loss, double Auc) InOnePlace(GlobalModel model, ParticipantId[] dropped)
    {
        Standardiser scale = HospitalTask.AgreeOnScale(s_hospitals, new PlainAggregate());
        LabelledRows rows = scale.Apply(
            LabelledRows.Concat([
                .. s_hospitals
                    .Hospitals.Where(hospital => !dropped.Contains(hospital.Name))
                    .Select(hospital => hospital.Training),
            ])
        );
        double[] scores = RowModel.Logistic.Scores(model, rows);
        return (Metrics.LogLoss(scores, rows.Labels), Metrics.Auc(scores, rows.Labels));
    }
}
