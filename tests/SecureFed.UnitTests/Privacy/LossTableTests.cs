using System.Globalization;
using System.Text.Json;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The accountant of privacy losses against the shared tables.</summary>
public sealed class LossTableTests
{
    // All rows take minutes; the command line answers them for the tables' own program.
    private const int EveryTraining = 24;
    private const int EveryStep = 6;

    [SharedFact(Folder)]
    public void Training_is_as_tight_as_other_accountants_and_its_bounds_are_close() =>
        ForEachRow(
            "b_c_subsampled_gaussian",
            least: 1000,
            row =>
            {
                if (Index(row) % EveryTraining != 0)
                {
                    return;
                }

                LossBracket found = Steps(row, row.GetProperty("steps").GetInt64())
                    .Epsilon(row.GetProperty("delta").GetDouble());
                Assert.InRange(found.Upper - found.Lower, 0, (3e-3 * found.Upper) + 3e-5);
                if (row.TryGetProperty("eps_pld_upper", out JsonElement other))
                {
                    // The other one's grid of 1e-4 only rounds up.
                    Assert.InRange(found.Upper, 0, (other.GetDouble() * 1.001) + 1e-3);
                    Assert.InRange(found.Lower, 0, other.GetDouble() * (1 + 1e-6));
                }

                if (row.TryGetProperty("eps_prv_low", out JsonElement low))
                {
                    Assert.True(found.Upper >= low.GetDouble());
                    Assert.True(found.Lower <= row.GetProperty("eps_prv_up").GetDouble());
                }
            }
        );

    [SharedFact(Folder)]
    public void One_and_two_steps_are_between_the_bounds_in_both_directions() =>
        ForEachRow(
            "g_subsampled_exact_T1_T2",
            least: 60,
            row =>
            {
                foreach (long steps in Index(row) % EveryStep == 0 && Index(row) < 100 ? (long[])[1, 2] : [])
                {
                    LossAccountant accountant = Steps(row, steps);
                    foreach (
                        (LossDirection direction, string name) in ((LossDirection, string)[])
                            [(LossDirection.Removing, "remove"), (LossDirection.Adding, "add")]
                    )
                    {
                        double exact = Of(row, $"delta{steps}_{name}");
                        LossBracket found = accountant.Delta(Of(row, "epsilon"), direction);

                        // The table's quadrature for two steps has 12 digits at best, and an absolute accuracy.
                        Assert.InRange(exact, (found.Lower * (1 - 1e-9)) - 1e-18, (found.Upper * (1 + 1e-9)) + 1e-18);
                        Assert.InRange(found.Upper, 0, (exact * 1.002) + 1e-12);
                    }
                }
            }
        );

    private static LossAccountant Steps(JsonElement row, long steps) =>
        new LossAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(
            PrivacyEvent.PoissonSampledGaussian(Number(row, "noise_multiplier"), Number(row, "sampling_prob")),
            steps
        );

    private static int Index(JsonElement row) =>
        int.Parse(row.GetProperty("id").GetString()![^5..], CultureInfo.InvariantCulture);

    private static double Number(JsonElement row, string field) =>
        row.GetProperty(field).ValueKind == JsonValueKind.String ? Of(row, field) : row.GetProperty(field).GetDouble();
}
