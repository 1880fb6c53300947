using System.Collections.Immutable;
using System.Globalization;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Core;

namespace SecureFed.Benchmarks.Rows;

/// <summary>How the cost of a round grows with the parties, the values, the neighbours and the dropouts.</summary>
internal sealed class GrowthRow : BenchmarkRow
{
    private const double MostExponent = 1.75;
    private const int Repetitions = 3;
    private const int Values = 100_000;

    public override string Name => "growth";

    public override string What =>
        "largest exponent with which a party's processor time grows in n, d or k, and the server's unmasking in the number of masks times d, fitted over four series of whole rounds on one thread";

    public override string Target => "≤ 1.75: nothing of these grows with the square";

    public override bool HasChart => true;

    public override BenchmarkResult Run()
    {
        ImmutableArray<GrowthSeries> series =
        [
            Measure(
                "n",
                "parties n",
                "d = 100,000, 10 % dropped; c = 10 % on the complete graph, 1 % on the sparse one",
                [
                    .. new[] { 25, 50, 100, 200 }.Select(n => (n, RoundShape.Small(n, Values, n / 10))),
                    .. new[] { 400, 800 }.Select(n => (n, Sparse(n, collusionBound: n / 100, dropped: n / 10))),
                ]
            ),
            Measure(
                "d",
                "values d",
                "n = 50, 5 dropped, complete graph",
                [.. new[] { 10_000, 100_000, 1_000_000 }.Select(d => (d, RoundShape.Small(50, d, dropped: 5)))]
            ),
            Measure(
                "k",
                "neighbours k",
                "n = 400, d = 100,000, 40 dropped, sparse graph; c = 2, 8, 20 and 40",
                [
                    .. new[] { 2, 8, 20, 40 }
                        .Select(c => Sparse(400, c, dropped: 40))
                        .Select(shape => (shape.GraphOf(shape.Participants).Neighbours, shape)),
                ]
            ),
            Measure(
                "dropped",
                "dropped parties",
                "n = 100, d = 100,000, complete graph; all leave after sharing",
                [.. new[] { 0, 10, 20, 30, 40 }.Select(dropped => (dropped, RoundShape.Small(100, Values, dropped)))]
            ),
        ];
        double exponent = series.Max(LargestExponent);
        return new(exponent <= MostExponent, exponent, Value: null, "largest exponent")
        {
            Table = GrowthTable.Markdown(series),
            Chart = GrowthChart.Draw(series),
        };
    }

    private static RoundShape Sparse(int participants, int collusionBound, int dropped) =>
        new(participants, Values, collusionBound, participants - dropped, RoundShape.AfterSharing(dropped));

    private static GrowthSeries Measure(string name, string axis, string fixedAt, (int X, RoundShape Shape)[] shapes) =>
        new(name, axis, fixedAt, [.. shapes.Select(entry => Measure(name, entry.X, entry.Shape))]);

    private static GrowthPoint Measure(string name, int x, RoundShape shape)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} = {x:N0} ..."));

        // A large round averages over its own parties; a small one is repeated.
        int repetitions = shape.Participants >= 100 ? 1 : Repetitions;
        List<GrowthPoint> points = [];
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            GC.Collect();
            using MeasuredRound round = MeasuredRound.Run(shape, WorkSplitter.Sequential);
            (int neighbours, int threshold) = shape.GraphOf(shape.Participants);
            points.Add(
                new(
                    x,
                    neighbours == shape.Participants - 1,
                    neighbours,
                    threshold,
                    round.Result.Survivors.Length + round.PairMasksToRemove(),
                    shape.Length,
                    round.ClientSeconds,
                    round.ClientSentBytes,
                    round.ClientReceivedBytes,
                    round.ServerSeconds,
                    round.ServerSecondsByPhase[Protocol.RoundPhase.Unmask]
                )
            );
        }

        return points[0] with
        {
            ClientSeconds = Sampling.Median(points.Select(point => point.ClientSeconds)),
            ServerSeconds = Sampling.Median(points.Select(point => point.ServerSeconds)),
            UnmaskSeconds = Sampling.Median(points.Select(point => point.UnmaskSeconds)),
        };
    }

    // Where the graph changes its kind within a series, the cost falls: each kind grows by itself.
    private static double LargestExponent(GrowthSeries series) =>
        series
            .Points.Where(point => point.X > 0)
            .GroupBy(point => point.IsComplete)
            .SelectMany(points =>
                (double[])
                    [
                        series.Name == "dropped"
                            ? 0
                            : Exponent(points.Select(point => ((double)point.X, point.ClientSeconds))),
                        Exponent(points.Select(point => ((double)point.Masks * point.Length, point.UnmaskSeconds))),
                    ]
            )
            .Max();

    // The slope of the least-squares line through the logarithms.
    private static double Exponent(IEnumerable<(double X, double Cost)> points)
    {
        (double X, double Y)[] logs = [.. points.Select(point => (Math.Log(point.X), Math.Log(point.Cost)))];
        (double x, double y) = (logs.Average(point => point.X), logs.Average(point => point.Y));
        return logs.Sum(point => (point.X - x) * (point.Y - y)) / logs.Sum(point => (point.X - x) * (point.X - x));
    }
}

/// <summary>Rounds that differ in one quantity.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Axis">What it is.</param>
/// <param name="FixedAt">What the rounds have in common.</param>
/// <param name="Points">Ascending.</param>
internal sealed record GrowthSeries(string Name, string Axis, string FixedAt, ImmutableArray<GrowthPoint> Points);

/// <summary>What one round cost.</summary>
/// <param name="X">The quantity that varies.</param>
/// <param name="IsComplete">Whether everybody masks with everybody.</param>
/// <param name="Neighbours">k; n − 1 on the complete graph.</param>
/// <param name="Threshold">t.</param>
/// <param name="Masks">How many masks the server removed.</param>
/// <param name="Length">d.</param>
/// <param name="ClientSeconds">Median processor seconds of a party that stayed.</param>
/// <param name="ClientSentBytes">Median bytes that it sent.</param>
/// <param name="ClientReceivedBytes">Median bytes that it received.</param>
/// <param name="ServerSeconds">Processor seconds of the server.</param>
/// <param name="UnmaskSeconds">Of those, from the first revealed share to the sum.</param>
internal sealed record GrowthPoint(
    int X,
    bool IsComplete,
    int Neighbours,
    int Threshold,
    int Masks,
    int Length,
    double ClientSeconds,
    double ClientSentBytes,
    double ClientReceivedBytes,
    double ServerSeconds,
    double UnmaskSeconds
);
