using System.CommandLine;
using System.Globalization;
using SecureFed.Privacy;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed ledger: what a privacy ledger says.</summary>
internal static class LedgerCommands
{
    public static Command Create(DemoScreen screen) => new("ledger", "Privacy ledgers.") { Show(screen) };

    private static Command Show(DemoScreen screen)
    {
        Argument<string> file = new("file") { Description = "The ledger's file." };
        Option<bool> statement = new("--statement")
        {
            Description = "Also what may be said about it, to be handed out with the model.",
        };
        Command command = new("show", "Budget, charges and ε after each of them.") { file, statement };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    PrivacyLedger ledger = Read(parsed.GetValue(file)!);
                    string? said = parsed.GetValue(statement) ? PrivacyStatement.Of(ledger).Text : null;
                    if (screen.IsJson)
                    {
                        DemoHost.WriteJson(screen, ToJson(ledger, said));
                    }
                    else
                    {
                        Print(screen, ledger, said);
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static PrivacyLedger Read(string path)
    {
        try
        {
            return FileLedger.Read(path);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-missing",
                $"There is no ledger '{path}'.",
                "Give the path of a ledger's file.",
                failure
            );
        }
        catch (LedgerCorruptException corrupt)
        {
            throw new DemoException(
                DemoExit.Data,
                "ledger-corrupt",
                corrupt.Message,
                "Release nothing on the strength of it.",
                corrupt
            );
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DemoException(
                DemoExit.Data,
                "data-unreadable",
                $"'{path}' cannot be read: {failure.Message}",
                "A ledger is locked while a party runs: stop it, or read a copy.",
                failure
            );
        }
    }

    private static object ToJson(PrivacyLedger ledger, string? statement) =>
        new
        {
            ledger.Owner,
            Budget = new
            {
                ledger.Budget.Epsilon,
                ledger.Budget.Delta,
                Unit = ledger.Budget.Unit.ToString(),
                Relation = ledger.Budget.Relation.ToString(),
            },
            Spent = Finite(ledger.Spent),
            Remaining = Remaining(ledger),
            ledger.Entries,
            Head = ledger.Head.ToString(),
            Charges = ledger.Lines.Select(line => new
            {
                line.Number,
                line.Charge.Purpose,
                Reference = line.Charge.Reference.ToString(),
                Release = line.Charge.Release.ToString(),
                line.Charge.Count,
                EpsilonAfter = Finite(line.EpsilonAfter),
                Withheld = line.IsWithheld,
            }),
            Statement = statement,
        };

    // JSON has no infinity; a field that is not there says that nothing is promised.
    private static double? Finite(double epsilon) => double.IsFinite(epsilon) ? epsilon : null;

    private static double Remaining(PrivacyLedger ledger) => Math.Max(0, ledger.Budget.Epsilon - ledger.Spent);

    private static void Print(DemoScreen screen, PrivacyLedger ledger, string? statement)
    {
        screen.Line($"ledger of {ledger.Owner}: budget {ledger.Budget}");
        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"spent ε = {ledger.Spent:R} by {ledger.Lines.Count(line => !line.IsWithheld)} charges, {Remaining(ledger):R} below the budget; {ledger.Entries} entries, chain {ledger.Head}"
            )
        );
        foreach (LedgerLine line in ledger.Lines)
        {
            screen.Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{line.Number, 5}  ε = {line.EpsilonAfter:F4} after {line.Charge.Count} × {line.Charge.Release}: {line.Charge.Purpose}{(line.IsWithheld ? " (given back)" : string.Empty)}"
                )
            );
        }

        if (statement is not null)
        {
            screen.Line();
            screen.Line(statement.TrimEnd());
        }
    }
}
