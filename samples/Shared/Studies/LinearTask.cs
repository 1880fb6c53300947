using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Samples.Shared;

/// <summary>
/// Linear regression y = 2x + 1 + noise over parties that each hold some points, x uniform in [0, 1]. The model vector is
/// (slope, intercept); one round is one gradient step on the mean squared error at every party.
/// </summary>
/// <remarks>With equally many points at every party, FedAvg of one step each is the pooled gradient step, so training converges to pooled least squares. Immutable and thread-safe.</remarks>
public sealed class LinearTask : ILearningTask
{
    /// <summary>The slope of the line the points come from.</summary>
    public const double TrueSlope = 2;

    /// <summary>The intercept of the line the points come from.</summary>
    public const double TrueIntercept = 1;

    /// <summary>Learning rate of a step.</summary>
    public const double LearningRate = 0.5;

    /// <summary>Rounds for a distance to least squares below 10⁻⁴: each shrinks it by 0.93, from x being uniform in [0, 1].</summary>
    public const int RecommendedRoundCount = 200;

    private readonly ImmutableDictionary<ParticipantId, ImmutableArray<(double X, double Y)>> _points;

    private LinearTask(ImmutableDictionary<ParticipantId, ImmutableArray<(double X, double Y)>> points, double noise)
    {
        _points = points;
        NoiseStandardDeviation = noise;
        Parties = [.. points.Keys.Order()];
    }

    /// <inheritdoc/>
    public ImmutableArray<ParticipantId> Parties { get; }

    /// <inheritdoc/>
    public int ModelLength => 2;

    /// <summary>How far the points scatter around the line; 0 for points on it.</summary>
    public double NoiseStandardDeviation { get; }

    /// <summary>All points of all parties.</summary>
    public int PointCount => _points.Values.Sum(points => points.Length);

    /// <summary>Makes up the points.</summary>
    /// <param name="partyCount">At least 1.</param>
    /// <param name="rowsPerParty">At least 2.</param>
    /// <param name="noiseStandardDeviation">0 or more.</param>
    /// <param name="seed">The seed.</param>
    public static LinearTask Create(int partyCount, int rowsPerParty, double noiseStandardDeviation, int seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partyCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsPerParty, 2);
        if (!double.IsFinite(noiseStandardDeviation) || noiseStandardDeviation < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(noiseStandardDeviation),
                noiseStandardDeviation,
                "A standard deviation is a finite number from 0."
            );
        }

        return new LinearTask(
            Enumerable
                .Range(0, partyCount)
                .ToImmutableDictionary(
                    ParticipantId.FromIndex,
                    party => Points(rowsPerParty, noiseStandardDeviation, new DataSplitRandom(seed, party))
                ),
            noiseStandardDeviation
        );
    }

    /// <inheritdoc/>
    public PartyUpdate Train(ParticipantId party, GlobalModel model, int round)
    {
        ArgumentNullException.ThrowIfNull(model);
        ImmutableArray<(double X, double Y)> points = _points[party];
        (double slope, double intercept) = (model.Weights[0], model.Weights[1]);
        (double slopeGradient, double interceptGradient) = (0, 0);
        foreach ((double x, double y) in points)
        {
            double residual = (slope * x) + intercept - y;
            slopeGradient += 2 * residual * x / points.Length;
            interceptGradient += 2 * residual / points.Length;
        }

        float[] update = [(float)(-LearningRate * slopeGradient), (float)(-LearningRate * interceptGradient)];
        return new PartyUpdate(party, update, points.Length);
    }

    /// <summary>The mean squared error over everybody's points.</summary>
    public Evaluation Evaluate(GlobalModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (double slope, double intercept) = (model.Weights[0], model.Weights[1]);
        double loss = _points
            .Values.SelectMany(points => points)
            .Average(point =>
            {
                double residual = (slope * point.X) + intercept - point.Y;
                return residual * residual;
            });
        return new Evaluation(loss, Auc: null, Accuracy: null);
    }

    /// <summary>Least squares over all points in one place, in closed form: the baseline.</summary>
    public (double Slope, double Intercept) PooledLeastSquares()
    {
        (double X, double Y)[] all = [.. Parties.SelectMany(party => _points[party])];
        double meanX = all.Average(point => point.X);
        double meanY = all.Average(point => point.Y);
        double covariance = all.Sum(point => (point.X - meanX) * (point.Y - meanY));
        double variance = all.Sum(point => (point.X - meanX) * (point.X - meanX));
        double slope = covariance / variance;
        return (slope, meanY - (slope * meanX));
    }

    private static ImmutableArray<(double X, double Y)> Points(int count, double noise, DataSplitRandom random)
    {
        ImmutableArray<(double X, double Y)>.Builder points = ImmutableArray.CreateBuilder<(double X, double Y)>(count);
        for (int i = 0; i < count; i++)
        {
            double x = random.NextDouble();
            points.Add((x, (TrueSlope * x) + TrueIntercept + (noise * random.NextNormal())));
        }

        return points.MoveToImmutable();
    }
}
