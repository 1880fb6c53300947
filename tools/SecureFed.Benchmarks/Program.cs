using System.Globalization;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rounds;
using SecureFed.Benchmarks.Rows;

if (args is [StoredUnmasking.Command, string folder, string threads])
{
    return StoredUnmasking.Serve(folder, int.Parse(threads, CultureInfo.InvariantCulture));
}

IReadOnlyList<BenchmarkRow> rows =
[
    new MaskRow(),
    new MeanRow(),
    new ClientRow(),
    new UnmaskRow(),
    new UploadRow(),
    new RoundRow(),
    new ShamirRow(),
    new LargeUnmaskRow(),
    new LargeRoundRow(),
    new GrowthRow(),
    new GaussianRow(),
    new NoiseTimingRow(),
    new LossRow(),
    new CalibrateRow(),
    new NttRow(),
];

bool asJson = args.Contains("--json");
int svg = Array.IndexOf(args, "--svg");
if (svg == args.Length - 1 && svg >= 0)
{
    return Report.Usage(asJson);
}

string? svgPath = svg < 0 ? null : args[svg + 1];
string[] names = [.. args.Where((argument, i) => !argument.StartsWith('-') && (svg < 0 || i != svg + 1))];

if (names.Length != 1)
{
    return Report.List(rows, asJson, names.Length == 0);
}

BenchmarkRow? row = rows.FirstOrDefault(candidate => candidate.Name == names[0]);
return row is null ? Report.Unknown(names[0], rows, asJson) : Report.Run(row, asJson, svgPath);
