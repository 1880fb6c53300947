using System.Collections.Immutable;

namespace SecureFed.Samples.Shared;

/// <summary>
/// Heart disease of four real hospitals, 14 columns each; A. Janosi, W. Steinbrunn, M. Pfisterer, R. Detrano, 1988, doi
/// 10.24432/C52P4X, CC BY 4.0. The label is "some disease" (column 14 above 0). The files are the user's.
/// </summary>
/// <remarks>
/// '?' is missing; a cholesterol or a resting blood pressure of 0 is missing too, since no patient has either. Chest pain,
/// resting ECG, slope and thal are codes and become one column per code, all 0 where the code is missing. Each column that
/// is often missing gets a flag column beside it.
/// </remarks>
public static class HeartDiseaseData
{
    private const string Missing = "?";

    private static readonly string[] s_columns =
    [
        "age",
        "sex",
        "cp",
        "trestbps",
        "chol",
        "fbs",
        "restecg",
        "thalach",
        "exang",
        "oldpeak",
        "slope",
        "ca",
        "thal",
        "num",
    ];

    private static readonly string[] s_flagged =
    [
        "trestbps",
        "chol",
        "fbs",
        "thalach",
        "exang",
        "oldpeak",
        "slope",
        "ca",
        "thal",
    ];

    /// <summary>The sentence that goes wherever results from these data are shown.</summary>
    public const string Attribution =
        "Heart Disease. A. Janosi, W. Steinbrunn, M. Pfisterer, R. Detrano, 1988. UCI Machine Learning Repository, doi 10.24432/C52P4X. CC BY 4.0.";

    /// <summary>The hospitals, in the order of their files processed.NAME.data.</summary>
    public static ImmutableArray<string> Centres { get; } = ["cleveland", "hungarian", "switzerland", "va"];

    /// <summary>The features with public ranges: what is clinically possible.</summary>
    public static ImmutableArray<Feature> Features { get; } =
    [
        new("age", 0, 100),
        new("sex", 0, 1),
        .. OneHot("cp", 1, 2, 3, 4),
        new("trestbps", 50, 250),
        new("chol", 50, 700),
        new("fbs", 0, 1),
        .. OneHot("restecg", 0, 1, 2),
        new("thalach", 40, 220),
        new("exang", 0, 1),
        new("oldpeak", -5, 10),
        .. OneHot("slope", 1, 2, 3),
        new("ca", 0, 3),
        .. OneHot("thal", 3, 6, 7),
        .. s_flagged.Select(name => new Feature(name + "_missing", 0, 1)),
    ];

    /// <summary>Reads the four files of a folder.</summary>
    /// <param name="folder">Holds processed.cleveland.data, processed.hungarian.data, processed.switzerland.data, processed.va.data.</param>
    /// <returns>One entry per hospital, in the order of <see cref="Centres"/>.</returns>
    /// <exception cref="DataFileException">A file is missing or malformed.</exception>
    public static ImmutableArray<LabelledRows> LoadFolder(string folder) =>
        [.. Centres.Select(centre => LoadFile(PathOf(folder, centre)))];

    /// <summary>The file of a hospital in a folder.</summary>
    public static string PathOf(string folder, string centre) => Path.Combine(folder, $"processed.{centre}.data");

    /// <summary>Reads one hospital's file.</summary>
    /// <exception cref="DataFileException">The file is missing or malformed.</exception>
    public static LabelledRows LoadFile(string path)
    {
        using StreamReader text = DelimitedFile.Open(
            path,
            "Give --data the folder with the files processed.cleveland.data, processed.hungarian.data, processed.switzerland.data and processed.va.data."
        );
        return Read(text, path);
    }

    /// <summary>Reads one hospital's rows.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <exception cref="DataFileException">The content is malformed.</exception>
    public static LabelledRows Read(TextReader text, string name)
    {
        var file = new DelimitedFile(name, s_columns, hasHeader: false);
        List<float[]> values = [];
        List<bool> labels = [];
        foreach (DelimitedRow row in file.Read(text))
        {
            values.Add(FeaturesOf(row));
            labels.Add(row.Code(13, [0, 1, 2, 3, 4]) > 0);
        }

        return new LabelledRows(Features, [.. values], [.. labels]);
    }

    private static float[] FeaturesOf(DelimitedRow row)
    {
        float age = row.Number(0, 0, 130);
        float sex = row.Number(1, 0, 1);
        int chestPain = row.Code(2, [1, 2, 3, 4]);
        float pressure = ZeroIsMissing(row.Number(3, 0, 400, Missing));
        float cholesterol = ZeroIsMissing(row.Number(4, 0, 1000, Missing));
        float sugar = row.Number(5, 0, 1, Missing);
        int ecg = row.Code(6, [0, 1, 2], Missing);
        float heartRate = row.Number(7, 0, 300, Missing);
        float angina = row.Number(8, 0, 1, Missing);
        float depression = row.Number(9, -10, 20, Missing);
        int slope = row.Code(10, [1, 2, 3], Missing);
        float vessels = row.Number(11, 0, 9, Missing);
        int thal = row.Code(12, [3, 6, 7], Missing);

        return
        [
            age,
            sex,
            .. Indicators(chestPain, 4),
            pressure,
            cholesterol,
            sugar,
            .. Indicators(ecg, 3),
            heartRate,
            angina,
            depression,
            .. Indicators(slope, 3),
            vessels,
            .. Indicators(thal, 3),
            Flag(pressure),
            Flag(cholesterol),
            Flag(sugar),
            Flag(heartRate),
            Flag(angina),
            Flag(depression),
            slope < 0 ? 1 : 0,
            Flag(vessels),
            thal < 0 ? 1 : 0,
        ];
    }

    private static float ZeroIsMissing(float value) => value == 0 ? float.NaN : value;

    private static float Flag(float value) => float.IsNaN(value) ? 1 : 0;

    private static float[] Indicators(int code, int count)
    {
        float[] indicators = new float[count];
        if (code >= 0)
        {
            indicators[code] = 1;
        }

        return indicators;
    }

    private static IEnumerable<Feature> OneHot(string name, params int[] codes) =>
        codes.Select(code => new Feature($"{name}={code}", 0, 1));
}
