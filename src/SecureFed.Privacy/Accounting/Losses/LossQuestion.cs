using System.Collections.Immutable;

namespace SecureFed.Privacy.Losses;

/// <summary>
/// One question about releases: ε at δ, or δ at ε. The step begins as a part of the standard deviation of the losses that
/// matter to the question and is refined until both bounds are close. spec 02-privacy#loss-7
/// </summary>
internal sealed class LossQuestion
{
    private const int MostPoints = 1 << 23;
    private const int MostRefinements = 16;
    private const double LeastTail = 1e-215;

    // Of a step, in one refinement.
    private const double LeastPart = 0.25;
    private const double MostPart = 0.6;

    // An estimate of δ is right to this factor.
    private const double Doubt = 1e-3;

    private readonly LossReleases _releases;
    private readonly LossCache _cache;
    private readonly ImmutableArray<LossDirection> _directions;
    private readonly double? _delta;
    private readonly double _epsilon;
    private readonly double _tail = LeastTail;

    /// <param name="releases">The releases.</param>
    /// <param name="cache">What was made before.</param>
    /// <param name="directions">The directions, of which the worst counts.</param>
    /// <param name="delta">δ, or null to ask for it.</param>
    /// <param name="epsilon">ε, or null to ask for it.</param>
    public LossQuestion(
        LossReleases releases,
        LossCache cache,
        ImmutableArray<LossDirection> directions,
        double? delta,
        double? epsilon
    )
    {
        (_releases, _cache, _directions, _delta, _epsilon) = (releases, cache, directions, delta, epsilon ?? 0);

        // What all cut tails may add to δ: a millionth of it. When δ is asked for, a coarse look tells about how large it is.
        double about =
            delta
            ?? (Doubt * Math.Exp(directions.Max(direction => Pilot(direction).TiltForEpsilon(_epsilon).LogDelta)));
        _tail = Tail(about * 1e-6 / releases.Count);
    }

    /// <summary>The probability of an infinite loss of the releases themselves.</summary>
    public double Consumed => Pilot(_directions[0]).InfiniteLower;

    /// <summary>Bounds of the answer, the worst of the directions.</summary>
    /// <param name="goal">How far apart bounds may be, given the upper one.</param>
    public (double Lower, double Upper) Answer(Func<double, double> goal)
    {
        (double Lower, double Upper)[] found =
        [
            .. _directions.Select(_ => (double.NegativeInfinity, double.PositiveInfinity)),
        ];

        // The first direction is the worse one nearly always: of the others a coarse look is often enough.
        double[] steps =
        [
            .. _directions.Select((direction, i) => i == 0 ? FirstStep(direction) : _releases.PilotStep(_tail)),
        ];
        bool[] isDone = new bool[steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            for (Look(i); isDone[i]; Look(i))
            {
                steps[i] *= 2;
                isDone[i] = false;
            }
        }

        for (int refinement = 0; refinement < MostRefinements; refinement++)
        {
            double upper = found.Max(bracket => bracket.Upper);
            double gap = upper - Math.Max(0, found.Max(bracket => bracket.Lower));
            double allowed = 0.5 * goal(Math.Max(upper, 0));
            int worst = Array.FindIndex(found, bracket => bracket.Upper == upper);
            if (gap <= allowed || isDone[worst])
            {
                break;
            }

            double part = Math.Clamp(0.8 * Math.Sqrt(allowed / gap), LeastPart, MostPart);
            double before = steps[worst];
            steps[worst] = before * (double.IsNaN(part) ? MostPart : part);
            Look(worst);
            if (isDone[worst] && part < MostPart)
            {
                (steps[worst], isDone[worst]) = (before * MostPart, false);
                Look(worst);
            }
        }

        return (found.Max(bracket => bracket.Lower), found.Max(bracket => bracket.Upper));

        // Every look gives proven bounds, so the best of all looks counts.
        void Look(int i)
        {
            if (Bounds(_directions[i], steps[i]) is { } bounds)
            {
                found[i] = (Math.Max(found[i].Lower, bounds.Lower), Math.Min(found[i].Upper, bounds.Upper));
            }
            else
            {
                isDone[i] = true;
            }
        }
    }

    // In few sizes, so that cells that were made once come back.
    private static double Tail(double most)
    {
        foreach (double tail in (ReadOnlySpan<double>)[1e-12, 1e-18, 1e-24, 1e-36, 1e-72, 1e-144])
        {
            if (tail <= most)
            {
                return tail;
            }
        }

        return LeastTail;
    }

    private LossSum Pilot(LossDirection direction) =>
        _releases.On(_releases.Rung(_releases.PilotStep(_tail)), _tail, direction);

    private double FirstStep(LossDirection direction)
    {
        const double OfDeviation = 0.1;
        LossSum pilot = Pilot(direction);
        double tilt = Tilt(pilot);
        double step = OfDeviation * Math.Sqrt(pilot.Upper(tilt).Variance / pilot.Count);
        return Math.Max(step, _releases.LeastStep(_tail, direction));
    }

    // Null where the step would be too narrow for the releases or for the window.
    private (double Lower, double Upper)? Bounds(LossDirection direction, double wanted)
    {
        double step = _releases.Rung(wanted);
        if (step < _releases.LeastStep(_tail, direction) / 2)
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

    // Less tilt than would put the answer in the middle: as long as the answer is only a million times less likely than the
    // middle, rounding is still a small part of it, and the window need not reach far into the upper tail.
    private double Tilt(LossSum sum)
    {
        const double Likelier = 1e6;
        const double Likely = 0.25;
        double delta = _delta is { } known
            ? Math.Max(known - sum.InfiniteUpper, known * 1e-6)
            : Math.Exp(sum.TiltForEpsilon(_epsilon).LogDelta);
        return sum.TiltForDelta(Math.Clamp(delta * Likelier, LossAccountant.LeastDelta, Likely));
    }
}
