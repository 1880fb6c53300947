using System.Globalization;
using System.Xml.Linq;
using static SecureFed.Samples.Shared.PageMarkup;

namespace SecureFed.Samples.Shared;

/// <summary>A <see cref="HospitalDemo"/> as one page for people: HTML that is XML too, without scripts and without other files.</summary>
public static class HospitalPage
{
    /// <summary>Makes the page. The same arguments give the same text.</summary>
    /// <param name="result">What was found.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stamp">When and by what.</param>
    public static string Create(HospitalDemoResult result, int seed, ReportStamp stamp)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(stamp);
        return Serialise(
            El(
                "html",
                Is("lang", "en"),
                El(
                    "head",
                    El("meta", Is("charset", "utf-8")),
                    El("meta", Is("name", "viewport"), Is("content", "width=device-width, initial-scale=1")),
                    El("title", $"{result.Hospitals.Title}: secure training report"),
                    El("style", PageStyle.Css)
                ),
                El(
                    "body",
                    El(
                        "main",
                        Opening(result, stamp),
                        ComparisonSection.Of(result),
                        CurveSection.Of(result),
                        PrivacySection.Of(result),
                        ServerViewSection.Of(result),
                        ProtocolSection.Of(result),
                        LimitsSection.Of(result)
                    ),
                    Footer(result, seed, stamp)
                )
            )
        );
    }

    private static object?[] Opening(HospitalDemoResult result, ReportStamp stamp) =>
        [
            El("h1", "Training one model together, with every hospital’s contribution hidden"),
            El("p", Is("class", "stamp"), $"{result.Hospitals.Title}. {Date(stamp)}, SecureFed {stamp.Version}."),
            El("p", Is("class", "lead"), Summary(result)),
            result.IsKept
                ? El(
                    "p",
                    Is("class", "verdict"),
                    "All checks of this run were met: the protected training lost no more than the allowed accuracy, every round gave a sum, and what the server received looked like random numbers."
                )
                : El("p", Is("class", "verdict missed"), $"Not met in this run: {string.Join("; ", result.Missed)}."),
        ];

    private static string Summary(HospitalDemoResult result)
    {
        int hospitals = result.Hospitals.Names.Length;
        double secure = result.Secure.Evaluation.Auc!.Value;
        double plain = result.Baselines.Plain.Evaluation.Auc!.Value;
        return Text(
            $"{Count(hospitals)} hospitals trained a diagnostic model together. Patient rows stayed where they are. In every round each hospital sent a short list of numbers that says how its own patients would change the model, hidden under random masks; the masks cancel only when the lists are added up, so the server learnt the total and no single list. Of two patients, one with each outcome, the common model ranks the right one higher in {Fixed(secure * 100, 2)} of 100 cases (its AUC is {Fixed(secure, 4)}). The same training without any protection reaches {Fixed(plain, 4)}, and the hospitals alone {Fixed(result.Baselines.MeanAloneAuc, 4)} on average."
        );
    }

    // A sentence does not begin with a figure.
    private static string Count(int count)
    {
        string[] words = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];
        return count >= 2 && count - 2 < words.Length ? words[count - 2] : Text($"The {count}");
    }

    private static XElement Footer(HospitalDemoResult result, int seed, ReportStamp stamp) =>
        El(
            "footer",
            El("p", $"Data: {result.Hospitals.Attribution}"),
            El(
                "p",
                Text(
                    $"Written {Date(stamp)} by SecureFed {stamp.Version}, seed {seed} (it splits the rows; keys, masks and rounding are never seeded). The run took {Fixed(result.Seconds, 1)} seconds."
                )
            )
        );

    private static string Date(ReportStamp stamp) =>
        stamp.Written.ToUniversalTime().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
