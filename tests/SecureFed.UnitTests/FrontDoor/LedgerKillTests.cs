using System.Diagnostics;
using System.Globalization;
using SecureFed.Core;
using SecureFed.LedgerWriter;
using SecureFed.Privacy;
using SecureFed.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace SecureFed.UnitTests.FrontDoor;

/// <summary>
/// Processes that charge a ledger on a real disk and are killed while they do it. What a process printed after its charge
/// is what has left. spec 02-privacy#ledger-3, 02-privacy#ledger-5, 02-privacy#ledger-6
/// </summary>
/// <remarks>
/// SECUREFED_KILLS asks for more kills, SECUREFED_KILL_SEED for other moments. The moments are drawn from the seed; which
/// instruction they meet is up to the machine. Nothing here is judged by the time it takes.
/// </remarks>
public sealed class LedgerKillTests(ITestOutputHelper output) : IDisposable
{
    private const int KillsOfOneLedger = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-kills").FullName;

    private static int Kills { get; } = (int)Number("SECUREFED_KILLS", 200);

    private static ulong Seed { get; } = Number("SECUREFED_KILL_SEED", 1);

    [Fact]
    public async Task LED_03_A_ledger_whose_process_is_killed_keeps_every_charge_that_was_seen()
    {
        // A core for each of two: a killed process is waited for while another one starts.
        Tally[] tallies = await Task.WhenAll(Enumerable.Range(0, 2).Select(lane => Task.Run(() => Lane(lane))));
        Tally all = tallies.Aggregate((one, other) => one.Plus(other));

        output.WriteLine(
            $"seed {Seed}: {all.Kills} kills, {all.Seen} charges seen, {all.Unseen} kept that nobody had seen, {all.Torn} torn ends, {all.RolledBack} older copies refused"
        );
        Assert.Equal(Kills, all.Kills);
        Assert.True(all.Seen >= Kills / 2);
        Assert.True(Kills < 2 * KillsOfOneLedger || all.RolledBack > 0);
    }

    [Fact]
    public void A_process_that_releases_before_it_charges_is_found_out_by_one_kill()
    {
        using KilledLedger ledger = new(Path.Combine(_folder, "first"));
        ledger.Live("release-first", process => ledger.SeeLine(process));

        Assert.ThrowsAny<XunitException>(ledger.Check);
    }

    [Fact]
    public void A_second_process_is_told_that_the_ledger_is_in_use_until_the_first_one_is_gone()
    {
        using KilledLedger ledger = new(Path.Combine(_folder, "shared"));
        ledger.Live(
            "charge",
            holder =>
            {
                ledger.SeeLine(holder);
                using Process second = ledger.Start("charge", charges: 1);
                second.WaitForExit();
                Assert.Equal(WriterExit.InUse, second.ExitCode);
                StorageInUseException refused = Assert.Throws<StorageInUseException>(() =>
                    FileLedger.Open(ledger.Path, WrittenLedger.Owner, WrittenLedger.Budget)
                );
                Assert.Equal(ledger.Path, refused.Path);
            }
        );

        ledger.Check();
        using Process third = ledger.Start("charge", charges: 1);
        third.StandardInput.Close();
        ledger.SeeLine(third);
        third.WaitForExit();
        Assert.Equal(WriterExit.Done, third.ExitCode);
        ledger.Check();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Tally Lane(int lane)
    {
        using SeededRandomSource random = new(Seed, $"kills/{lane}");
        Tally tally = default;
        int kills = (Kills + 1 - lane) / 2;
        KilledLedger? ledger = null;
        for (int kill = 0; kill < kills; kill++)
        {
            if (kill % KillsOfOneLedger == 0)
            {
                tally = tally.Plus(ledger?.Tally ?? default);
                ledger?.Dispose();
                ledger = new KilledLedger(Path.Combine(_folder, $"{lane}-{kill}"));
            }

            KilledLedger current = ledger!;
            current.Live("charge", process => Wait(kill % 4, current, process, random));
            current.Check();
            current.CheckAgainstCopies(keepsOne: random.Next(3) == 0);
        }

        ledger?.Dispose();
        return tally.Plus(ledger?.Tally ?? default);
    }

    // Before or while the file is opened; right after something left; a little later, mostly inside the next charge.
    private static void Wait(int moment, KilledLedger ledger, Process process, SeededRandomSource random)
    {
        if (moment == 0)
        {
            Thread.Sleep(random.Next(120));
            return;
        }

        for (int lines = 1 + random.Next(moment == 1 ? 4 : 16); lines > 0; lines--)
        {
            ledger.SeeLine(process);
        }

        if (moment == 3)
        {
            long until = Stopwatch.GetTimestamp() + ((long)random.Next(2000) * Stopwatch.Frequency / 1_000_000);
            while (Stopwatch.GetTimestamp() < until)
            {
                Thread.SpinWait(10);
            }
        }
    }

    private static ulong Number(string variable, ulong otherwise) =>
        ulong.TryParse(
            Environment.GetEnvironmentVariable(variable),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out ulong number
        )
            ? number
            : otherwise;

    private readonly record struct Tally(int Kills, int Seen, int Unseen, int Torn, int RolledBack)
    {
        public Tally Plus(Tally other) =>
            new(
                Kills + other.Kills,
                Seen + other.Seen,
                Unseen + other.Unseen,
                Torn + other.Torn,
                RolledBack + other.RolledBack
            );
    }

    /// <summary>One ledger through many lives, and what the world saw of it.</summary>
    private sealed class KilledLedger(string path) : IDisposable
    {
        private readonly HashSet<Digest> _seen = [];
        private readonly List<LedgerReceipt> _receipts = [];
        private (byte[] Bytes, int Entries)? _copy;
        private double _spentBefore;
        private int _lives;
        private int _entries = 1;

        public string Path => path;

        public Tally Tally { get; private set; }

        private LedgerReceipt? Newest => _receipts.LastOrDefault();

        /// <summary>Starts a process, lets something happen and kills it; then reads what it had said by then.</summary>
        public void Live(string manner, Action<Process> happens)
        {
            using Process process = Start(manner, charges: 1000);
            try
            {
                happens(process);
            }
            finally
            {
                process.Kill();
                process.WaitForExit();
            }

            while (process.StandardOutput.ReadLine() is { } line)
            {
                See(line);
            }

            // Killed, and not ended by itself with a failure that this test would have taken for a kill.
            Assert.Equal(string.Empty, process.StandardError.ReadToEnd());
            Assert.True(OperatingSystem.IsWindows() || process.ExitCode == 128 + 9, $"exit code {process.ExitCode}");
            Tally = Tally with { Kills = Tally.Kills + 1 };
        }

        public Process Start(string manner, int charges)
        {
            ProcessStartInfo start = new(Host)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            string[] arguments =
            [
                "exec",
                typeof(WrittenLedger).Assembly.Location,
                path,
                $"{_lives++}",
                charges.ToString(CultureInfo.InvariantCulture),
                manner,
            ];
            Array.ForEach(arguments, start.ArgumentList.Add);
            return Process.Start(start) ?? throw new InvalidOperationException("no process was started");
        }

        public void SeeLine(Process process) =>
            See(
                process.StandardOutput.ReadLine()
                    ?? throw new InvalidOperationException($"it ended by itself: {process.StandardError.ReadToEnd()}")
            );

        /// <summary>Opens the ledger as the next process would, and compares it with everything that was seen.</summary>
        public void Check()
        {
            long length = File.Exists(path) ? new FileInfo(path).Length : 0;
            using FileLedger opened = FileLedger.Open(path, WrittenLedger.Owner, WrittenLedger.Budget, Newest);
            PrivacyLedger ledger = opened.Current;
            Assert.Superset(
                _seen,
                ledger.Lines.Where(line => !line.IsWithheld).Select(line => line.Charge.Reference).ToHashSet()
            );
            Assert.True(ledger.Spent >= _spentBefore, $"{ledger.Spent} is spent, it was {_spentBefore}");
            _spentBefore = ledger.Spent;
            _receipts.ForEach(ledger.Compare);
            Tally = Tally with
            {
                Seen = _seen.Count,
                Unseen = ledger.Lines.Length - _seen.Count,
                Torn = Tally.Torn + (length > new FileInfo(path).Length ? 1 : 0),
            };
            _entries = ledger.Entries;
        }

        /// <summary>An older copy opens for nobody who was given the newest receipt.</summary>
        public void CheckAgainstCopies(bool keepsOne)
        {
            if (_copy is { } copy && Newest is { } newest && copy.Entries < newest.Entries)
            {
                string restored = $"{path}-restored";
                File.WriteAllBytes(restored, copy.Bytes);
                Assert.Throws<LedgerRolledBackException>(() =>
                    FileLedger.Open(restored, WrittenLedger.Owner, WrittenLedger.Budget, newest)
                );
                Tally = Tally with { RolledBack = Tally.RolledBack + 1 };
            }

            if (keepsOne)
            {
                _copy = (File.ReadAllBytes(path), _entries);
            }
        }

        public void Dispose() => File.Delete(path);

        private static string Host { get; } =
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } configured ? configured
            : System.IO.Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
            : "dotnet";

        private void See(string line)
        {
            string[] words = line.Split(' ');
            Assert.Equal(4, words.Length);
            _seen.Add(Digest.FromBytes(Convert.FromHexString(words[0])));
            _receipts.Add(
                new LedgerReceipt(
                    WrittenLedger.Owner,
                    PrivacyLedger.Open(WrittenLedger.Owner, WrittenLedger.Budget, out _).Opening,
                    int.Parse(words[1], CultureInfo.InvariantCulture),
                    Digest.FromBytes(Convert.FromHexString(words[2]))
                )
            );
            _spentBefore = Math.Max(_spentBefore, double.Parse(words[3], CultureInfo.InvariantCulture));
        }
    }
}
