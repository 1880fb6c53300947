using System.Globalization;
using System.Xml.Linq;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class HospitalPageTests(HospitalPageTests.OneRun run) : IClassFixture<HospitalPageTests.OneRun>
{
    private static readonly ReportStamp s_stamp = new(new DateTimeOffset(2026, 5, 4, 3, 2, 1, TimeSpan.Zero), "1.2.3");

    private HospitalDemoResult Result => run.Result;

    [Fact]
    public void The_page_is_well_formed_and_has_the_parts_of_a_document()
    {
        XElement html = Parse(Result);

        Assert.Equal("html", html.Name.LocalName);
        Assert.Equal("en", html.Attribute("lang")?.Value);
        Assert.Single(html.Descendants("h1"));
        string[] headings = [.. html.Descendants("h2").Select(heading => heading.Value)];
        Assert.Equal(
            [
                "What was compared",
                "Round by round",
                "What the server saw of eastfield",
                "How a round runs",
                "What is not protected",
            ],
            headings
        );
        Assert.All(html.Descendants("table"), table => Assert.Single(table.Elements("caption")));
        // A browser takes an empty element of HTML for an open one.
        Assert.All(
            html.Descendants().Where(element => element.Name.LocalName is "td" or "th" or "p" or "div"),
            element => Assert.False(element.IsEmpty)
        );
    }

    [Fact]
    public void The_page_has_every_figure_of_the_result()
    {
        string text = Parse(Result).Element("body")!.Value;

        foreach (Evaluation evaluation in Evaluations(Result))
        {
            Assert.Contains(Invariant($"{evaluation.Auc:F4}"), text, StringComparison.Ordinal);
            Assert.Contains(Invariant($"{evaluation.Loss:F4}"), text, StringComparison.Ordinal);
        }

        string[] expected =
        [
            Invariant($"{Result.Baselines.MeanAloneAuc:F4}"),
            Invariant($"{Result.Network.Baselines.MeanAloneAuc:F4}"),
            Invariant($"{Result.Gap:F5}"),
            Invariant($"{Result.Network.Gap:F5}"),
            Invariant($"gives p = {Result.View.ChiSquareP:F3}"),
            Invariant($"updates is {Result.View.Correlation:F4}"),
            Invariant($"within {Result.CorrelationByChance:F2}"),
            $"t − c = {Result.Plan.EffectiveCohort}",
            $"n = {Result.Plan.MaximumParticipants} hospitals",
            $"t = {Result.Plan.Threshold} hospitals",
            $"U = {Result.Plan.MinimumSurvivors} must stay",
            $"{Result.Plan.RingBits} bits a value",
            P256Suite.Instance.Name,
            Result.Plan.Digest.ToString(),
            Result.Secure.Model.Digest.ToString(),
            Result.Network.Plan.Digest.ToString(),
            Result.Network.Secure.Model.Digest.ToString(),
            Result.Hospitals.Attribution,
            HospitalReport.DemoOnly,
            Invariant($"{Result.Metrics[^1]!.Loss:F4} before round {Result.Rounds.Length}"),
            Invariant($"AUC {Result.Metrics[^1]!.Auc:F4} by then"),
            "The sum itself, where a run has no noise",
            "4 May 2026, 03:02 UTC",
            "SecureFed 1.2.3",
            "seed 7",
            "riverside in round 2",
            "riverside (MaskedInput)",
        ];
        Assert.All(expected, part => Assert.Contains(part, text, StringComparison.Ordinal));
        foreach (PhaseCost cost in Result.Phases)
        {
            Assert.Contains(cost.Phase.ToString(), text, StringComparison.Ordinal);
            Assert.Contains(
                Invariant($"{cost.Seconds * 1000 / Result.Rounds.Length:F1} ms"),
                text,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void The_page_needs_nothing_from_outside_and_runs_nothing()
    {
        string page = HospitalPage.Create(Result, 7, s_stamp);
        var html = XElement.Parse(page);

        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(
            html.DescendantsAndSelf().Attributes(),
            attribute =>
                attribute.Name.LocalName is "src" or "href" or "srcset" or "data" or "action"
                || attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase)
        );
        string[] active = ["script", "link", "iframe", "object", "embed", "img", "form", "base", "use", "image"];
        Assert.DoesNotContain(html.Descendants(), element => active.Contains(element.Name.LocalName));
    }

    [Fact]
    public void The_style_serves_dark_screens_phones_and_A4_and_is_the_same_as_HTML_and_as_XML()
    {
        string style = Assert.Single(Parse(Result).Descendants("style")).Value;

        foreach (
            string rule in (string[])
                ["@media print", "prefers-color-scheme: dark", "max-width: 42rem", "size: A4", "break-inside: avoid"]
        )
        {
            Assert.Contains(rule, style, StringComparison.Ordinal);
        }

        // XML would write these as entities, which a browser leaves alone in a style.
        Assert.Equal(-1, style.AsSpan().IndexOfAny('<', '>', '&'));
        Assert.Equal(style.Count(c => c == '{'), style.Count(c => c == '}'));
    }

    [Fact]
    public void A_private_training_is_on_the_page_only_when_there_was_one()
    {
        string without = HospitalPage.Create(Result, 7, s_stamp);
        string with = HospitalPage.Create(Result with { Private = PrivateRuns.Small }, 7, s_stamp);

        Assert.DoesNotContain("differential privacy", without, StringComparison.Ordinal);
        Assert.Contains("The same with differential privacy", with, StringComparison.Ordinal);
        Assert.Contains("ε = 3, δ = 1E-5, adding or removing one record", with, StringComparison.Ordinal);
        Assert.All(
            PrivateRuns.Small.Rounds,
            round => Assert.Contains($"<td>{PageMarkup.Fixed(round.Epsilon, 3)}</td>", with, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_same_result_makes_the_same_page_in_every_culture()
    {
        string page = HospitalPage.Create(Result, 7, s_stamp);
        CultureInfo before = CultureInfo.CurrentCulture;
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = ",";
        odd.NumberFormat.NegativeSign = "~";
        odd.NumberFormat.NumberGroupSeparator = "'";
        try
        {
            CultureInfo.CurrentCulture = odd;

            Assert.Equal("0,5", 0.5.ToString(odd));
            Assert.Equal(page, HospitalPage.Create(Result, 7, s_stamp));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.NotEqual(page, HospitalPage.Create(Result, 8, s_stamp));
    }

    [Fact]
    public void Every_drawing_has_a_title_a_description_and_names_of_its_own()
    {
        XElement html = Parse(Result);
        XElement[] drawings = [.. html.Descendants("svg")];

        Assert.Equal(9, drawings.Length);
        foreach (XElement drawing in drawings)
        {
            string[] names = drawing.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.Equal(names[0], drawing.Element("title")!.Attribute("id")!.Value);
            Assert.Equal(names[1], drawing.Element("desc")!.Attribute("id")!.Value);
            Assert.NotEqual(string.Empty, drawing.Element("title")!.Value);
            Assert.NotEqual(string.Empty, drawing.Element("desc")!.Value);
            Assert.Equal("img", drawing.Attribute("role")!.Value);
        }

        string[] ids = [.. html.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Curves_have_a_point_for_each_round_inside_the_drawing_and_run_as_the_values_do()
    {
        XElement[] curves = [.. Parse(Result).Descendants("polyline")];

        // Loss and AUC of two models, each plain, pooled and secure; then both as the masked sums report them.
        Assert.Equal(14, curves.Length);
        foreach (XElement curve in curves)
        {
            (double X, double Y)[] points = PointsOf(curve);
            Assert.Equal(Result.Rounds.Length, points.Length);
            Assert.All(points, point => Assert.InRange(point.X, 0, 360));
            Assert.All(points, point => Assert.InRange(point.Y, 0, 230));
            Assert.Equal(points.Select(point => point.X).Order(), points.Select(point => point.X));
        }

        // Down the page is towards less: the order of heights is the reverse of that of the losses.
        (double X, double Y)[] secure = PointsOf(curves[2]);
        double[] losses = [.. Result.Secure.Rounds.Select(round => round.Evaluation.Loss)];
        Assert.Equal(
            Enumerable.Range(0, losses.Length).OrderBy(i => losses[i]),
            Enumerable.Range(0, losses.Length).OrderByDescending(i => secure[i].Y)
        );
    }

    [Fact]
    public void A_round_that_gave_no_sum_is_shown_with_its_reason_and_the_verdict_says_so()
    {
        HospitalDemoResult aborted = WithAborted(Result, round: 3, "NotEnoughSurvivors: too few");

        XElement before = Parse(Result);
        XElement after = Parse(aborted);

        Assert.DoesNotContain("no sum: ", before.Value, StringComparison.Ordinal);
        Assert.Empty(ByClass(before, "lost"));
        Assert.Empty(ByClass(before, "verdict missed"));
        Assert.Equal("no sum: NotEnoughSurvivors: too few", Assert.Single(ByClass(after, "bad")).Value);
        // One cross in the curve of losses and one in that of AUC.
        Assert.Equal(2, ByClass(after, "lost").Count());
        Assert.Contains(
            "1 of 4 rounds gave no sum",
            Assert.Single(ByClass(after, "verdict missed")).Value,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Uploads_that_show_a_pattern_are_not_called_hidden()
    {
        HospitalDemoResult open = Result with { View = new ServerView(ChiSquareP: 1e-300, Correlation: 0.999) };

        string text = Parse(open).Value;

        Assert.Contains("NOT even: a chi-square test gives p = 1e-300", text, StringComparison.Ordinal);
        Assert.Contains("it is beyond that", text, StringComparison.Ordinal);
        Assert.DoesNotContain("as even as random ones", text, StringComparison.Ordinal);
        Assert.Contains("as even as random ones", Parse(Result).Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("&lt;b&gt; & ]]> <!--")]
    [InlineData("a\u0001\0\uD800b")]
    [InlineData("../\U0001F3E5/<svg/onload=1>")]
    public void Text_from_elsewhere_stays_text(string hostile)
    {
        HospitalDemoResult named = WithAborted(Result, round: 1, hostile);
        ReportStamp stamp = s_stamp with { Version = hostile };

        string page = HospitalPage.Create(named, 7, stamp);
        var html = XElement.Parse(page);

        Assert.Empty(html.Descendants("script"));
        Assert.Empty(html.Descendants("img"));
        Assert.Empty(html.Descendants().Attributes("onload"));
        Assert.Equal("no sum: " + Visible(hostile), Assert.Single(ByClass(html, "bad")).Value);
        Assert.Contains(
            "SecureFed " + Visible(hostile),
            html.Descendants("footer").Single().Value,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", page, StringComparison.OrdinalIgnoreCase);
        // A hospital cannot even be called that.
        Assert.False(ParticipantId.TryParse(hostile, out _));
    }

    [Fact]
    public void The_histograms_count_the_bytes_that_the_test_rests_on_and_only_unmasked_ones_show_a_pattern()
    {
        Assert.Equal(Result.WatchedBytes, Result.Bytes.Received.Sum());
        Assert.Equal(Result.WatchedBytes, Result.Bytes.Unmasked.Sum());
        // 400 bytes or so: twelve standard deviations above the even share are beyond 10⁻⁹.
        double even = Result.WatchedBytes / 256.0;
        Assert.InRange(Result.Bytes.Received.Max(), 1, even + (12 * Math.Sqrt(even)) + 12);
        Assert.True(Result.Bytes.Unmasked.Max() > even + (12 * Math.Sqrt(even)) + 12);
        Assert.Equal(64, ByClass(Parse(Result), "bar").Count());
    }

    [Fact]
    public void The_phases_of_a_round_add_up_to_its_traffic()
    {
        ParticipantId[] parties = [.. Enumerable.Range(0, 4).Select(ParticipantId.FromIndex)];
        using var federation = InProcessFederation.Create("test", parties, SystemRandomSource.Instance);
        PhaseLedger ledger = new();
        RoundTraffic? traffic = null;
        SecureAggregate secure = new(
            federation,
            _ => HospitalDemo.PlansOf(Result.Hospitals)(Request(parties)),
            observer: round =>
            {
                ledger.AddTimings(round.Outcome);
                traffic = round.Outcome.Traffic;
            },
            messages: ledger
        );

        Assert.IsType<AggregateOutcome.Completed>(secure.Aggregate(Request(parties)));

        Assert.Equal(
            [
                RoundPhase.AdvertiseKeys,
                RoundPhase.ShareKeys,
                RoundPhase.MaskedInput,
                RoundPhase.Consistency,
                RoundPhase.Unmask,
            ],
            ledger.Costs.Select(cost => cost.Phase)
        );
        Assert.Equal(traffic!.BytesToServer, ledger.Costs.Sum(cost => cost.BytesToServer));
        Assert.Equal(traffic.BytesFromServer, ledger.Costs.Sum(cost => cost.BytesFromServer));
        Assert.Equal(traffic.MessageCount, ledger.Costs.Sum(cost => cost.MessageCount));
        Assert.All(ledger.Costs, cost => Assert.True(cost.BytesToServer > 0 && cost.BytesFromServer > 0));
        Assert.Equal(1, ledger.RoundCount);
    }

    private static AggregateRequest Request(ParticipantId[] parties) =>
        new(
            1,
            RowModel.Logistic.StartOf(30),
            [
                .. parties.Select(party => new PartyUpdate(
                    party,
                    new float[31],
                    Weight: 5,
                    new TrainingMetrics(1024).Of([0.5, -0.5], [true, false])
                )),
            ],
            Dropped: []
        );

    private static HospitalDemoResult WithAborted(HospitalDemoResult result, int round, string reason)
    {
        TimedRound old = result.Rounds[round - 1];
        RoundRecord record = old.Record with { AbortedBecause = reason, BytesUpPerParty = 0 };
        return result with
        {
            Rounds = result.Rounds.SetItem(round - 1, old with { Record = record }),
            Secure = result.Secure with { Rounds = result.Secure.Rounds.SetItem(round - 1, record) },
        };
    }

    // What no XML document may hold is replaced and the rest is kept.
    private static string Visible(string text) =>
        text.Replace('\u0001', '\uFFFD').Replace('\0', '\uFFFD').Replace('\uD800', '\uFFFD') is var shown
        && text.Contains("\U0001F3E5", StringComparison.Ordinal)
            ? text
            : shown;

    private static IEnumerable<XElement> ByClass(XElement html, string name) =>
        html.Descendants()
            .Where(element =>
                element.Attribute("class")?.Value is { } value
                && (value == name || value.Split(' ').Contains(name, StringComparer.Ordinal))
            );

    private static (double X, double Y)[] PointsOf(XElement curve) =>
        [
            .. curve
                .Attribute("points")!
                .Value.Split(' ')
                .Select(point => point.Split(','))
                .Select(pair =>
                    (
                        double.Parse(pair[0], CultureInfo.InvariantCulture),
                        double.Parse(pair[1], CultureInfo.InvariantCulture)
                    )
                ),
        ];

    private static IEnumerable<Evaluation> Evaluations(HospitalDemoResult result) =>
        [
            result.Secure.Evaluation,
            result.Baselines.Plain.Evaluation,
            result.Baselines.Pooled.Evaluation,
            result.Network.Secure.Evaluation,
            result.Network.Baselines.Plain.Evaluation,
            result.Network.Baselines.Pooled.Evaluation,
            .. result.Baselines.Alone.Select(alone => alone.Evaluation),
            .. result.Network.Baselines.Alone.Select(alone => alone.Evaluation),
            .. result.Rounds.Select(round => round.Record.Evaluation),
        ];

    private static XElement Parse(HospitalDemoResult result) =>
        XDocument.Parse(HospitalPage.Create(result, 7, s_stamp)).Root!;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>One run for all tests of the page.</summary>
    public sealed class OneRun
    {
        public OneRun()
        {
            HospitalFederation hospitals = HospitalDemo.Load(folder: null, seed: 1, rounds: 4);
            Result = HospitalDemo.Run(
                hospitals,
                HospitalDemo.PlansOf(hospitals),
                HospitalDemo.OneDropout(hospitals),
                seed: 1
            );
        }

        internal HospitalDemoResult Result { get; }
    }
}
