using System.Collections.Immutable;
using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>A line of a chart.</summary>
/// <param name="Kind">Its class in the style: secure, plain or pooled.</param>
/// <param name="Values">One value per round.</param>
internal sealed record Curve(string Kind, ImmutableArray<double> Values);

/// <summary>A row of a dot chart.</summary>
/// <param name="Kind">Its class in the style.</param>
/// <param name="Label">What it is.</param>
/// <param name="Value">Where the filled dot stands.</param>
/// <param name="Second">Where the open diamond stands.</param>
internal sealed record DotRow(string Kind, string Label, double Value, double Second);

/// <summary>Drawings as inline SVG, each with a title and a description for those who do not see it.</summary>
internal static class Charts
{
    private const double Width = 360;

    /// <summary>Curves over rounds.</summary>
    /// <param name="id">Names title and description within the page.</param>
    /// <param name="title">What is drawn.</param>
    /// <param name="description">What there is to see, in words.</param>
    /// <param name="quantity">The label of the vertical axis, with its unit.</param>
    /// <param name="curves">All of the same number of rounds, at least 1; later ones are drawn above.</param>
    /// <param name="lost">Rounds, from 1, that gave no sum.</param>
    /// <param name="most">The largest value that makes sense.</param>
    public static XElement Lines(
        string id,
        string title,
        string description,
        string quantity,
        ImmutableArray<Curve> curves,
        ImmutableArray<int> lost,
        double most = double.PositiveInfinity
    )
    {
        const double Height = 230;
        (double left, double right, double top, double bottom) = (54, Width - 10, 24, Height - 38);
        int rounds = curves[0].Values.Length;
        Axis vertical = Axis.Over(curves.SelectMany(curve => curve.Values), bottom, top, most);
        double X(int index) => rounds == 1 ? (left + right) / 2 : left + ((right - left) * index / (rounds - 1));

        XElement svg = Canvas(id, title, description, Height);
        svg.Add(Label(4, 13, quantity, "start"));
        foreach (double tick in vertical.Ticks)
        {
            double y = vertical.Place(tick);
            svg.Add(Line("grid", left, y, right, y), Label(left - 6, y + 4, vertical.Label(tick), "end", "small"));
        }

        svg.Add(Line("axis", left, bottom, right, bottom));
        foreach (int round in RoundTicks(rounds))
        {
            svg.Add(Label(X(round - 1), bottom + 16, Text($"{round}"), "middle", "small"));
        }

        svg.Add(Label((left + right) / 2, Height - 5, "round", "middle"));
        foreach (Curve curve in curves)
        {
            IEnumerable<string> points = curve.Values.Select(
                (value, i) => $"{Coordinate(X(i))},{Coordinate(vertical.Place(value))}"
            );
            svg.Add(El("polyline", Is("class", $"curve {curve.Kind}"), Is("points", string.Join(' ', points))));
        }

        Curve upper = curves[^1];
        const int MostMarks = 50;
        if (rounds <= MostMarks)
        {
            svg.Add(upper.Values.Select((value, i) => Dot(upper.Kind, X(i), vertical.Place(value), 2.6)));
        }

        foreach (int round in lost)
        {
            svg.Add(Cross(X(round - 1), vertical.Place(upper.Values[round - 1])));
        }

        return svg;
    }

    /// <summary>A row for each value: a filled dot and an open diamond on a common axis.</summary>
    public static XElement Dots(
        string id,
        string title,
        string description,
        string quantity,
        ImmutableArray<DotRow> rows
    )
    {
        const double RowHeight = 24;
        (double left, double right, double top) = (128, Width - 24, 8);
        double bottom = top + (rows.Length * RowHeight);
        double height = bottom + 38;
        Axis axis = Axis.Over(rows.SelectMany(row => new[] { row.Value, row.Second }), left, right, most: 1);
        XElement svg = Canvas(id, title, description, height);
        foreach (double tick in axis.Ticks)
        {
            double x = axis.Place(tick);
            svg.Add(Line("grid", x, top, x, bottom), Label(x, bottom + 15, axis.Label(tick), "middle", "small"));
        }

        svg.Add(Label((left + right) / 2, height - 5, quantity, "middle"));
        for (int i = 0; i < rows.Length; i++)
        {
            DotRow row = rows[i];
            double y = top + ((i + 0.5) * RowHeight);
            svg.Add(
                Label(left - 10, y + 4, Shortened(row.Label), "end"),
                Diamond(axis.Place(row.Second), y),
                Dot(row.Kind, axis.Place(row.Value), y, 4.5)
            );
        }

        return svg;
    }

    /// <summary>How often byte values occur, as shares of all bytes.</summary>
    /// <param name="id">Names title and description within the page.</param>
    /// <param name="title">What is drawn.</param>
    /// <param name="description">What there is to see, in words.</param>
    /// <param name="kind">The bars' class in the style.</param>
    /// <param name="shares">Share of the bytes of each of equally wide ranges of values.</param>
    /// <param name="highest">The share at the top of the axis, so that charts side by side compare.</param>
    public static XElement Histogram(
        string id,
        string title,
        string description,
        string kind,
        ImmutableArray<double> shares,
        double highest
    )
    {
        const double Height = 200;
        (double left, double right, double top, double bottom) = (44, Width - 10, 24, Height - 38);
        Axis vertical = Axis.Over([0, highest * 100], bottom, top);
        XElement svg = Canvas(id, title, description, Height);
        svg.Add(Label(4, 13, "percent of the bytes", "start"));
        foreach (double tick in vertical.Ticks)
        {
            double y = vertical.Place(tick);
            svg.Add(Line("grid", left, y, right, y), Label(left - 6, y + 4, vertical.Label(tick), "end", "small"));
        }

        double step = (right - left) / shares.Length;
        for (int i = 0; i < shares.Length; i++)
        {
            double y = vertical.Place(shares[i] * 100);
            svg.Add(
                El(
                    "rect",
                    Is("class", $"bar {kind}"),
                    Is("x", left + (i * step) + 1),
                    Is("y", y),
                    Is("width", step - 2),
                    Is("height", bottom - y)
                )
            );
        }

        double even = vertical.Place(100.0 / shares.Length);
        svg.Add(
            Line("axis", left, bottom, right, bottom),
            Line("expected", left, even, right, even),
            Label(left, bottom + 16, "0", "start", "small"),
            Label((left + right) / 2, bottom + 16, "128", "middle", "small"),
            Label(right, bottom + 16, "255", "end", "small"),
            Label((left + right) / 2, Height - 5, "value of a byte", "middle")
        );
        return svg;
    }

    private static XElement Canvas(string id, string title, string description, double height) =>
        El(
            "svg",
            Is("viewBox", $"0 0 {Coordinate(Width)} {Coordinate(height)}"),
            Is("role", "img"),
            Is("aria-labelledby", $"{id}-title {id}-desc"),
            El("title", Is("id", $"{id}-title"), title),
            El("desc", Is("id", $"{id}-desc"), description)
        );

    private static IEnumerable<int> RoundTicks(int rounds)
    {
        int step = Math.Max(1, (int)Math.Ceiling(rounds / 5.0));
        return Enumerable
            .Range(1, rounds)
            .Where(round => round == 1 || (round % step == 0 && round >= Math.Min(step, 3)));
    }

    private static string Shortened(string label) => label.Length <= 18 ? label : label[..17] + "…";

    private static XElement Line(string kind, double x1, double y1, double x2, double y2) =>
        El("line", Is("class", kind), Is("x1", x1), Is("y1", y1), Is("x2", x2), Is("y2", y2));

    private static XElement Dot(string kind, double x, double y, double radius) =>
        El("circle", Is("class", $"dot {kind}"), Is("cx", x), Is("cy", y), Is("r", radius));

    private static XElement Diamond(double x, double y) =>
        El(
            "path",
            Is("class", "ring"),
            Is(
                "d",
                $"M{Coordinate(x)} {Coordinate(y - 7)}L{Coordinate(x + 7)} {Coordinate(y)}L{Coordinate(x)} {Coordinate(y + 7)}L{Coordinate(x - 7)} {Coordinate(y)}Z"
            )
        );

    private static XElement Cross(double x, double y) =>
        El(
            "path",
            Is("class", "lost"),
            Is(
                "d",
                $"M{Coordinate(x - 5)} {Coordinate(y - 5)}L{Coordinate(x + 5)} {Coordinate(y + 5)}M{Coordinate(x + 5)} {Coordinate(y - 5)}L{Coordinate(x - 5)} {Coordinate(y + 5)}"
            )
        );

    private static XElement Label(double x, double y, string text, string anchor, string kind = "label") =>
        El("text", Is("class", kind), Is("x", x), Is("y", y), Is("text-anchor", anchor), text);
}
