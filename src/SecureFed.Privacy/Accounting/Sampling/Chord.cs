using SecureFed.Privacy.Numerics;

namespace SecureFed.Privacy.Sampling;

/// <summary>A moment at a real order from those at the integers beside it.</summary>
internal static class Chord
{
    /// <summary>
    /// spec 02-privacy#renyi-4: (α − 1)·r(α) is convex in α and 0 at α = 1, so that the chord lies above it.
    /// </summary>
    public static double LogMoment(double order, Func<double, double> atInteger)
    {
        double below = Math.Floor(order);
        double part = order - below;
        double low = below == 1 ? 0 : atInteger(below) * (1 - part);
        return (low + (atInteger(below + 1) * part)) * (1 + (8 * NearOne.UnitRoundoff));
    }
}
