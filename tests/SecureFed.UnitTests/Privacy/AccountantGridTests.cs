using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed.UnitTests.Privacy;

/// <summary>The accountant over the whole range of settings that a federation may choose.</summary>
public sealed class AccountantGridTests
{
    [Fact]
    public void DP_07_On_ten_thousand_settings_epsilon_is_a_number_monotone_and_never_below_the_exact_one()
    {
        int settings = 0;
        foreach (double delta in (double[])[1e-12, 1e-8, 1e-6, 1e-5, 1e-3])
        {
            for (int noise = 0; noise < 50; noise++)
            {
                double multiplier = 0.3 * Math.Pow(1.2, noise);
                PrivacyEvent release = PrivacyEvent.Gaussian(multiplier);
                double before = 0;
                for (int step = 0; step < 40; step++)
                {
                    long count = (long)Math.Ceiling(Math.Pow(1.3, step));
                    double epsilon = Epsilon(release, count, delta);
                    double exact = ExactOrNothing(multiplier / Math.Sqrt(count), delta);
                    Assert.True(double.IsFinite(epsilon) && epsilon >= before && epsilon >= exact);
                    before = epsilon;
                    settings++;
                }
            }
        }

        Assert.Equal(10_000, settings);
    }

    [Fact]
    public void DP_07_More_noise_rarer_sampling_and_a_larger_delta_never_cost_more()
    {
        double[] multipliers = [0.5, 0.8, 1.1, 2, 4, 8];
        double[] rates = [0.0001, 0.001, 0.01, 0.1, 0.5, 1];
        double[] deltas = [1e-10, 1e-7, 1e-5, 1e-3];
        foreach (double rate in rates)
        {
            foreach (double delta in deltas)
            {
                double[] byNoise = [.. multipliers.Select(z => Epsilon(Sampled(z, rate), 200, delta))];
                Assert.Equal(byNoise.OrderDescending(), byNoise);
                Assert.All(byNoise, epsilon => Assert.True(double.IsFinite(epsilon)));
            }

            double[] byDelta = [.. deltas.Select(delta => Epsilon(Sampled(1.1, rate), 200, delta))];
            Assert.Equal(byDelta.OrderDescending(), byDelta);
        }

        foreach (double multiplier in multipliers)
        {
            double[] byRate = [.. rates.Select(rate => Epsilon(Sampled(multiplier, rate), 200, 1e-5))];
            Assert.Equal(byRate.Order(), byRate);
        }
    }

    private static PrivacyEvent Sampled(double multiplier, double rate) =>
        PrivacyEvent.PoissonSampledDiscreteGaussian(multiplier, rate);

    private static double Epsilon(PrivacyEvent release, long count, double delta) =>
        new RenyiAccountant(NeighbouringRelation.AddOrRemoveOne).Compose(release, count).Epsilon(delta).Epsilon;

    private static double ExactOrNothing(double sigma, double delta)
    {
        try
        {
            return AnalyticGaussian.Epsilon(sigma, delta);
        }
        catch (PrivacyDomainException)
        {
            // So little noise that one Gaussian promises nothing.
            return 0;
        }
    }
}
