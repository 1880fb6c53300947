using System.CommandLine;
using System.Text.Json;
using SecureFed.Crypto;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed crypto: what runs on this machine.</summary>
internal static class CryptoCommands
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    private static readonly DemoColumn[] s_suiteColumns =
    [
        new("id", 2),
        new("suite", -18),
        new("status", -11),
        new("note", -60),
    ];

    private static readonly DemoColumn[] s_primitiveColumns =
    [
        new("primitive", -28),
        new("used for", -29),
        new("code", -12),
        new("status", -11),
        new("FIPS", -8),
    ];

    public static Command Create(DemoScreen screen) => new("crypto", "Suites and primitives.") { List(screen) };

    private static Command List(DemoScreen screen)
    {
        Option<bool> fips = new("--fips") { Description = "As in FIPS mode: masks by the platform's AES only." };
        Option<bool> cycloneDx = new("--cyclonedx")
        {
            Description = "Print a CycloneDX 1.6 bill of cryptographic materials.",
        };
        Command command = new("list", "Suites and primitives, each tried on this machine.") { fips, cycloneDx };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    bool isFips = parsed.GetValue(fips);
                    P256Suite suite = isFips ? P256Suite.Fips : P256Suite.Instance;
                    SuiteEntry[] suites = CryptoInventory.Suites(suite);
                    PrimitiveEntry[] primitives = CryptoInventory.Primitives(suite);
                    if (parsed.GetValue(cycloneDx))
                    {
                        string document = CycloneDx
                            .Document(suites, primitives)
                            .ToJsonString(screen.IsJson ? JsonSerializerOptions.Default : s_readable);
                        screen.Output.WriteLine(document);
                    }
                    else
                    {
                        Report(screen, isFips, suites, primitives);
                    }

                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static void Report(DemoScreen screen, bool isFips, SuiteEntry[] suites, PrimitiveEntry[] primitives)
    {
        if (screen.IsJson)
        {
            DemoHost.WriteJson(
                screen,
                new
                {
                    Fips = isFips,
                    Suites = suites,
                    Primitives = primitives.Select(p => new
                    {
                        p.Name,
                        p.Use,
                        p.Implementation,
                        p.Status,
                        p.Fips,
                    }),
                }
            );
            return;
        }

        screen.Table(
            s_suiteColumns,
            add =>
            {
                foreach (SuiteEntry suite in suites)
                {
                    add([$"{suite.Id}", suite.Name, suite.Status, suite.Note]);
                }
            }
        );
        screen.Line();
        screen.Table(
            s_primitiveColumns,
            add =>
            {
                foreach (PrimitiveEntry p in primitives)
                {
                    add([p.Name, p.Use, p.Implementation, p.Status, p.Fips]);
                }
            }
        );
        screen.Line();
        screen.Line(
            "Approved names the algorithm, as the platform implements it; whether that platform module is validated is the platform's matter. Masks and sharing are outside any FIPS claim."
        );
    }
}
