using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class DataReaderTests
{
    private const string HeartRow = "63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0";

    [Fact]
    public void The_Wisconsin_rows_come_with_the_assembly()
    {
        LabelledRows rows = WisconsinData.Load();

        Assert.Equal(569, rows.Count);
        Assert.Equal(212, rows.PositiveCount);
        Assert.Equal(30, rows.Features.Length);
        Assert.Equal(17.99f, rows.Values[0][0]);
        Assert.True(rows.Labels[0]);
    }

    [Fact]
    public void Every_Wisconsin_value_is_inside_its_public_range()
    {
        LabelledRows rows = WisconsinData.Load();

        Assert.All(
            rows.Values,
            row =>
                Assert.All(
                    row.Zip(rows.Features),
                    cell => Assert.InRange(cell.First, cell.Second.Low, cell.Second.High)
                )
        );
    }

    [Fact]
    public void A_file_that_does_not_exist_is_named_with_a_remedy()
    {
        string path = Path.Combine(Path.GetTempPath(), "no-such-folder", "no-such-file.csv");

        DataFileException refused = Assert.Throws<DataFileException>(() => WisconsinData.Load(path));

        Assert.Equal(DataFileFault.Missing, refused.Fault);
        Assert.Equal(path, refused.FileName);
        Assert.NotEmpty(refused.Remedy);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_the_heart_files_is_refused_and_names_the_option()
    {
        DataFileException refused = Assert.Throws<DataFileException>(() =>
            HeartDiseaseData.LoadFolder(Path.Combine(Path.GetTempPath(), "no-such-folder"))
        );

        Assert.Equal(DataFileFault.Missing, refused.Fault);
        Assert.Contains("--data", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_header_is_refused_with_its_column()
    {
        string header = string.Join(',', WisconsinData.Features.Select(f => f.Name)) + ",malignant";

        DataFileException refused = Assert.Throws<DataFileException>(() =>
            WisconsinData.Read(new StringReader(header), "w.csv")
        );

        Assert.Equal(DataFileFault.WrongHeader, refused.Fault);
        Assert.Equal((1, "benign"), (refused.Line, refused.Column));
        Assert.Equal("'malignant'", refused.Found);
    }

    [Fact]
    public void A_header_without_rows_is_refused()
    {
        string header = string.Join(',', WisconsinData.Features.Select(f => f.Name)) + ",benign";

        DataFileException refused = Assert.Throws<DataFileException>(() =>
            WisconsinData.Read(new StringReader(header), "w.csv")
        );

        Assert.Equal(DataFileFault.Empty, refused.Fault);
    }

    [Fact]
    public void A_row_with_a_column_less_is_refused_with_its_line()
    {
        string shorter = HeartRow[..HeartRow.LastIndexOf(',')];

        DataFileException refused = ReadHeart($"{HeartRow}\n\n{shorter}\n");

        Assert.Equal(DataFileFault.WrongColumnCount, refused.Fault);
        Assert.Equal(3, refused.Line);
        Assert.Equal("13 columns", refused.Found);
        Assert.StartsWith(
            "heart.data, line 3: found 13 columns, expected 14 columns",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("abc", DataFileFault.NotANumber)]
    [InlineData("", DataFileFault.NotANumber)]
    [InlineData("NaN", DataFileFault.NotANumber)]
    [InlineData("1e999", DataFileFault.NotANumber)]
    [InlineData("-1", DataFileFault.OutOfRange)]
    [InlineData("?", DataFileFault.NotANumber)]
    public void An_age_that_no_patient_has_is_refused(string age, DataFileFault fault)
    {
        DataFileException refused = ReadHeart(age + HeartRow[HeartRow.IndexOf(',', StringComparison.Ordinal)..]);

        Assert.Equal(fault, refused.Fault);
        Assert.Equal((1, "age", $"'{age}'"), (refused.Line, refused.Column, refused.Found));
    }

    [Fact]
    public void A_code_between_two_codes_is_refused()
    {
        DataFileException refused = ReadHeart("63,1,1,145,233,1,2,150,0,2.3,3,0,5,0");

        Assert.Equal((DataFileFault.OutOfRange, "thal"), (refused.Fault, refused.Column));
        Assert.Contains("3, 6, 7", refused.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_cell_is_quoted_in_part_only()
    {
        DataFileException refused = ReadHeart(
            new string('x', 500) + HeartRow[HeartRow.IndexOf(',', StringComparison.Ordinal)..]
        );

        Assert.True(refused.Found.Length <= 41);
    }

    [Fact]
    public void A_heart_row_becomes_numbers_codes_and_flags()
    {
        LabelledRows rows = HeartDiseaseData.Read(new StringReader(HeartRow), "heart.data");

        Assert.Equal(1, rows.Count);
        Assert.False(rows.Labels[0]);
        Assert.Equal(63f, Value(rows, "age"));
        Assert.Equal((1f, 0f), (Value(rows, "cp=1"), Value(rows, "cp=4")));
        Assert.Equal((0f, 1f), (Value(rows, "thal=3"), Value(rows, "thal=6")));
        Assert.All(
            rows.Features.Where(f => f.Name.EndsWith("_missing", StringComparison.Ordinal)),
            f => Assert.Equal(0f, Value(rows, f.Name))
        );
    }

    [Fact]
    public void Question_marks_and_a_cholesterol_of_zero_are_missing_and_flagged()
    {
        LabelledRows rows = HeartDiseaseData.Read(new StringReader("32,1,1,0,0,?,0,127,0,.7,?,?,?,4"), "heart.data");

        Assert.True(rows.Labels[0]);
        Assert.All(
            (string[])["trestbps", "chol", "fbs", "ca"],
            name => Assert.True(float.IsNaN(Value(rows, name)), name)
        );
        Assert.All(
            (string[])["trestbps", "chol", "fbs", "slope", "ca", "thal"],
            name => Assert.Equal(1f, Value(rows, name + "_missing"))
        );
        Assert.Equal((0f, 0f, 0f), (Value(rows, "thal=3"), Value(rows, "thal=6"), Value(rows, "thal=7")));
        Assert.Equal((0f, 0f), (Value(rows, "thalach_missing"), Value(rows, "oldpeak_missing")));
    }

    [SharedFact("data/heart-disease/processed.va.data")]
    public void The_four_hospitals_have_the_published_numbers_of_rows()
    {
        var centres = HeartDiseaseData.LoadFolder(RepositoryFolders.InShared("data", "heart-disease"));

        Assert.Equal([303, 294, 123, 200], centres.Select(rows => rows.Count));
        Assert.Equal([139, 106, 115, 149], centres.Select(rows => rows.PositiveCount));
    }

    [SharedFact("data/heart-disease/processed.va.data")]
    public void No_row_of_Switzerland_has_a_cholesterol()
    {
        var centres = HeartDiseaseData.LoadFolder(RepositoryFolders.InShared("data", "heart-disease"));
        int cholesterol = IndexOf("chol");

        Assert.All(centres[2].Values, row => Assert.True(float.IsNaN(row[cholesterol])));
        Assert.DoesNotContain(centres[0].Values, row => float.IsNaN(row[cholesterol]));
    }

    private static DataFileException ReadHeart(string content) =>
        Assert.Throws<DataFileException>(() => HeartDiseaseData.Read(new StringReader(content), "heart.data"));

    private static float Value(LabelledRows rows, string name) => rows.Values[0][IndexOf(name)];

    private static int IndexOf(string name) =>
        HeartDiseaseData.Features.Select((f, i) => (f, i)).Single(pair => pair.f.Name == name).i;
}
