using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Growth as a drawing: a panel for each series, processor time over the quantity that varies, both on logarithmic axes.</summary>
internal static class GrowthChart
{
    private const double PanelWidth = 340;
    private const double PanelHeight = 250;
    private const int PanelsInARow = 2;
    private const double Legend = 30;

    // Inside a panel.
    private const double Left = 62;
    private const double Right = PanelWidth - 36;
    private const double Top = 30;
    private const double Bottom = PanelHeight - 46;

    private const string Style = """
        svg { background: #fff } text { font: 12px system-ui, sans-serif; fill: #24292f }
        .title { font-weight: 600 } .grid { stroke: #d0d7de } .axis { stroke: #57606a }
        .party { stroke: #0550ae; fill: #0550ae } .server { stroke: #bc4c00; fill: #bc4c00; stroke-dasharray: 6 3 }
        polyline { fill: none !important; stroke-width: 2 } circle { stroke-dasharray: none !important }
        @media (prefers-color-scheme: dark) {
          svg { background: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
          .party { stroke: #79c0ff; fill: #79c0ff } .server { stroke: #ffa657; fill: #ffa657 }
        }
        """;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>A complete SVG document.</summary>
    public static string Draw(ImmutableArray<GrowthSeries> series)
    {
        int rows = (series.Length + PanelsInARow - 1) / PanelsInARow;
        (double width, double height) = (PanelsInARow * PanelWidth, Legend + (rows * PanelHeight));
        XElement svg = new(
            s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {Text(width)} {Text(height)}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", "title desc"),
            new XElement(s_svg + "title", new XAttribute("id", "title"), "Growth of the cost of a round"),
            new XElement(
                s_svg + "desc",
                new XAttribute("id", "desc"),
                "Processor milliseconds of one party and of the server's unmasking, on logarithmic axes, over the number of parties, the values, the neighbours and the dropped parties. The numbers stand in the table."
            ),
            new XElement(s_svg + "style", Style),
            Curve("party", [(16, 16), (44, 16)]),
            Label(50, 20, "one party", "start"),
            Curve("server", [(130, 16), (158, 16)]),
            Label(164, 20, "the server's unmasking", "start")
        );
        for (int i = 0; i < series.Length; i++)
        {
            XElement panel = Panel(series[i]);
            panel.Add(
                new XAttribute(
                    "transform",
                    $"translate({Text(i % PanelsInARow * PanelWidth)} {Text(Legend + (i / PanelsInARow * PanelHeight))})"
                )
            );
            svg.Add(panel);
        }

        return svg.ToString() + "\n";
    }

    private static XElement Panel(GrowthSeries series)
    {
        // A logarithmic axis has no zero: a round without dropouts stands in the table only.
        ImmutableArray<GrowthPoint> points = [.. series.Points.Where(point => point.X > 0)];
        Decades across = Decades.Over(points.Select(point => (double)point.X), Left, Right);
        Decades up = Decades.Over(
            points.SelectMany(point => (double[])[point.ClientSeconds * 1e3, point.UnmaskSeconds * 1e3]),
            Bottom,
            Top
        );
        XElement panel = new(
            s_svg + "g",
            Label(Left, 16, $"milliseconds over {series.Axis}", "start", "title"),
            Line("axis", Left, Bottom, Right, Bottom)
        );
        foreach (double tick in up.Ticks)
        {
            double y = up.Place(tick);
            panel.Add(Line("grid", Left, y, Right, y), Label(Left - 6, y + 4, Number(tick), "end"));
        }

        foreach (GrowthPoint point in points)
        {
            double x = across.Place(point.X);
            panel.Add(Line("axis", x, Bottom, x, Bottom + 4), Label(x, Bottom + 18, Number(point.X), "middle"));
        }

        AddCurve("party", point => point.ClientSeconds);
        AddCurve("server", point => point.UnmaskSeconds);
        return panel;

        void AddCurve(string kind, Func<GrowthPoint, double> seconds)
        {
            (double X, double Y)[] places =
            [
                .. points.Select(point => (across.Place(point.X), up.Place(seconds(point) * 1e3))),
            ];
            panel.Add(Curve(kind, places));
            panel.Add(
                places.Select(place => new XElement(
                    s_svg + "circle",
                    new XAttribute("class", kind),
                    new XAttribute("cx", Text(place.X)),
                    new XAttribute("cy", Text(place.Y)),
                    new XAttribute("r", "3")
                ))
            );
        }
    }

    private static XElement Curve(string kind, (double X, double Y)[] places) =>
        new(
            s_svg + "polyline",
            new XAttribute("class", kind),
            new XAttribute("points", string.Join(' ', places.Select(place => $"{Text(place.X)},{Text(place.Y)}")))
        );

    private static XElement Line(string kind, double x1, double y1, double x2, double y2) =>
        new(
            s_svg + "line",
            new XAttribute("class", kind),
            new XAttribute("x1", Text(x1)),
            new XAttribute("y1", Text(y1)),
            new XAttribute("x2", Text(x2)),
            new XAttribute("y2", Text(y2))
        );

    private static XElement Label(double x, double y, string text, string anchor, string kind = "label") =>
        new(
            s_svg + "text",
            new XAttribute("class", kind),
            new XAttribute("x", Text(x)),
            new XAttribute("y", Text(y)),
            new XAttribute("text-anchor", anchor),
            text
        );

    private static string Text(double coordinate) => coordinate.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("#,0.###", CultureInfo.InvariantCulture);

    /// <summary>A logarithmic axis with 1, 2 and 5 times the powers of ten as ticks.</summary>
    private sealed record Decades(double Low, double High, double From, double To)
    {
        private const int MostTicks = 7;

        public IEnumerable<double> Ticks
        {
            get
            {
                double[] fine = [.. Between([1, 2, 5])];
                return fine.Length <= MostTicks ? fine : Between([1]);
            }
        }

        public static Decades Over(IEnumerable<double> values, double from, double to)
        {
            double[] all = [.. values];
            const double Margin = 1.15;
            return new(all.Min() / Margin, all.Max() * Margin, from, to);
        }

        public double Place(double value) => From + (Math.Log(value / Low) / Math.Log(High / Low) * (To - From));

        private IEnumerable<double> Between(double[] steps) =>
            Enumerable
                .Range(
                    (int)Math.Floor(Math.Log10(Low)),
                    1 + (int)(Math.Ceiling(Math.Log10(High)) - Math.Floor(Math.Log10(Low)))
                )
                .SelectMany(power => steps.Select(step => step * Math.Pow(10, power)))
                .Where(tick => tick >= Low && tick <= High);
    }
}
