using System.Collections.Immutable;
using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>What the server received of one hospital, beside what that hospital computed.</summary>
internal static class ServerViewSection
{
    private const int ValuesPerBar = 8;

    public static XElement Of(HospitalDemoResult result)
    {
        ImmutableArray<double> received = Shares(result.Bytes.Received);
        ImmutableArray<double> unmasked = Shares(result.Bytes.Unmasked);
        double highest = Math.Max(received.Max(), unmasked.Max());
        string watched = result.Watched.ToString();
        return El(
            "section",
            El("h2", $"What the server saw of {watched}"),
            El(
                "p",
                Text(
                    $"A demonstration can look at both sides: the {Whole(result.WatchedBytes)} bytes that reached the server from {watched}, and the update that {watched} really computed. Both charts have the same scale; the dashed line is where every bar would end if all values were equally common."
                )
            ),
            El(
                "div",
                Is("class", "pair"),
                Figure("seen", "Received by the server, masked", "masked", received, highest),
                Figure("true", "The true updates, never sent", "open", unmasked, highest)
            ),
            El("p", Words(result))
        );
    }

    private static string Words(HospitalDemoResult result)
    {
        string p = Probability(result.View.ChiSquareP);
        string uniform = result.IsUniform
            ? $"The received bytes are as even as random ones: a chi-square test gives p = {p}, and the demonstration would raise an alarm below {Probability(HospitalDemo.LeastChiSquareP)}."
            : $"The received bytes are NOT even: a chi-square test gives p = {p}. They were not hidden.";
        string correlation = Text(
            $"The correlation of what was received with the true updates is {Fixed(result.View.Correlation, 4)}, where 1 means the same and chance alone stays within {Fixed(result.CorrelationByChance, 2)}"
        );
        string judged =
            Math.Abs(result.View.Correlation) <= result.CorrelationByChance
                ? "; it is within that."
                : "; it is beyond that.";
        return $"{uniform} {correlation}{judged} Tests like these can find a mistake; that nothing can be found rests on the protocol, not on them.";
    }

    private static XElement Figure(string id, string title, string kind, ImmutableArray<double> shares, double highest)
    {
        string description = Text(
            $"Shares of {ValuesPerBar} neighbouring byte values run from {Fixed(shares.Min() * 100, 1)} to {Fixed(shares.Max() * 100, 1)} percent; even would be {Fixed(100.0 / shares.Length, 1)}."
        );
        return El(
            "figure",
            Charts.Histogram(id, title, description, kind, shares, highest),
            El("figcaption", $"{title}. {description}")
        );
    }

    private static ImmutableArray<double> Shares(ImmutableArray<int> counts)
    {
        double total = Math.Max(1, counts.Sum());
        return [.. counts.Chunk(ValuesPerBar).Select(chunk => chunk.Sum() / total)];
    }
}
