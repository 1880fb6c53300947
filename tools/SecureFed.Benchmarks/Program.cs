using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Rows;

IReadOnlyList<BenchmarkRow> rows =
[
    new MaskRow(),
    new MeanRow(),
    new ClientRow(),
    new UnmaskRow(),
    new UploadRow(),
    new RoundRow(),
    new ShamirRow(),
    new LargeRoundRow(),
];

bool asJson = args.Contains("--json");
string[] names = [.. args.Where(argument => !argument.StartsWith('-'))];

if (names.Length != 1)
{
    return Report.List(rows, asJson, names.Length == 0);
}

BenchmarkRow? row = rows.FirstOrDefault(candidate => candidate.Name == names[0]);
return row is null ? Report.Unknown(names[0], rows, asJson) : Report.Run(row, asJson);
