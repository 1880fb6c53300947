using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Privacy;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;
using static SecureFed.UnitTests.Privacy.DpTables;

namespace SecureFed.UnitTests.Privacy;

/// <summary>B·C is the matrix of prefix sums, and C moves no more than is charged. spec 02-privacy#matrix-1</summary>
public sealed class SquareRootToeplitzTests(ITestOutputHelper output)
{
    [SharedFact(Folder)]
    public void The_sensitivity_is_that_of_the_table() =>
        ForEachRow(
            "g_prefix_sum_mechanisms",
            least: 6,
            row =>
            {
                int steps = (int)Of(row, "steps");
                SquareRootToeplitz factors = SquareRootToeplitz.Create(steps);
                decimal ratio = (decimal)factors.SquaredSensitivity / Exactly(row, "sqrt_toeplitz_sens2");
                Assert.InRange(ratio, 1m - 1e-14m, 1m + 1e-14m);
                Assert.InRange(
                    (decimal)factors.NoiseWeight(steps - 1) / Exactly(row, "coef_last"),
                    1 - 1e-14m,
                    1 + 1e-14m
                );
                double meanSquare = Enumerable
                    .Range(0, steps)
                    .Average(t => Enumerable.Range(0, t + 1).Sum(lag => Math.Pow(factors.NoiseWeight(lag), 2)));
                Assert.Equal(Of(row, "sqrt_toeplitz_rms_factor"), Math.Sqrt(meanSquare) * factors.Sensitivity(), 1e-10);
            }
        );

    // The first column of C from binomial coefficients, not from the recurrence.
    private static double[] Column(int bands)
    {
        double[] column = new double[bands];
        BigInteger central = BigInteger.One;
        for (int k = 0; k < bands; k++)
        {
            column[k] = (double)central / Math.Pow(4, k);
            central = central * 2 * ((2 * k) + 1) / (k + 1);
        }

        return column;
    }

    [Fact]
    public void The_product_of_the_factors_is_the_matrix_of_prefix_sums()
    {
        for (int steps = 1; steps <= 24; steps++)
        {
            for (int bands = 1; bands <= steps; bands++)
            {
                SquareRootToeplitz factors = SquareRootToeplitz.Create(steps, bands);
                double[] column = Column(bands);
                for (int row = 0; row < steps; row++)
                {
                    // Toeplitz: the entry depends on the distance from the diagonal only.
                    double entry = Enumerable
                        .Range(0, Math.Min(bands, row + 1))
                        .Sum(k => factors.NoiseWeight(row - k) * column[k]);
                    Assert.Equal(1, entry, 1e-14);
                }
            }
        }
    }

    [Fact]
    public void No_unit_moves_C_x_by_more_than_the_sensitivity_and_some_unit_moves_it_as_far()
    {
        for (int steps = 1; steps <= 12; steps++)
        {
            for (int bands = 1; bands <= steps; bands++)
            {
                SquareRootToeplitz factors = SquareRootToeplitz.Create(steps, bands);
                double[] column = Column(bands);
                for (int separation = bands; separation <= steps; separation++)
                {
                    for (int participations = 1; participations <= 4; participations++)
                    {
                        double bound = factors.Sensitivity(participations, separation);
                        double moved = Moved(steps, column, participations, separation);
                        Assert.True(
                            moved <= bound,
                            $"{steps}, {bands}, {separation}, {participations}: {moved:R}, {bound:R}"
                        );

                        // Where the last column of the unit ends within the rounds, nothing is given away.
                        int times = Math.Min(participations, (steps + separation - 1) / separation);
                        if (((times - 1) * separation) + bands <= steps)
                        {
                            Assert.Equal(bound, moved, 1e-14);
                        }
                    }
                }
            }
        }
    }

    // All sets of rounds that a unit may take part in, and all signs of a vector of one coordinate.
    private static double Moved(int steps, double[] column, int participations, int separation)
    {
        double largest = 0;
        for (int set = 1; set < 1 << steps; set++)
        {
            int[] rounds = [.. Enumerable.Range(0, steps).Where(round => ((set >> round) & 1) == 1)];
            if (
                rounds.Length > participations
                || rounds.Zip(rounds.Skip(1)).Any(pair => pair.Second - pair.First < separation)
            )
            {
                continue;
            }

            for (int signs = 0; signs < 1 << (rounds.Length - 1); signs++)
            {
                double[] image = new double[steps];
                for (int i = 0; i < rounds.Length; i++)
                {
                    for (int k = 0; k < column.Length && rounds[i] + k < steps; k++)
                    {
                        image[rounds[i] + k] += ((signs >> i) & 1) == 1 ? -column[k] : column[k];
                    }
                }

                largest = Math.Max(largest, Math.Sqrt(image.Sum(value => value * value)));
            }
        }

        return largest;
    }

    // The must-fail neighbour: closer than the bands, columns overlap and √k is not enough.
    [Fact]
    public void Units_that_come_back_too_soon_are_refused_because_they_move_further()
    {
        SquareRootToeplitz factors = SquareRootToeplitz.Create(12, 6);
        Assert.Throws<ArgumentOutOfRangeException>(() => factors.Sensitivity(2, 5));
        Assert.True(Moved(12, Column(6), 2, 5) > factors.Sensitivity(2, 6) * 1.01);
        Assert.Throws<ArgumentOutOfRangeException>(() => SquareRootToeplitz.Create(12).Sensitivity(2, 11));
    }

    [Fact]
    public void All_rounds_are_one_Gaussian_of_sigma_over_the_sensitivity()
    {
        SquareRootToeplitz factors = SquareRootToeplitz.Create(1000);
        RenyiAccountant charged = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(factors.Release(2));
        double squared = factors.SquaredSensitivity;
        Assert.InRange(charged.Divergence(8), 8 * squared / 8, 8 * squared / 8 * (1 + 1e-12));

        // Of 1,000 rounds with independent noise of the same error each would cost as much as a hundred of these.
        SquareRootToeplitz cut = SquareRootToeplitz.Create(1000, 100);
        RenyiAccountant returning = new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(
            cut.Release(2, participations: 7, separation: 100)
        );
        Assert.InRange(returning.Divergence(8) / (7 * cut.SquaredSensitivity), 1, 1 + 1e-12);
        Assert.Equal(cut.Sensitivity(10, 100), cut.Sensitivity(int.MaxValue, 100));
        Assert.Throws<PrivacyDomainException>(() => factors.Release(0));
        Assert.Throws<PrivacyDomainException>(() => factors.Release(double.NaN));
    }

    [Fact]
    public void The_noise_of_a_round_is_its_row_of_B_times_the_vectors()
    {
        Gen<(int Steps, int Bands, int Round, int Seed)> cases =
            from steps in Gen.Choose(1, 40)
            from bands in Gen.Choose(1, steps)
            from round in Gen.Choose(0, steps - 1)
            from seed in Gen.Choose(0, int.MaxValue)
            select (steps, bands, round, seed);
        Prop.ForAll(
                Arb.From(cases),
                input =>
                {
                    (int steps, int bands, int round, int seed) = input;
                    Random random = new(seed);
                    double[][] vectors =
                    [
                        .. Enumerable
                            .Range(0, round + 1)
                            .Select(_ => new[] { random.NextDouble(), random.NextDouble() }),
                    ];
                    SquareRootToeplitz factors = SquareRootToeplitz.Create(steps, bands);
                    double[] noise = [7, 7];
                    factors.Correlate([.. vectors.Select(vector => (ReadOnlyMemory<double>)vector)], noise);

                    // C·(B·z) = A·z: taking the prefix sums' C from the noise of all rounds gives back plain sums.
                    double[] column = Column(bands);
                    double[] sum = new double[2];
                    for (int k = 0; k < bands && k <= round; k++)
                    {
                        double[] earlier = new double[2];
                        factors.Correlate(
                            [.. vectors.Take(round + 1 - k).Select(vector => (ReadOnlyMemory<double>)vector)],
                            earlier
                        );
                        sum[0] += column[k] * earlier[0];
                        sum[1] += column[k] * earlier[1];
                    }

                    return (
                        Math.Abs(sum[0] - vectors.Sum(vector => vector[0])) < 1e-12
                        && Math.Abs(sum[1] - vectors.Sum(vector => vector[1])) < 1e-12
                        && Math.Abs(
                            noise[0]
                                - Enumerable
                                    .Range(0, round + 1)
                                    .Sum(j => factors.NoiseWeight(round - j) * vectors[j][0])
                        ) < 1e-12
                    ).ToProperty();
                }
            )
            .Holds(output, 200);
    }

    [Fact]
    public void A_cut_factor_costs_little_more_error_and_the_largest_ones_are_made()
    {
        SquareRootToeplitz whole = SquareRootToeplitz.Create(1 << 16);
        Assert.InRange(whole.SquaredSensitivity, 4.59, 4.6);
        SquareRootToeplitz cut = SquareRootToeplitz.Create(1 << 14, 1 << 8);
        Assert.All(Enumerable.Range(0, cut.Steps), lag => Assert.InRange(cut.NoiseWeight(lag), 0.0, 1.0));
    }

    [Fact]
    public void Sizes_and_shapes_out_of_range_are_refused()
    {
        SquareRootToeplitz factors = SquareRootToeplitz.Create(3, 2);
        Outside("steps", () => SquareRootToeplitz.Create(0));
        Outside("steps", () => SquareRootToeplitz.Create((1 << 20) + 1));
        Outside("bands", () => SquareRootToeplitz.Create(3, 0));
        Outside("bands", () => SquareRootToeplitz.Create(3, 4));
        Outside("bands", () => SquareRootToeplitz.Create(1 << 20, 65));
        Outside("lag", () => factors.NoiseWeight(-1));
        Outside("lag", () => factors.NoiseWeight(3));
        Outside("participations", () => factors.Sensitivity(0));
        Outside("separation", () => factors.Sensitivity(2, 1));
        Outside("separation", () => factors.Sensitivity(1, 0));
        Assert.Throws<ArgumentException>(() => factors.Correlate([], new double[1]));
        Assert.Throws<ArgumentException>(() =>
            factors.Correlate([.. Enumerable.Repeat<ReadOnlyMemory<double>>(new double[1], 4)], new double[1])
        );
        Assert.Throws<ArgumentException>(() => factors.Correlate([new double[2]], new double[1]));

        static void Outside(string parameter, Func<object> call) =>
            Assert.Equal(parameter, Assert.Throws<ArgumentOutOfRangeException>(call).ParamName);
    }
}
