using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Growth as a table for the results page.</summary>
internal static class GrowthTable
{
    /// <summary>One Markdown table for each series.</summary>
    public static string Markdown(ImmutableArray<GrowthSeries> series)
    {
        StringBuilder text = new();
        foreach (GrowthSeries one in series)
        {
            _ = text.Append(
                CultureInfo.InvariantCulture,
                $"""
                **{char.ToUpperInvariant(one.Axis[0])}{one.Axis[1..]}**: {one.FixedAt}.

                | {one.Name} | neighbours | t | masks removed | one party, ms | it sends, kB | it receives, kB | server, ms | of that unmasking, ms |
                | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

                """
            );
            foreach (GrowthPoint point in one.Points)
            {
                _ = text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {point.X:N0} | {point.Neighbours} | {point.Threshold} | {point.Masks:N0} | {point.ClientSeconds * 1e3:N1} | {point.ClientSentBytes / 1e3:N0} | {point.ClientReceivedBytes / 1e3:N0} | {point.ServerSeconds * 1e3:N0} | {point.UnmaskSeconds * 1e3:N0} |\n"
                );
            }

            _ = text.Append('\n');
        }

        return text.ToString().TrimEnd();
    }
}
