using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Registry;

/// <summary>Compares spec/07-registry.md with the code.</summary>
public sealed partial class RegistryTests
{
    private static readonly string s_registry = File.ReadAllText(RepositoryFolders.InRoot("spec", "07-registry.md"));

    public static TheoryData<string, Type> Tables =>
        new()
        {
            { "suites", typeof(SuiteId) },
            { "schemes", typeof(SchemeKind) },
            { "phases", typeof(RoundPhase) },
            { "message-types", typeof(MessageType) },
            { "abort-reasons", typeof(AbortReason) },
            { "peer-faults", typeof(PeerFaultKind) },
            { "durable-records", typeof(DurableRecordKind) },
            { "share-kinds", typeof(ShareKind) },
            { "key-purposes", typeof(KeyPurpose) },
            { "noise-mechanisms", typeof(NoiseMechanism) },
            { "privacy-units", typeof(PrivacyUnit) },
            { "neighbouring-relations", typeof(NeighbouringRelation) },
        };

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_lists_every_member_of_its_enum_once_with_its_number(string anchor, Type type)
    {
        List<(int Number, string Name)> registered =
        [
            .. Rows(anchor).Select(cells => (int.Parse(cells[0], CultureInfo.InvariantCulture), cells[1])),
        ];
        List<(int Number, string Name)> coded =
        [
            .. Enum.GetNames(type)
                .Select(name => (Convert.ToInt32(Enum.Parse(type, name), CultureInfo.InvariantCulture), name)),
        ];

        Assert.Equal(coded.OrderBy(row => row.Number), registered);
        Assert.Equal(registered.Count, registered.DistinctBy(row => row.Number).Count());
        Assert.All(Rows(anchor), cells => Assert.EndsWith(".", cells[2], StringComparison.Ordinal));
    }

    [Fact]
    public void Every_table_of_the_registry_is_compared()
    {
        IEnumerable<string> anchors = AnchorPattern().Matches(s_registry).Select(match => match.Groups[1].Value);

        Assert.Equal(
            Tables
                .Select(row => (string)row[0])
                .Concat(["audit-events", "labels", "other-labels"])
                .Order(StringComparer.Ordinal),
            anchors.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void The_checks_A1_to_A17_are_the_reasons_1_to_17_and_no_other_reason_is_a_check() =>
        Assert.All(
            Rows("abort-reasons"),
            cells =>
                Assert.Equal(
                    int.Parse(cells[0], CultureInfo.InvariantCulture) is >= 1 and <= 17 ? [$"A{cells[0]}"] : [],
                    cells.Skip(3)
                )
        );

    [Fact]
    public void The_label_table_lists_every_label_once()
    {
        (string, string)[] coded =
        [
            .. typeof(Labels)
                .GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => (field.Name, $"`{field.GetRawConstantValue()}`")),
        ];

        Assert.Equal(coded, Rows("labels").Select(cells => (cells[0], cells[1])));
    }

    [Fact]
    public void No_label_is_a_prefix_of_another_and_all_carry_the_version()
    {
        string[] labels = [.. Rows("labels").Concat(Rows("other-labels")).Select(cells => cells[1].Trim('`'))];

        foreach (string label in labels)
        {
            Assert.StartsWith("SecureFed/1 ", label, StringComparison.Ordinal);
            Assert.True(label.All(char.IsAscii));
            Assert.Single(labels, other => other.StartsWith(label, StringComparison.Ordinal));
        }
    }

    // spec 07-registry#other-labels
    [Fact]
    public void The_table_of_other_labels_lists_those_that_other_source_files_use()
    {
        IEnumerable<string> used = Directory
            .EnumerateFiles(RepositoryFolders.InRoot("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "Labels.cs")
            .SelectMany(file => LabelPattern().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Distinct(StringComparer.Ordinal);

        Assert.Equal(
            Rows("other-labels").Select(cells => cells[1].Trim('`')).Order(StringComparer.Ordinal),
            used.Order(StringComparer.Ordinal)
        );
    }

    // spec 07-registry#audit-events
    [Fact]
    public void The_table_of_audit_events_lists_every_case_of_the_family_with_its_fields()
    {
        string[] coded =
        [
            .. typeof(AuditEvent)
                .GetNestedTypes()
                .Select(type => $"{char.ToLowerInvariant(type.Name[0])}{type.Name[1..]}")
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(coded, Rows("audit-events").Select(cells => cells[0]).Order(StringComparer.Ordinal));
        foreach (AuditEvent happened in Audit.AuditLogTests.OneOfEach)
        {
            string[] cells = Rows("audit-events").Single(row => row[0] == happened.Name);
            AuditFieldWriter fields = new();
            happened.Write(fields);
            using System.Text.Json.JsonDocument written = System.Text.Json.JsonDocument.Parse(
                fields.Written.IsEmpty ? "{\"–\":0}" : System.Text.Encoding.UTF8.GetString(fields.Written) + "}"
            );

            Assert.Equal(
                cells[1].Replace("*attempt*", "federation, round, attempt", StringComparison.Ordinal),
                string.Join(", ", written.RootElement.EnumerateObject().Select(field => field.Name))
            );
        }
    }

    private static List<string[]> Rows(string anchor)
    {
        int start = s_registry.IndexOf($"<a id=\"{anchor}\"></a>", StringComparison.Ordinal);
        Assert.True(start >= 0, $"The registry has no table {anchor}.");
        int end = s_registry.IndexOf("\n## ", start, StringComparison.Ordinal);
        string section = s_registry[start..(end < 0 ? s_registry.Length : end)];
        return
        [
            .. section
                .Split('\n')
                .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Skip(2)
                .Select(line => line.Trim('|', ' ').Split(" | ")),
        ];
    }

    [GeneratedRegex("<a id=\"([a-z-]+)\"></a>")]
    private static partial Regex AnchorPattern();

    [GeneratedRegex("\"(SecureFed/1 [^\"]*)\"")]
    private static partial Regex LabelPattern();
}
