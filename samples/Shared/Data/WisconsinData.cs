using System.Collections.Immutable;
using System.Reflection;

namespace SecureFed.Samples.Shared;

/// <summary>
/// Breast Cancer Wisconsin (Diagnostic), 569 rows of 30 measurements of cell nuclei; W. Wolberg, O. Mangasarian, N. Street,
/// W. Street, 1993, doi 10.24432/C5DW2B, CC BY 4.0. The label is "malignant".
/// </summary>
public static class WisconsinData
{
    private const string ResourceName = "SecureFed.Samples.Shared.Data.breast-cancer-wisconsin.csv";

    private static readonly (string Name, double Mean, double Error, double Worst)[] s_measurements =
    [
        ("radius", 40, 5, 50),
        ("texture", 50, 8, 60),
        ("perimeter", 250, 40, 300),
        ("area", 3000, 800, 5000),
        ("smoothness", 0.25, 0.05, 0.3),
        ("compactness", 0.5, 0.2, 1.5),
        ("concavity", 0.6, 0.5, 1.5),
        ("concave_points", 0.3, 0.1, 0.4),
        ("symmetry", 0.5, 0.1, 1),
        ("fractal_dimension", 0.15, 0.05, 0.3),
    ];

    /// <summary>The sentence that goes wherever results from these data are shown.</summary>
    public const string Attribution =
        "Breast Cancer Wisconsin (Diagnostic). W. Wolberg, O. Mangasarian, N. Street, W. Street, 1993. UCI Machine Learning Repository, doi 10.24432/C5DW2B. CC BY 4.0. Header added.";

    /// <summary>The 30 features with public ranges: generous round numbers for what the measurement can be.</summary>
    public static ImmutableArray<Feature> Features { get; } =
    [
        .. s_measurements.Select(m => new Feature("mean_" + m.Name, 0, m.Mean)),
        .. s_measurements.Select(m => new Feature("se_" + m.Name, 0, m.Error)),
        .. s_measurements.Select(m => new Feature("worst_" + m.Name, 0, m.Worst)),
    ];

    /// <summary>The rows that come with the samples.</summary>
    public static LabelledRows Load()
    {
        using Stream stream =
            Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The assembly was built without the resource {ResourceName}.");
        using var text = new StreamReader(stream);
        return Read(text, "breast-cancer-wisconsin.csv");
    }

    /// <summary>Reads a file of the same columns.</summary>
    /// <exception cref="DataFileException">The file is missing or malformed.</exception>
    public static LabelledRows Load(string path)
    {
        using StreamReader text = DelimitedFile.Open(
            path,
            "Name a CSV file with the 31 columns of the Wisconsin data set."
        );
        return Read(text, path);
    }

    /// <summary>Reads the columns of the data set; the last one, "benign", is 0 or 1.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <exception cref="DataFileException">The content is malformed.</exception>
    public static LabelledRows Read(TextReader text, string name)
    {
        // Cells outside the public range are data all the same: they are clamped for the statistics only.
        const double LargestMeasurement = 1e6;
        var file = new DelimitedFile(name, [.. Features.Select(f => f.Name), "benign"], hasHeader: true);
        List<float[]> values = [];
        List<bool> labels = [];
        foreach (DelimitedRow row in file.Read(text))
        {
            float[] features = new float[Features.Length];
            for (int i = 0; i < features.Length; i++)
            {
                features[i] = row.Number(i, 0, LargestMeasurement);
            }

            values.Add(features);
            labels.Add(row.Code(Features.Length, [0, 1]) == 0);
        }

        return new LabelledRows(Features, [.. values], [.. labels]);
    }
}
