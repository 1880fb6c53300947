using System.Text.Json;

namespace SecureFed.Privacy;

/// <summary>Releases as members of a JSON object. spec 02-privacy#ledger-4</summary>
internal static class ReleaseCodec
{
    public static void Write(Utf8JsonWriter json, PrivacyEvent release)
    {
        switch (release)
        {
            case PrivacyEvent.GaussianNoise gaussian:
                json.WriteString("release", "gaussian");
                json.WriteNumber("noiseMultiplier", gaussian.NoiseMultiplier);
                break;
            case PrivacyEvent.DiscreteGaussianNoise discrete:
                json.WriteString("release", "discreteGaussian");
                json.WriteNumber("noiseMultiplier", discrete.NoiseMultiplier);
                break;
            case PrivacyEvent.PoissonSampledGaussianNoise sampled:
                json.WriteString("release", "poissonSampledGaussian");
                json.WriteNumber("noiseMultiplier", sampled.NoiseMultiplier);
                json.WriteNumber("samplingRate", sampled.SamplingRate);
                break;
            case PrivacyEvent.PoissonSampledDiscreteGaussianNoise sampled:
                json.WriteString("release", "poissonSampledDiscreteGaussian");
                json.WriteNumber("noiseMultiplier", sampled.NoiseMultiplier);
                json.WriteNumber("samplingRate", sampled.SamplingRate);
                break;
            case PrivacyEvent.WithoutReplacement sample:
                json.WriteString("release", "sampledWithoutReplacement");
                json.WriteNumber("noiseMultiplier", sample.NoiseMultiplier);
                json.WriteNumber("sampleSize", sample.SampleSize);
                json.WriteNumber("population", sample.Population);
                break;
            case PrivacyEvent.SumOfDiscreteGaussianNoise sum:
                json.WriteString("release", "sumOfDiscreteGaussians");
                json.WriteNumber("shareVariance", sum.ShareVariance);
                json.WriteNumber("shares", sum.Shares);
                json.WriteNumber("l2Sensitivity", sum.L2Sensitivity);
                json.WriteNumber("dimension", sum.Dimension);
                json.WriteNumber("l1Sensitivity", sum.L1Sensitivity);
                break;
            case PrivacyEvent.LaplaceNoise laplace:
                json.WriteString("release", "laplace");
                json.WriteNumber("scale", laplace.Scale);
                break;
            case PrivacyEvent.ApproximatePrivacy approximate:
                json.WriteString("release", "approximate");
                json.WriteNumber("releaseEpsilon", approximate.Epsilon);
                json.WriteNumber("releaseDelta", approximate.Delta);
                break;
            default:
                throw new ArgumentException($"A ledger cannot hold {release.GetType().Name}.", nameof(release));
        }
    }

    public static PrivacyEvent Read(JsonElement json)
    {
        double Number(string name) => json.GetProperty(name).GetDouble();
        return json.GetProperty("release").GetString() switch
        {
            "gaussian" => PrivacyEvent.Gaussian(Number("noiseMultiplier")),
            "discreteGaussian" => PrivacyEvent.DiscreteGaussian(Number("noiseMultiplier")),
            "poissonSampledGaussian" => PrivacyEvent.PoissonSampledGaussian(
                Number("noiseMultiplier"),
                Number("samplingRate")
            ),
            "poissonSampledDiscreteGaussian" => PrivacyEvent.PoissonSampledDiscreteGaussian(
                Number("noiseMultiplier"),
                Number("samplingRate")
            ),
            "sampledWithoutReplacement" => PrivacyEvent.SampledWithoutReplacement(
                Number("noiseMultiplier"),
                json.GetProperty("sampleSize").GetInt64(),
                json.GetProperty("population").GetInt64()
            ),
            "sumOfDiscreteGaussians" => PrivacyEvent.SumOfDiscreteGaussians(
                Number("shareVariance"),
                json.GetProperty("shares").GetInt32(),
                Number("l2Sensitivity"),
                json.GetProperty("dimension").GetInt64(),
                Number("l1Sensitivity")
            ),
            "laplace" => PrivacyEvent.Laplace(Number("scale")),
            "approximate" => PrivacyEvent.Approximate(Number("releaseEpsilon"), Number("releaseDelta")),
            _ => throw new FormatException("The kind of release is unknown."),
        };
    }
}
