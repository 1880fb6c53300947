using FsCheck;
using FsCheck.Fluent;
using SecureFed.Samples.Shared;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Samples;

public sealed class DataSplitTests(ITestOutputHelper output)
{
    [Fact]
    public void The_generator_gives_the_published_numbers_of_SplitMix64()
    {
        var random = new DataSplitRandom(1234567);

        Assert.Equal(
            [6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL],
            (ulong[])[random.NextUInt64(), random.NextUInt64(), random.NextUInt64()]
        );
    }

    [Fact]
    public void The_same_seed_splits_alike_and_another_seed_does_not()
    {
        LabelledRows rows = WisconsinData.Load();

        LabelledRows[] first = DataSplit.ByLabelSkew(rows, 5, 1, 20, seed: 3);
        LabelledRows[] again = DataSplit.ByLabelSkew(rows, 5, 1, 20, seed: 3);
        LabelledRows[] other = DataSplit.ByLabelSkew(rows, 5, 1, 20, seed: 4);

        Assert.Equal(first.Select(part => part.Values), again.Select(part => part.Values));
        Assert.NotEqual(first.Select(part => part.Values), other.Select(part => part.Values));
    }

    [Fact]
    public void A_label_skew_split_deals_every_row_once_with_both_labels_at_every_party()
    {
        LabelledRows rows = WisconsinData.Load();
        Gen<(int Parties, int Concentration, int Seed)> cases =
            from parties in Gen.Choose(1, 8)
            from concentration in Gen.Choose(1, 100)
            from seed in Gen.Choose(0, 1_000_000)
            select (parties, concentration, seed);

        Prop.ForAll(
                Arb.From(cases, Smaller),
                c =>
                {
                    const int MinimumRowCount = 10;
                    LabelledRows[] parts = DataSplit.ByLabelSkew(
                        rows,
                        c.Parties,
                        c.Concentration,
                        MinimumRowCount,
                        c.Seed
                    );
                    HashSet<float[]> seen = [.. parts.SelectMany(part => part.Values)];
                    return parts.Length == c.Parties
                        && seen.Count == rows.Count
                        && parts.Sum(part => part.Count) == rows.Count
                        && parts.All(part =>
                            part.Count >= MinimumRowCount && part.PositiveCount > 0 && part.PositiveCount < part.Count
                        );
                }
            )
            .Holds(output, 100);
    }

    [Fact]
    public void A_small_concentration_differs_more_than_a_large_one()
    {
        LabelledRows rows = WisconsinData.Load();

        Assert.True(Spread(rows, concentration: 0.5) > 3 * Spread(rows, concentration: 100));
    }

    [Fact]
    public void More_parties_than_rows_of_a_label_are_refused() =>
        Assert.Throws<ArgumentException>(
            "minimumRowCount",
            () => DataSplit.ByLabelSkew(Rows(positives: 2, negatives: 50), 3, 1, 2, seed: 1)
        );

    [Fact]
    public void A_stratified_split_keeps_the_share_of_positives()
    {
        (LabelledRows training, LabelledRows test) = DataSplit.Stratified(Rows(30, 70), 0.7, seed: 5);

        Assert.Equal((70, 21), (training.Count, training.PositiveCount));
        Assert.Equal((30, 9), (test.Count, test.PositiveCount));
        Assert.Empty(training.Values.Intersect(test.Values));
    }

    [Fact]
    public void A_stratified_split_puts_even_a_rare_label_on_both_sides()
    {
        (LabelledRows training, LabelledRows test) = DataSplit.Stratified(Rows(2, 98), 0.9, seed: 5);

        Assert.Equal((1, 1), (training.PositiveCount, test.PositiveCount));
    }

    [Fact]
    public void A_label_with_a_single_row_cannot_be_stratified() =>
        Assert.Throws<ArgumentException>("rows", () => DataSplit.Stratified(Rows(1, 98), 0.7, seed: 5));

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(4.5)]
    public void Gamma_variates_have_mean_and_variance_equal_to_their_shape(double shape)
    {
        // 100,000 draws of a fixed seed: the mean is within 0.02·shape + 0.02 unless the sampler is wrong; no chance remains.
        var random = new DataSplitRandom(42);
        double[] draws = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextGamma(shape))];

        double mean = draws.Average();
        double variance = draws.Average(x => (x - mean) * (x - mean));

        Assert.InRange(mean, (0.98 * shape) - 0.02, (1.02 * shape) + 0.02);
        Assert.InRange(variance, (0.95 * shape) - 0.02, (1.05 * shape) + 0.02);
    }

    private static IEnumerable<(int Parties, int Concentration, int Seed)> Smaller(
        (int Parties, int Concentration, int Seed) c
    ) => c.Parties > 1 ? [c with { Parties = c.Parties - 1 }] : [];

    private static double Spread(LabelledRows rows, double concentration)
    {
        LabelledRows[] parts = DataSplit.ByLabelSkew(rows, 5, concentration, 10, seed: 11);
        double[] shares = [.. parts.Select(part => (double)part.PositiveCount / part.Count)];
        return shares.Max() - shares.Min();
    }

    private static LabelledRows Rows(int positives, int negatives) =>
        new(
            [new Feature("x", 0, 1000)],
            [.. Enumerable.Range(0, positives + negatives).Select(i => (float[])[i])],
            [.. Enumerable.Range(0, positives + negatives).Select(i => i < positives)]
        );
}
