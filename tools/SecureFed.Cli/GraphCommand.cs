using System.CommandLine;
using System.Globalization;
using SecureFed.Protocol;
using SecureFed.Samples.Shared;

namespace SecureFed.Cli;

/// <summary>securefed plan graph: the size of a sparse graph.</summary>
internal static class GraphCommand
{
    private const string SemiHonest = "semi-honest";
    private const string SemiMalicious = "semi-malicious";

    public static Command Create(DemoScreen screen)
    {
        Option<int> clients = Options.Int(
            "--clients",
            "N, the clients of a round.",
            GraphSizing.MinimumClients,
            value: null,
            GraphSizing.MaximumClients
        );
        Option<decimal> corrupt = Options.Fraction(
            "--corrupt",
            "γ, the share of clients that collude with the server."
        );
        Option<decimal> dropout = Options.Fraction("--dropout", "δ, the share of clients that drop out.");
        Option<int> secrecyBits = Bits("--secrecy-bits", "σ: secrecy fails with probability at most 2^-σ.", 40);
        Option<int> failureBits = Bits("--failure-bits", "η: the round fails with probability below 2^-η.", 20);
        Option<string> adversary = new("--adversary")
        {
            Description = "A semi-malicious server lies about who dropped out.",
            DefaultValueFactory = _ => SemiMalicious,
        };
        adversary.AcceptOnlyFromAmong(SemiHonest, SemiMalicious);
        Command command = new("graph", "How many neighbours and which threshold a sparse graph needs.")
        {
            clients,
            corrupt,
            dropout,
            secrecyBits,
            failureBits,
            adversary,
        };
        command.SetAction(parsed =>
            DemoHost.Run(
                screen,
                _ =>
                {
                    GraphRequirements requirements = new(
                        parsed.GetValue(clients),
                        parsed.GetValue(corrupt),
                        parsed.GetValue(dropout)
                    )
                    {
                        SecrecyBits = parsed.GetValue(secrecyBits),
                        FailureBits = parsed.GetValue(failureBits),
                        Adversary =
                            parsed.GetValue(adversary) == SemiHonest
                                ? GraphAdversary.SemiHonest
                                : GraphAdversary.SemiMalicious,
                    };
                    Report(screen, requirements, GraphSizing.Find(requirements));
                    return DemoExit.Success;
                }
            )
        );
        return command;
    }

    private static Option<int> Bits(string name, string description, int value) =>
        Options.Int(name, description, least: 1, value, GraphSizing.MaximumBits);

    private static void Report(DemoScreen screen, GraphRequirements requirements, GraphParameters found)
    {
        string adversary = requirements.Adversary == GraphAdversary.SemiHonest ? SemiHonest : SemiMalicious;
        UsedGraph used = UsedGraph.For(requirements);
        if (screen.IsJson)
        {
            DemoHost.WriteJson(
                screen,
                new
                {
                    found.Neighbours,
                    found.Threshold,
                    found.CorruptNeighbours,
                    found.SurvivingNeighbours,
                    found.MeetsFailureBits,
                    requirements.Clients,
                    requirements.Corrupt,
                    requirements.Dropped,
                    Adversary = adversary,
                    requirements.SecrecyBits,
                    requirements.FailureBits,
                    Used = used,
                }
            );
            return;
        }

        screen.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{found.Neighbours} neighbours, threshold {found.Threshold}, against a {adversary} server with {requirements.Corrupt} of {requirements.Clients} clients corrupt and {requirements.Dropped} dropped out ({requirements.SecrecyBits} secrecy bits, {requirements.FailureBits} failure bits)."
            )
        );
        if (!found.MeetsFailureBits)
        {
            screen.Line("The failure bits hold for the threshold 1 only, which secret sharing does not have.");
        }

        screen.Line(used.Note);
    }

    /// <summary>What the library runs for that many enrolled clients, of which that many may be corrupt and may drop out.</summary>
    private sealed record UsedGraph(
        bool Supported,
        string Graph,
        int? Neighbours,
        int? Threshold,
        int? EffectiveCohort,
        string Note
    )
    {
        public static UsedGraph For(GraphRequirements requirements)
        {
            int clients = requirements.Clients;
            if (clients <= DescriptorRules.MaximumCompleteCohort)
            {
                return new(
                    true,
                    "complete",
                    clients - 1,
                    null,
                    null,
                    Text(
                        $"The library runs the complete graph for {clients} clients: each masks with all {clients - 1} others, and the threshold is the plan's."
                    )
                );
            }

            return clients > DescriptorRules.MaximumSparseCohort
                    ? Refused(
                        $"Refused: a cohort holds at most {DescriptorRules.MaximumSparseCohort} clients. Split them into cohorts and add the sums."
                    )
                : GraphSizing.ForRound(clients, requirements.Corrupt, clients - requirements.Dropped) is { } graph
                    ? new(
                        true,
                        "sparse",
                        graph.Neighbours,
                        graph.Threshold,
                        graph.EffectiveCohort,
                        Text(
                            $"The library runs a sparse graph for {clients} clients, sized against a semi-malicious server with {GraphSizing.RoundSecrecyBits} secrecy bits: {graph.Neighbours} neighbours, threshold {graph.Threshold}; each input hides among at least {graph.EffectiveCohort} honest ones when all take part, and never among fewer than {GraphSizing.RoundEffectiveCohort}."
                        )
                    )
                : Refused(
                    $"Refused: with the {GraphSizing.RoundSecrecyBits} secrecy bits of a round no graph withstands so many. Lower the corrupt or the dropout share."
                );
        }

        private static UsedGraph Refused(FormattableString note) =>
            new(Supported: false, "none", Neighbours: null, Threshold: null, EffectiveCohort: null, Text(note));

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
