namespace SecureFed.Samples.Shared;

/// <summary>A linear axis with round numbers at its ticks.</summary>
internal sealed class Axis
{
    private const int MostTicks = 5;
    private readonly double _from;
    private readonly double _to;

    private Axis(double low, double high, double step, double from, double to)
    {
        (Low, High, _from, _to) = (low, high, from, to);
        int count = (int)Math.Round((high - low) / step);
        Ticks = [.. Enumerable.Range(0, count + 1).Select(i => low + (i * step))];
        Decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 12);
    }

    /// <summary>The smallest value that the axis shows.</summary>
    public double Low { get; }

    /// <summary>The largest.</summary>
    public double High { get; }

    /// <summary>Where labels stand, from low to high.</summary>
    public double[] Ticks { get; }

    /// <summary>How many decimals tell the ticks apart.</summary>
    public int Decimals { get; }

    /// <summary>An axis that holds all values; values that are not finite do not count.</summary>
    /// <param name="values">What it has to show.</param>
    /// <param name="from">Where its low end is drawn.</param>
    /// <param name="to">Where its high end is drawn.</param>
    /// <param name="most">The largest value that makes sense, for example 1 for a share; the axis does not go beyond.</param>
    public static Axis Over(IEnumerable<double> values, double from, double to, double most = double.PositiveInfinity)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        (double least, double largest) = finite.Length == 0 ? (0, 1) : (finite.Min(), finite.Max());
        double spread = Math.Max(largest - least, 1e-4 * Math.Max(1, Math.Abs(largest)));
        double step = RoundStep(spread / (MostTicks - 1));
        double low = Math.Min(Math.Floor((least / step) + 1e-9) * step, most - step);
        double high = Math.Min(Math.Max(Math.Ceiling((largest / step) - 1e-9) * step, low + step), most);
        return new Axis(low, high, step, from, to);
    }

    /// <summary>Where a value is drawn.</summary>
    public double Place(double value) => _from + ((value - Low) / (High - Low) * (_to - _from));

    /// <summary>A tick's label.</summary>
    public string Label(double tick) => PageMarkup.Fixed(tick, Decimals);

    // 1, 2 or 5 times a power of ten, at least as large as asked for.
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        double share = least / power;
        return power
            * (
                share <= 1 ? 1
                : share <= 2 ? 2
                : share <= 5 ? 5
                : 10
            );
    }
}
