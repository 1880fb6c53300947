using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SecureFed.Cli;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed partial class ReportFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("securefed-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_command_line_writes_the_page_where_it_is_told_and_makes_the_folder()
    {
        string path = Path.Combine(_folder.FullName, "made", "page.html");

        (int exit, string output, string error) = Run("demo", "hospital", "--rounds", "1", "--report", path, "--json");

        Assert.Equal(0, exit);
        Assert.Empty(error);
        using var answer = JsonDocument.Parse(Assert.Single(Lines(output)));
        Assert.Equal(path, answer.RootElement.GetProperty("report").GetString());
        Assert.False(answer.RootElement.TryGetProperty("reportError", out _));
        string page = File.ReadAllText(path);
        Assert.StartsWith("<!DOCTYPE html>\n", page, StringComparison.Ordinal);
        Assert.Contains(
            answer.RootElement.GetProperty("suite").GetString()!,
            XDocument.Parse(page).Root!.Value,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_page_that_cannot_be_written_is_a_failure_of_its_own_and_the_result_is_there(bool isJson)
    {
        // A file stands where a folder would have to be.
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "here before");
        string path = Path.Combine(file, "page.html");
        string[] json = isJson ? ["--json"] : [];

        (int exit, string output, string error) = Run(["demo", "hospital", "--rounds", "1", "--report", path, .. json]);

        Assert.Equal((int)DemoExit.Output, exit);
        string line = Assert.Single(Lines(error));
        Assert.StartsWith("error report-not-written: ", line, StringComparison.Ordinal);
        Assert.Contains(path, line, StringComparison.Ordinal);
        Assert.Equal("here before", File.ReadAllText(file));
        if (isJson)
        {
            using var answer = JsonDocument.Parse(Assert.Single(Lines(output)));
            Assert.InRange(answer.RootElement.GetProperty("secureAuc").GetDouble(), 0.9, 1);
            Assert.False(answer.RootElement.TryGetProperty("report", out _));
            Assert.Equal(
                "report-not-written",
                answer.RootElement.GetProperty("reportError").GetProperty("code").GetString()
            );
        }
        else
        {
            Assert.Contains("secure FedAvg", output, StringComparison.Ordinal);
            Assert.Contains("done in ", output, StringComparison.Ordinal);
            Assert.DoesNotContain("\nreport ", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_path_that_no_file_can_have_is_told_and_does_not_throw(string path)
    {
        DemoException? failure = ReportFile.TryWrite(path, "page");

        Assert.Equal(DemoExit.Output, failure!.Exit);
        Assert.Equal("report-not-written", failure.Code);
    }

    [Fact]
    public void A_page_replaces_the_one_before()
    {
        string path = Path.Combine(_folder.FullName, "page.html");

        Assert.Null(ReportFile.TryWrite(path, "a longer page"));
        Assert.Null(ReportFile.TryWrite(path, "short é"));

        Assert.Equal("short é"u8.ToArray(), File.ReadAllBytes(path));
    }

    [Fact]
    public void The_sample_writes_a_page_unless_it_is_told_not_to()
    {
        Assert.Equal("usual", DemoArguments.Parse([], report: "usual").Report);
        Assert.Equal("mine", DemoArguments.Parse(["--report", "mine"], report: "usual").Report);
        Assert.Null(DemoArguments.Parse(["--no-report"], report: "usual").Report);
        Assert.Null(DemoArguments.Parse([]).Report);
    }

    [Theory]
    [InlineData("--report")]
    [InlineData("--report", "")]
    [InlineData("--report", "--json")]
    public void A_report_without_a_path_is_a_usage_failure_of_sample_and_command_line(params string[] args)
    {
        Assert.Equal(
            DemoExit.Usage,
            Assert.Throws<DemoException>(() => DemoArguments.Parse(args, report: "usual")).Exit
        );
        Assert.Equal(2, Run(["demo", "hospital", .. args]).Exit);
    }

    [Theory]
    [InlineData("--report", "page.html")]
    [InlineData("--no-report")]
    public void A_sample_without_a_page_refuses_to_write_one(params string[] args) =>
        Assert.Equal(DemoExit.Usage, Assert.Throws<DemoException>(() => DemoArguments.Parse(args)).Exit);

    [Fact]
    public void The_object_of_the_demonstration_has_the_network_beside_the_fields_of_the_logistic_model()
    {
        (int exit, string output, _) = Run("demo", "hospital", "--rounds", "2", "--json");

        Assert.Equal(0, exit);
        using var answer = JsonDocument.Parse(output);
        JsonElement mlp = answer.RootElement.GetProperty("mlp");
        foreach (string field in (string[])["pooledAuc", "plainAuc", "secureAuc", "aloneAuc"])
        {
            Assert.InRange(mlp.GetProperty(field).GetDouble(), 0.9, 1);
        }

        Assert.InRange(mlp.GetProperty("gap").GetDouble(), 0, HospitalDemo.AllowedGap);
        Assert.Equal(HiddenLayerNetwork.HiddenUnits, mlp.GetProperty("hiddenUnits").GetInt32());
        Assert.Equal(HiddenLayerNetwork.ModelLength(30), mlp.GetProperty("length").GetInt32());
        Assert.Equal(31, answer.RootElement.GetProperty("plan").GetProperty("length").GetInt32());
        Assert.Equal(2, mlp.GetProperty("rounds").GetArrayLength());
        Assert.False(answer.RootElement.TryGetProperty("report", out _));
    }

    // The digits of times, p-values and the third decimals of another machine may differ: the words and the layout may not.
    [Fact]
    public void The_readme_shows_what_the_sample_prints()
    {
        string readme = File.ReadAllText(RepositoryFolders.InRoot("README.md"));
        string block = BlockOfReadme().Match(readme).Groups["block"].Value;
        string path = Path.Combine(_folder.FullName, "report.html");
        HospitalFederation hospitals = HospitalDemo.Load(folder: null, seed: 1, rounds: null);
        using StringWriter output = new();
        using StringWriter error = new();

        DemoExit exit = HospitalReport.Run(
            new DemoScreen(output, error),
            hospitals,
            HospitalDemo.PlansOf(hospitals),
            seed: 1,
            path
        );

        Assert.Equal(DemoExit.Success, exit);
        string printed = output.ToString().Replace(path, "out/report.html", StringComparison.Ordinal);
        Assert.Equal(Lines(Shape(block)), Lines(Shape(printed)));
    }

    private static string Shape(string text) =>
        Spaces().Replace(Numbers().Replace(Masks().Replace(text, "masks by #"), "#"), " ");

    [GeneratedRegex(@"<!-- hospital-output:.*?-->\s*```text\n(?<block>.*?)```", RegexOptions.Singleline)]
    private static partial Regex BlockOfReadme();

    [GeneratedRegex(@"masks by .*")]
    private static partial Regex Masks();

    [GeneratedRegex(@"-?\d+(\.\d+)?(E-\d+)?")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Spaces();

    private static (int Exit, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exit = SecureFedCommand.Run(args, output, error);
        return (exit, output.ToString(), error.ToString());
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
