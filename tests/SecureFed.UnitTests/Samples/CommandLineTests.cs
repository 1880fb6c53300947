using System.Text.Json;
using SecureFed.Cli;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Samples;

public sealed class CommandLineTests
{
    [Fact]
    public void The_hospital_demonstration_answers_with_its_documented_fields()
    {
        JsonElement answer = Answer("demo", "hospital", "--rounds", "2", "--seed", "3");

        foreach (string field in (string[])["pooledAuc", "plainAuc", "secureAuc", "aloneAuc"])
        {
            Assert.InRange(answer.GetProperty(field).GetDouble(), 0.9, 1);
        }

        Assert.True(answer.GetProperty("kept").GetBoolean());
        JsonElement[] rounds = [.. answer.GetProperty("rounds").EnumerateArray()];
        Assert.Equal(2, rounds.Length);
        Assert.Equal(5, rounds[0].GetProperty("cohort").GetInt32());
        Assert.Equal("riverside", Assert.Single(rounds[0].GetProperty("dropped").EnumerateArray()).GetString());
        Assert.Empty(rounds[1].GetProperty("dropped").EnumerateArray());
        Assert.All(rounds, round => Assert.InRange(round.GetProperty("bytesUp").GetInt32(), 100, 10_000));
        Assert.All(rounds, round => Assert.InRange(round.GetProperty("loss").GetDouble(), 0, 1));
        Assert.All(rounds, round => Assert.InRange(round.GetProperty("auc").GetDouble(), 0.9, 1));
        Assert.InRange(answer.GetProperty("serverView").GetProperty("chiSquareP").GetDouble(), 0, 1);
        Assert.InRange(answer.GetProperty("serverView").GetProperty("correlation").GetDouble(), -1, 1);
        Assert.Equal(3, answer.GetProperty("plan").GetProperty("effectiveCohort").GetInt32());
    }

    [Fact]
    public void The_privacy_calculators_answer_each_other()
    {
        string sigma = Answer("privacy", "calibrate", "--epsilon", "3", "--delta", "1e-5", "--sensitivity", "2")
            .GetProperty("sigma")
            .GetRawText();
        double delta = Answer("privacy", "delta", "--sigma", sigma, "--epsilon", "3", "--sensitivity", "2")
            .GetProperty("delta")
            .GetDouble();
        double epsilon = Answer("privacy", "epsilon", "--sigma", sigma, "--delta", "1e-5", "--sensitivity", "2")
            .GetProperty("epsilon")
            .GetDouble();
        Assert.InRange(delta, 1e-5 * (1 - 1e-9), 1e-5 * (1 + 1e-9));
        Assert.InRange(epsilon, 3 - 1e-9, 3 + 1e-9);

        (int exit, string output, string error) = Run("privacy", "calibrate", "--epsilon", "3", "--delta", "1e-5");
        Assert.Equal((0, string.Empty), (exit, error));
        Assert.StartsWith("σ = 1.39059", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_hospital_demonstration_shows_what_privacy_costs_when_it_is_asked_for()
    {
        JsonElement found = Answer("demo", "hospital", "--rounds", "3", "--epsilon", "3").GetProperty("private");
        Assert.Equal(3, found.GetProperty("epsilon").GetDouble());
        Assert.Equal(1e-5, found.GetProperty("delta").GetDouble());
        Assert.Equal(
            found.GetProperty("aucWithoutNoise").GetDouble() - found.GetProperty("auc").GetDouble(),
            found.GetProperty("cost").GetDouble()
        );
        Assert.InRange(found.GetProperty("rounds")[2].GetProperty("epsilon").GetDouble(), 2.9999, 3);
        Assert.False(Answer("demo", "hospital", "--rounds", "1").TryGetProperty("private", out _));
        (_, string output, _) = Run("demo", "hospital", "--rounds", "2", "--epsilon", "3", "--delta", "1e-6");
        Assert.Contains("the noise costs", output, StringComparison.Ordinal);
        Assert.Contains("the budget ends it", output, StringComparison.Ordinal);
        Failure(4, "plan-refused", "demo", "hospital", "--rounds", "2", "--epsilon", "1e-9");
    }

    [Fact]
    public void A_ledger_is_shown_with_its_statement_and_a_damaged_one_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("securefed-ledger").FullName;
        try
        {
            string path = Path.Combine(folder, "ledger");
            Failure(3, "data-missing", "ledger", "show", path);
            SecureFed.Privacy.PrivacyBudget budget = new(
                3,
                1e-5,
                SecureFed.Core.PrivacyUnit.Record,
                SecureFed.Core.NeighbouringRelation.AddOrRemoveOne
            );
            using (FileLedger ledger = FileLedger.Open(path, "site", budget))
            {
                foreach (string name in (string[])["one", "two"])
                {
                    ledger.Charge(
                        new SecureFed.Privacy.PrivacyCharge(
                            name,
                            SecureFed.Core.Digest.Of(System.Text.Encoding.UTF8.GetBytes(name)),
                            SecureFed.Privacy.PrivacyEvent.DiscreteGaussian(10),
                            count: 1,
                            budget.Unit,
                            budget.Relation
                        )
                    );
                }

                Failure(3, "data-unreadable", "ledger", "show", path);
            }

            JsonElement shown = Answer("ledger", "show", path, "--statement");
            Assert.Equal("site", shown.GetProperty("owner").GetString());
            Assert.Equal(2, shown.GetProperty("charges").GetArrayLength());
            Assert.Equal(
                shown.GetProperty("spent").GetDouble(),
                shown.GetProperty("charges")[1].GetProperty("epsilonAfter").GetDouble()
            );
            Assert.Equal(3 - shown.GetProperty("spent").GetDouble(), shown.GetProperty("remaining").GetDouble());
            string statement = shown.GetProperty("statement").GetString()!;
            Assert.Contains("unit: one record of a party", statement, StringComparison.Ordinal);
            Assert.Contains("does not cover:", statement, StringComparison.Ordinal);
            Assert.Contains("2 times", statement, StringComparison.Ordinal);
            (int exit, string output, _) = Run("ledger", "show", path);
            Assert.Equal(0, exit);
            Assert.Contains("ledger of site", output, StringComparison.Ordinal);
            Assert.DoesNotContain("does not cover", output, StringComparison.Ordinal);

            byte[] bytes = File.ReadAllBytes(path);
            bytes[^60] ^= 1;
            File.WriteAllBytes(path, bytes);
            JsonElement error = Failure(3, "ledger-corrupt", "ledger", "show", path);
            Assert.Contains("Entry 2", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Noise_samples_are_written_as_they_are_counted()
    {
        string file = Path.GetTempFileName();
        try
        {
            JsonElement answer = Answer("privacy", "sample", "--sigma2", "1000000", "--count", "70000", "--out", file);
            Assert.Equal(70_000, answer.GetProperty("count").GetInt64());
            byte[] bytes = File.ReadAllBytes(file);
            Assert.Equal(70_000 * 8, bytes.Length);
            long[] samples = [.. Enumerable.Range(0, 70_000).Select(i => BitConverter.ToInt64(bytes, i * 8))];
            Assert.InRange(samples.Max(Math.Abs), 3_000, 12_000);
            Assert.True(samples.Distinct().Count() > 5_000);
            Failure(6, "not-written", "privacy", "sample", "--sigma2", "1", "--count", "1", "--out", "/not/there");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_privacy_table_is_answered_row_by_row_and_another_one_refused()
    {
        string folder = Directory.CreateTempSubdirectory("securefed-table").FullName;
        try
        {
            string table = Path.Combine(folder, "table.json");
            string answers = Path.Combine(folder, "answers.json");
            File.WriteAllText(
                table,
                """{"table":"d_zcdp_to_epsilon","rows":[{"id":"a","rho":"0.5","delta":1e-6},{"id":"b","rho":2,"delta":"0.01"}]}"""
            );
            Assert.Equal(2, Answer("privacy", "table", table, "--out", answers).GetProperty("rows").GetInt32());
            using JsonDocument answered = JsonDocument.Parse(File.ReadAllText(answers));
            Assert.Equal(
                SecureFed.Privacy.ConcentratedPrivacy.Epsilon(0.5, 1e-6),
                answered.RootElement.GetProperty("a").GetProperty("epsilon").GetDouble()
            );
            Assert.Equal(2, answered.RootElement.EnumerateObject().Count());

            string nowhere = Path.Combine(folder, "not", "there.json");
            Failure(6, "not-written", "privacy", "table", table, "--out", nowhere);
            Failure(3, "data-missing", "privacy", "table", nowhere, "--out", answers);
            foreach (
                (string code, string text) in ((string, string)[])
                    [
                        ("table-unknown", """{"table":"d_other","rows":[]}"""),
                        ("data-malformed", """{"table":"d_zcdp_to_epsilon"}"""),
                        ("data-malformed", """{"table":"d_zcdp_to_epsilon","rows":[{"id":"a","rho":1}]}"""),
                        (
                            "data-malformed",
                            """{"table":"d_zcdp_to_epsilon","rows":[{"id":"a","rho":-1,"delta":0.1}]}"""
                        ),
                        (
                            "data-malformed",
                            """{"table":"d_zcdp_to_epsilon","rows":[{"id":"a","rho":1,"delta":0.1},{"id":"a","rho":1,"delta":0.1}]}"""
                        ),
                        ("data-malformed", "[]"),
                        ("data-malformed", "{"),
                    ]
            )
            {
                File.WriteAllText(table, text);
                Failure(3, code, "privacy", "table", table, "--out", answers);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Clipping_hexadecimal_floats_keeps_every_bit_inside_the_ball_and_stays_within_it_outside()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string table = Path.Combine(folder, "table.json");
            string answers = Path.Combine(folder, "answers.json");
            const string Rows = """
                {"table":"i_clip_adversarial","rows":[
                {"id":"a","clip_hex":"0x1.0000000000000p+0","vector_hex":["-0x1.8000000000000p-1","0x0.0p+0","-0x0.0p+0","0x1.6500000000000p-140"]},
                {"id":"b","clip_hex":"0x1p-1","vector_hex":["0x1.a0556a0000000p+64","0x1.8p+1"]}]}
                """;
            File.WriteAllText(table, Rows);
            Assert.Equal(2, Answer("privacy", "table", table, "--out", answers).GetProperty("rows").GetInt32());
            using JsonDocument answered = JsonDocument.Parse(File.ReadAllText(answers));
            Assert.Equal(
                ["-0x1.8000000000000p-1", "0x0.0p+0", "-0x0.0p+0", "0x1.6500000000000p-140"],
                Vector(answered.RootElement.GetProperty("a"))
            );

            // C·(1 − 2^-22), rounded to a float, and a second coordinate that keeps its share.
            string[] clipped = [.. Vector(answered.RootElement.GetProperty("b"))];
            Assert.StartsWith("0x1.fffff", clipped[0], StringComparison.Ordinal);
            Assert.EndsWith("p-2", clipped[0], StringComparison.Ordinal);
            Assert.EndsWith("p-65", clipped[1], StringComparison.Ordinal);

            foreach (
                string text in (string[])
                    ["1.5", "0x1.8", "0x1.8p+99999", "0x1.8p+1024", "0x2.0p+0", "0x1.8p+0\\n", "nan", "inf"]
            )
            {
                File.WriteAllText(
                    table,
                    $$"""{"table":"i_clip_adversarial","rows":[{"id":"a","clip_hex":"0x1.0p+0","vector_hex":["{{text}}"]}]}"""
                );
                Failure(3, "data-malformed", "privacy", "table", table, "--out", answers);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static IEnumerable<string> Vector(JsonElement answer) =>
            answer.GetProperty("vector_hex").EnumerateArray().Select(text => text.GetString()!);
    }

    [Fact]
    public void The_hospital_demonstration_for_people_has_the_lines_it_exists_for()
    {
        (int exit, string output, string error) = Run("demo", "hospital", "--rounds", "1");

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Contains("secure FedAvg", output, StringComparison.Ordinal);
        Assert.Contains("effective cohort t - c = 3", output, StringComparison.Ordinal);
        Assert.Contains("not part of the release", output, StringComparison.Ordinal);
        Assert.Contains("phase MaskedInput", output, StringComparison.Ordinal);
        Assert.Contains("CC BY 4.0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_devices_without_noise_find_the_line_and_say_which_floors_they_lowered()
    {
        JsonElement answer = Answer("demo", "linear", "--parties", "2", "--noise", "0", "--rounds", "40");

        Assert.Equal(2, answer.GetProperty("slope").GetDouble(), 5e-4);
        Assert.Equal(1, answer.GetProperty("intercept").GetDouble(), 5e-4);
        Assert.Equal(2, answer.GetProperty("effectiveCohort").GetInt32());
        Assert.Equal(2, answer.GetProperty("loweredFloors").GetArrayLength());
        Assert.True(answer.TryGetProperty("costOfLoweredFloors", out _));
    }

    [Fact]
    public void A_demonstration_that_misses_its_promise_prints_the_result_and_exits_with_1()
    {
        (int exit, string output, string error) = Run("demo", "linear", "--parties", "3", "--rounds", "1", "--json");

        Assert.Equal(1, exit);
        Assert.StartsWith("missed: 3 parties", Assert.Single(Lines(error)), StringComparison.Ordinal);
        JsonElement answer = Parse(output);
        Assert.False(answer.GetProperty("kept").GetBoolean());
        Assert.Equal(0, answer.GetProperty("loweredFloors").GetArrayLength());
    }

    // bits = bit length of n·max(⌊C·2^f⌋, W), plus one; with noise ⌈9.68·S·2^f⌉ more in the first.
    [Theory]
    [InlineData(100, "1", 18, 1024, "0", 26)]
    [InlineData(100, "1", 18, 0, "0.5", 26)]
    [InlineData(1000, "1", 18, 0, "0", 29)]
    [InlineData(1, "1", 0, 0, "0", 2)]
    [InlineData(10, "1", 4, 1_000_000, "0", 25)]
    [InlineData(3, "1", 10, 0, "100", 21)]
    [InlineData(128, "1", 8, 0, "0", 17)]
    [InlineData(127, "1", 8, 0, "0", 16)]
    public void The_width_of_a_ring_is_the_one_computed_by_hand(
        int clients,
        string clip,
        int fractionBits,
        long maximumWeight,
        string noise,
        int expected
    )
    {
        JsonElement answer = Answer(
            "plan",
            "ring",
            "--clients",
            $"{clients}",
            "--clip",
            clip,
            "--fraction-bits",
            $"{fractionBits}",
            "--max-weight",
            $"{maximumWeight}",
            "--noise-stddev",
            noise
        );

        Assert.Equal(expected, answer.GetProperty("ringBits").GetInt32());
        Assert.Equal(expected <= 32 ? 32 : 64, answer.GetProperty("laneBits").GetInt32());
        Assert.Equal(expected * 125_000, answer.GetProperty("bytesPerMillion").GetInt64());
    }

    [Theory]
    [InlineData("1000", "1", "60", "0", "Use at most")]
    [InlineData("10", "1", "58", "10", "Use ")]
    [InlineData("10", "0.001", "2", "0", "Use at least 10 fraction bits")]
    [InlineData("10", "0", "2", "0", "Take a bound on the length")]
    [InlineData("10", "1", "64", "0", "Choose a number in that range.")]
    public void A_plan_that_does_not_fit_is_refused_with_the_remedy_once(
        string clients,
        string clip,
        string fractionBits,
        string noise,
        string expected
    )
    {
        JsonElement error = Failure(
            4,
            "plan-refused",
            "plan",
            "ring",
            "--clients",
            clients,
            "--clip",
            clip,
            "--fraction-bits",
            fractionBits,
            "--noise-stddev",
            noise
        );

        Assert.StartsWith(expected, error.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(expected, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, "0.1", "0.1", "semi-honest", 48, 27, "sparse", 140, 104)]
    [InlineData(1000, "0.1", "1e-1", "semi-malicious", 96, 67, "sparse", 140, 104)]
    [InlineData(1_000_000, "0.1", "0.2", null, 338, 215, "none", null, null)]
    [InlineData(1000, "0.3", "0.3", "semi-honest", 218, 116, "sparse", 882, 592)]
    [InlineData(1000, "0.4", "0.4", "semi-honest", 540, 278, "none", null, null)]
    [InlineData(257, "0", "0", null, 2, 2, "sparse", 14, 8)]
    [InlineData(256, "0", "0", null, 2, 2, "complete", 255, null)]
    public void A_sparse_graph_has_the_size_of_the_search_and_the_answer_says_what_the_library_runs(
        int clients,
        string corrupt,
        string dropout,
        string? adversary,
        int neighbours,
        int threshold,
        string graph,
        int? usedNeighbours,
        int? usedThreshold
    )
    {
        string[] chosen = adversary is null ? [] : ["--adversary", adversary];
        JsonElement answer = Answer([.. Graph($"{clients}", corrupt, dropout), .. chosen]);

        Assert.Equal(neighbours, answer.GetProperty("neighbours").GetInt32());
        Assert.Equal(threshold, answer.GetProperty("threshold").GetInt32());
        Assert.Equal(adversary ?? "semi-malicious", answer.GetProperty("adversary").GetString());
        JsonElement used = answer.GetProperty("used");
        Assert.Equal(graph != "none", used.GetProperty("supported").GetBoolean());
        Assert.Equal(graph, used.GetProperty("graph").GetString());
        Assert.Equal(usedNeighbours, IntegerOrNull("neighbours"));
        Assert.Equal(usedThreshold, IntegerOrNull("threshold"));
        Assert.Contains(
            graph == "none" ? "Refused" : $"runs {(graph == "complete" ? "the" : "a")} {graph} graph",
            used.GetProperty("note").GetString(),
            StringComparison.Ordinal
        );

        int? IntegerOrNull(string name) => used.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : null;
    }

    [Fact]
    public void A_sparse_graph_that_does_not_exist_is_refused_with_a_remedy()
    {
        JsonElement error = Failure(4, "plan-refused", Graph("1000", "0.5", "0.5"));

        Assert.Contains("500 corrupt", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_primitives_has_both_suites_of_this_version_available_and_the_reserved_one_not()
    {
        JsonElement answer = Answer("crypto", "list");

        string[] states =
        [
            .. answer.GetProperty("suites").EnumerateArray().Select(s => s.GetProperty("status").GetString()!),
        ];
        Assert.Equal(["available", "available", "reserved"], states);
        Assert.All(
            answer.GetProperty("primitives").EnumerateArray(),
            primitive => Assert.Equal("available", primitive.GetProperty("status").GetString())
        );
    }

    [Fact]
    public void In_FIPS_mode_masks_are_the_platforms()
    {
        JsonElement answer = Answer("crypto", "list", "--fips");

        JsonElement masks = answer
            .GetProperty("primitives")
            .EnumerateArray()
            .Single(primitive => primitive.GetProperty("name").GetString() == "AES-256-CTR");
        Assert.Equal("platform", masks.GetProperty("implementation").GetString());
        Assert.Equal("no claim", masks.GetProperty("fips").GetString());
    }

    [Fact]
    public void The_bill_of_materials_names_each_algorithm_once_and_refers_to_it()
    {
        JsonElement answer = Answer("crypto", "list", "--cyclonedx");

        Assert.Equal("CycloneDX", answer.GetProperty("bomFormat").GetString());
        Assert.Equal("1.6", answer.GetProperty("specVersion").GetString());
        string?[] references =
        [
            .. answer.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("bom-ref").GetString()),
        ];
        Assert.Equal(references.Length, references.Distinct().Count());
        JsonElement dependency = Assert.Single(answer.GetProperty("dependencies").EnumerateArray());
        Assert.All(
            dependency.GetProperty("dependsOn").EnumerateArray(),
            reference => Assert.Contains(reference.GetString(), references)
        );
    }

    [Theory]
    [InlineData("demo", "hospital", "--bogus")]
    [InlineData("demo", "hospital", "--epsilon", "0")]
    [InlineData("demo", "hospital", "--epsilon", "NaN")]
    [InlineData("demo", "hospital", "--epsilon", "3", "--delta", "1")]
    [InlineData("demo", "hospital", "--delta", "1e-5")]
    [InlineData("demo", "hospital", "--rounds", "-1")]
    [InlineData("demo", "hospital", "--rounds", "0")]
    [InlineData("demo", "hospital", "--rounds", "10001")]
    [InlineData("demo", "linear", "--rounds", "0")]
    [InlineData("demo", "linear", "--rounds", "2147483647")]
    [InlineData("demo", "hospital", "--data")]
    [InlineData("demo", "hospital", "--data", "")]
    [InlineData("demo", "hospital", "--data", "--seed")]
    [InlineData("demo", "linear", "--data", "folder")]
    [InlineData("demo", "hospital", "--seed", "one")]
    [InlineData("demo", "linear", "--parties", "1")]
    [InlineData("demo", "linear", "--parties", "257")]
    [InlineData("demo", "linear", "--noise", "-1")]
    [InlineData("plan", "ring", "--clients", "10")]
    [InlineData("plan", "ring", "--clients", "x", "--clip", "1", "--fraction-bits", "4")]
    [InlineData("plan", "ring", "--clients", "9", "--clip", "1", "--fraction-bits", "4", "--noise-stddev", "-1")]
    [InlineData("plan", "graph", "--clients", "100", "--corrupt", "0.1")]
    [InlineData("plan", "graph", "--clients", "2", "--corrupt", "0.1", "--dropout", "0.1")]
    [InlineData("plan", "graph", "--clients", "100", "--corrupt", "1", "--dropout", "0.1")]
    [InlineData("plan", "graph", "--clients", "100", "--corrupt", "0.1", "--dropout", "-0.1")]
    [InlineData("plan", "graph", "--clients", "100", "--corrupt", "x", "--dropout", "0.1")]
    [InlineData("plan", "graph", "--clients", "9", "--corrupt", "0", "--dropout", "0", "--adversary", "kind")]
    [InlineData("plan", "graph", "--clients", "9", "--corrupt", "0", "--dropout", "0", "--secrecy-bits", "0")]
    [InlineData("privacy", "calibrate", "--epsilon", "1")]
    [InlineData("privacy", "calibrate", "--epsilon", "0.5", "--delta", "0")]
    [InlineData("privacy", "calibrate", "--epsilon", "-1", "--delta", "1e-5")]
    [InlineData("privacy", "calibrate", "--epsilon", "NaN", "--delta", "1e-5")]
    [InlineData("privacy", "calibrate", "--epsilon", "1", "--delta", "1e-5", "--sensitivity", "-1")]
    [InlineData("privacy", "delta", "--sigma", "0", "--epsilon", "1")]
    [InlineData("privacy", "sample", "--sigma2", "0", "--count", "1", "--out", "unused")]
    [InlineData("privacy", "sample", "--sigma2", "1", "--count", "0", "--out", "unused")]
    [InlineData("privacy", "sample", "--sigma2", "288230376151711745", "--count", "1", "--out", "unused")]
    [InlineData("privacy", "epsilon", "--sigma", "0.0001", "--delta", "1e-5")]
    [InlineData("crypto")]
    [InlineData("nonsense")]
    public void A_command_line_that_makes_no_sense_exits_with_2(params string[] args) => Failure(2, "usage", args);

    [Theory]
    [InlineData("--help")]
    [InlineData("demo", "linear", "--help", "--json")]
    public void Help_is_plain_text_and_calls_the_command_by_its_name(params string[] args)
    {
        (int exit, string output, string error) = Run(args);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Contains("securefed ", output, StringComparison.Ordinal);
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_one_line()
    {
        (int exit, string output, string error) = Run("--version");

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Single(Lines(output));
    }

    [Fact]
    public void A_missing_data_folder_exits_with_3_and_says_which_files_are_wanted()
    {
        string nowhere = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        JsonElement error = Failure(3, "data-missing", "demo", "hospital", "--data", nowhere);

        Assert.Contains("processed.va.data", error.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.False(Path.Exists(nowhere));
    }

    [Fact]
    public void A_malformed_row_exits_with_3_names_line_and_column_and_leaves_no_file()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("securefed-");
        try
        {
            string[] rows = [.. Enumerable.Repeat("63,1,1,145,233,1,2,150,0,2.3,3,0,6,0", 3)];
            rows[1] = rows[1].Replace("145", "high", StringComparison.Ordinal);
            File.WriteAllLines(Path.Combine(folder.FullName, "processed.cleveland.data"), rows);

            JsonElement error = Failure(3, "data-malformed", "demo", "hospital", "--data", folder.FullName);

            string message = error.GetProperty("message").GetString()!;
            Assert.Contains("processed.cleveland.data, line 2, column trestbps", message, StringComparison.Ordinal);
            Assert.Single(folder.EnumerateFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_hospital_without_a_second_row_of_a_label_exits_with_3()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("securefed-");
        try
        {
            const string Well = "63,1,1,145,233,1,2,150,0,2.3,3,0,6,0\n";
            const string Ill = "63,1,1,145,233,1,2,150,0,2.3,3,0,6,1\n";
            foreach (string centre in (string[])["cleveland", "hungarian", "switzerland", "va"])
            {
                string rows = centre == "hungarian" ? Ill + Ill + Ill + Well : Well + Well + Ill + Ill;
                File.WriteAllText(Path.Combine(folder.FullName, $"processed.{centre}.data"), rows);
            }

            JsonElement error = Failure(3, "data-too-few-rows", "demo", "hospital", "--data", folder.FullName);

            Assert.Equal(
                $"{Path.Combine(folder.FullName, "processed.hungarian.data")}: hospital hungarian has 1 rows without the disease and 3 with it.",
                error.GetProperty("message").GetString()
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string[] Graph(string clients, string corrupt, string dropout) =>
        ["plan", "graph", "--clients", clients, "--corrupt", corrupt, "--dropout", dropout];

    private static JsonElement Answer(params string[] args)
    {
        (int exit, string output, string error) = Run([.. args, "--json"]);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        return Parse(output);
    }

    private static JsonElement Failure(int expectedExit, string code, params string[] args)
    {
        (int exit, string output, string error) = Run([.. args, "--json"]);

        Assert.Equal(expectedExit, exit);
        Assert.Single(Lines(error));
        JsonElement failure = Parse(output).GetProperty("error");
        Assert.Equal(code, failure.GetProperty("code").GetString());
        Assert.NotEqual(string.Empty, failure.GetProperty("message").GetString());
        Assert.NotEqual(string.Empty, failure.GetProperty("remedy").GetString());

        // The same without JSON: nothing but the line on standard error.
        (int plainExit, string plainOutput, string plainError) = Run(args);
        Assert.Equal(expectedExit, plainExit);
        Assert.DoesNotContain("{", plainOutput, StringComparison.Ordinal);
        Assert.Single(Lines(plainError));
        return failure;
    }

    private static (int Exit, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exit = SecureFedCommand.Run(args, output, error);
        return (exit, output.ToString(), error.ToString());
    }

    private static JsonElement Parse(string output)
    {
        using var document = JsonDocument.Parse(Assert.Single(Lines(output)));
        return document.RootElement.Clone();
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
