using System.Text.Json;
using SecureFed.Core;
using SecureFed.Privacy;
using static SecureFed.Cli.PrivacyTable;

namespace SecureFed.Cli;

/// <summary>Answers by the Rényi accountant to rows of <see cref="PrivacyTable"/>.</summary>
internal static class RenyiTables
{
    /// <summary>A training of equal steps, each on a Poisson sample.</summary>
    public static double Training(JsonElement row, Func<double, double, PrivacyEvent> release) =>
        new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne)
            .Compose(release(Number(row, "noise_multiplier"), Number(row, "sampling_prob")), (long)Number(row, "steps"))
            .Epsilon(Number(row, "delta"))
            .Epsilon;

    /// <summary>A training of equal steps, each on a sample of fixed size.</summary>
    public static double WithoutReplacement(JsonElement row) =>
        new RenyiAccountant(NeighbouringRelation.ReplaceOne)
            .Compose(
                PrivacyEvent.SampledWithoutReplacement(
                    Number(row, "noise_multiplier"),
                    (long)Number(row, "sample_size"),
                    (long)Number(row, "population")
                ),
                (long)Number(row, "steps")
            )
            .Epsilon(Number(row, "delta"))
            .Epsilon;

    /// <summary>
    /// Releases of several kinds. The table's rule is for its own orders: 1.1 to 10.9 by tenths, the integers to 63, and 128
    /// to 1,024 by doubling.
    /// </summary>
    public static double Ledger(JsonElement row, double delta)
    {
        RenyiAccountant accountant = new(NeighbouringRelation.AddOrRemoveOne);
        foreach (JsonElement release in row.GetProperty("events").EnumerateArray())
        {
            accountant = accountant.Compose(Release(release), (long)Number(release, "count"));
        }

        return AtBestOf(
            [
                .. Enumerable.Range(11, 99).Select(tenths => tenths / 10.0),
                .. Enumerable.Range(11, 53).Select(order => (double)order),
                128,
                256,
                512,
                1024,
            ],
            accountant,
            delta
        );
    }

    /// <summary>
    /// Shares of discrete Gaussian noise on vectors that were rounded to a grid. The table's rule is for the orders 2 to 128
    /// and 256.
    /// </summary>
    public static double DistributedDiscreteGaussian(JsonElement row)
    {
        double share = Number(row, "local_stddev") / Number(row, "gamma");
        double dimension = Number(row, "dim");
        double norm = RoundedNorm(Number(row, "l2_clip") / Number(row, "gamma"), dimension, Number(row, "beta"));
        PrivacyEvent release = PrivacyEvent.SumOfDiscreteGaussians(
            share * share,
            (int)Number(row, "n"),
            norm,
            (long)dimension
        );
        return AtBestOf(
            [.. Enumerable.Range(2, 127).Select(order => (double)order), 256],
            new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(release, (long)Number(row, "steps")),
            Number(row, "delta")
        );
    }

    private static double AtBestOf(IEnumerable<double> orders, RenyiAccountant accountant, double delta) =>
        orders.Min(order =>
            RenyiPrivacy.Epsilon(order, accountant.Divergence(order), delta - accountant.ConsumedDelta)
        );

    // The norm in grid units after every coordinate was rounded up or down at random, redrawn while it is above the bound that
    // a draw keeps with probability 1 − β (Kairouz, Liu and Steinke, ICML 2021, proposition 22).
    private static double RoundedNorm(double norm, double dimension, double beta)
    {
        double root = Math.Sqrt(dimension);
        return Math.Min(
            norm + root,
            Math.Sqrt((norm * norm) + (dimension / 4) + (Math.Sqrt(2 * Math.Log(1 / beta)) * (norm + (root / 2))))
        );
    }

    private static PrivacyEvent Release(JsonElement release) =>
        release.GetProperty("type").GetString() switch
        {
            "gauss" => PrivacyEvent.Gaussian(Number(release, "noise_multiplier")),
            "poisson" => PrivacyEvent.PoissonSampledGaussian(
                Number(release, "noise_multiplier"),
                Number(release, "sampling_prob")
            ),
            "dgauss" => PrivacyEvent.DiscreteGaussian(Number(release, "sigma") / Number(release, "sensitivity")),
            "laplace" => PrivacyEvent.Laplace(Number(release, "scale_over_sensitivity")),
            "epsdelta" => PrivacyEvent.Approximate(Number(release, "epsilon"), Number(release, "delta")),
            string other => throw new FormatException($"Releases of the type '{other}' are not known."),
            null => throw new FormatException("A release has no type."),
        };
}
