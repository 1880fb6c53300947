using System.Collections.Immutable;

namespace SecureFed.Privacy.Losses;

/// <summary>
/// One question about releases: ε at δ, or δ at ε. The step begins as a part of the standard deviation of the losses that
/// matter to the question and is refined until both bounds are close. spec 02-privacy#loss-7
/// </summary>
internal sealed class LossQuestion
{
    private const int MostPoints = 1 << 20;
    private const int MostRefinements = 14;

    private readonly LossReleases _releases;
    private readonly LossCache _cache;
    private readonly double? _delta;
    private readonly double _epsilon;
    private readonly double _tail;

    /// <param name="releases">The releases.</param>
    /// <param name="cache">What was made before.</param>
    /// <param name="delta">δ, or null to ask for it.</param>
    /// <param name="epsilon">ε, or null to ask for it.</param>
    public LossQuestion(LossReleases releases, LossCache cache, double? delta, double? epsilon)
    {
        (_releases, _cache, _delta, _epsilon) = (releases, cache, delta, epsilon ?? 0);

        // What all cut tails may add to δ: a millionth of it. They come in few sizes, so that the cells come back.
        const double Share = 1e-6;
        double most = (delta ?? LossAccountant.LeastDelta) * Share / releases.Count;
        _tail = ((ReadOnlySpan<double>)[1e-18, 1e-24, 1e-36, 1e-72, 1e-144])
            .ToArray()
            .FirstOrDefault(tail => tail <= most, 1e-215);
        Consumed = releases.On(releases.PilotStep(_tail), _tail, LossDirection.Removing).InfiniteLower;
    }

    /// <summary>The probability of an infinite loss of the releases themselves.</summary>
    public double Consumed { get; }

    /// <summary>Bounds of the answer, the worst of several directions.</summary>
    /// <param name="directions">The directions.</param>
    /// <param name="goal">How far apart bounds may be, given the upper one.</param>
    public (double Lower, double Upper) Answer(ImmutableArray<LossDirection> directions, Func<double, double> goal)
    {
        (double Lower, double Upper)[] found =
        [
            .. directions.Select(_ => (double.NegativeInfinity, double.PositiveInfinity)),
        ];
        double[] steps = [.. directions.Select(direction => FirstStep(direction))];
        bool[] isDone = new bool[steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            Look(i);
        }

        for (int refinement = 0; refinement < MostRefinements; refinement++)
        {
            double upper = found.Max(bracket => bracket.Upper);
            double lower = found.Max(bracket => bracket.Lower);
            double allowed = 0.5 * goal(Math.Max(upper, 0));
            int worst = Array.FindIndex(found, bracket => bracket.Upper == upper);
            if (upper - Math.Max(lower, 0) <= allowed || isDone[worst])
            {
                break;
            }

            double part = Math.Clamp(0.8 * Math.Sqrt(allowed / (upper - Math.Max(lower, 0))), 1.0 / 16, 0.6);
            steps[worst] *= double.IsNaN(part) ? 0.5 : part;
            Look(worst);
        }

        return (found.Max(bracket => bracket.Lower), found.Max(bracket => bracket.Upper));

        // Every look gives proven bounds, so the best of all looks counts.
        void Look(int i)
        {
            if (Bounds(directions[i], steps[i]) is { } bounds)
            {
                found[i] = (Math.Max(found[i].Lower, bounds.Lower), Math.Min(found[i].Upper, bounds.Upper));
            }
            else
            {
                isDone[i] = true;
            }
        }
    }

    private double FirstStep(LossDirection direction)
    {
        const double OfDeviation = 0.03;
        const double OfTilt = 0.05;
        LossSum pilot = _releases.On(_releases.PilotStep(_tail), _tail, direction);
        double tilt = Tilt(pilot);
        double step = Math.Min(
            OfDeviation * Math.Sqrt(pilot.Upper(tilt).Variance / pilot.Count),
            OfTilt / tilt
        );
        return Math.Max(step, _releases.LeastStep(_tail));
    }

    // Null where the step would be too narrow for the releases or for the window.
    private (double Lower, double Upper)? Bounds(LossDirection direction, double wanted)
    {
        double step = _releases.Rung(wanted);
        if (step < _releases.LeastStep(_tail) / 2)
        {
            return null;
        }

        LossSum sum = _releases.On(step, _tail, direction);
        double tilt = Tilt(sum);
        (double least, double points, double outside) = LossDistribution.Window(sum, tilt);
        if (points > MostPoints)
        {
            return null;
        }

        int size = 2;
        while (size < points)
        {
            size *= 2;
        }

        LossDistribution distribution = LossDistribution.Of(sum, tilt, _cache.Transform(size), least, outside);
        return _delta is { } delta ? distribution.Epsilon(delta) : distribution.Delta(_epsilon);
    }

    private double Tilt(LossSum sum) =>
        _delta is { } delta
            ? sum.TiltForDelta(Math.Max(delta - sum.InfiniteUpper, delta * 1e-6))
            : sum.TiltForEpsilon(_epsilon);
}
