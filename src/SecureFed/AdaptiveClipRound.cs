using SecureFed.Core;
using SecureFed.Privacy;

namespace SecureFed;

/// <summary>
/// A round whose clip norm adapts: whether a party's update was within it travels as one more coordinate of the same noisy
/// vector, scaled so that its noise is what the count asks for. spec 02-privacy#clip-4
/// </summary>
/// <remarks>
/// Immutable, public and thread-safe. The plan of the round has d = <see cref="VectorLength"/>, clip norm
/// <see cref="ClipNorm"/> and <see cref="PrivacyPlan.ForParties"/> with the multiplier given here; it is charged as that one
/// release, updates and count together.
/// </remarks>
public sealed class AdaptiveClipRound
{
    // Room for the rounding of floats: the vector stays within the plan's norm and is not clipped again.
    private const double Margin = 1 + 1e-6;

    private readonly double _bitScale;

    private AdaptiveClipRound(AdaptiveClip clip, int length, double clipNorm, double bitScale) =>
        (Clip, Length, ClipNorm, _bitScale) = (clip, length, clipNorm, bitScale);

    /// <summary>The clip norm of the updates in this round.</summary>
    public AdaptiveClip Clip { get; }

    /// <summary>Coordinates of an update.</summary>
    public int Length { get; }

    /// <summary>d of the plan: the update and one more.</summary>
    public int VectorLength => Length + 1;

    /// <summary>C of the plan: the norm of an update at its clip norm with its bit.</summary>
    public double ClipNorm { get; }

    /// <summary>Plans a round.</summary>
    /// <param name="clip">The state so far.</param>
    /// <param name="length">Coordinates of an update, at least 1.</param>
    /// <param name="noiseMultiplier">z of the plan.</param>
    /// <param name="countSigma">s &gt; z/2: the standard deviation of the counted noise on the number of parties within the norm.</param>
    /// <exception cref="PrivacyDomainException">A number is outside its domain, or the count alone costs more than z allows.</exception>
    public static AdaptiveClipRound Create(AdaptiveClip clip, int length, double noiseMultiplier, double countSigma)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);

        // With k = z/2s the vector (u, ±β/2), β = 2kC, has norm C = C_u/√(1 − k²), and noise z·C on the bit is z·C/β = s.
        double widening = AdaptiveClip.ValueNoiseMultiplier(noiseMultiplier, countSigma) / noiseMultiplier;
        double clipNorm = clip.Value * widening * Margin;
        return new AdaptiveClipRound(clip, length, clipNorm, noiseMultiplier / countSigma * clip.Value * widening);
    }

    /// <summary>One party's vector: its update within the clip norm, and its bit. Private to the party.</summary>
    /// <param name="update">float[<see cref="Length"/>], all finite.</param>
    /// <exception cref="ArgumentException">The update has another length.</exception>
    /// <exception cref="UpdateRefusedException">A coordinate is not finite.</exception>
    public float[] VectorOf(ReadOnlySpan<float> update)
    {
        if (update.Length != Length)
        {
            throw new ArgumentException(
                $"The round is for updates of {Length} coordinates; this one has {update.Length}.",
                nameof(update)
            );
        }

        LocalUpdate checkedUpdate = LocalUpdate.Create(update);
        double norm = 0;
        foreach (float value in checkedUpdate.Values)
        {
            norm += (double)value * value;
        }

        norm = Math.Sqrt(norm);
        double factor = Clip.Covers(norm) ? 1 : Clip.Value / norm;
        float[] vector = new float[VectorLength];
        for (int i = 0; i < Length; i++)
        {
            vector[i] = (float)(update[i] * factor);
        }

        vector[Length] = (float)((Clip.Covers(norm) ? 0.5 : -0.5) * _bitScale);
        return vector;
    }

    /// <summary>Reads the sum of the round.</summary>
    /// <param name="sum">Of a plan with <see cref="VectorLength"/> coordinates.</param>
    /// <returns>The noisy mean of the updates by the plan's public divisor, and the clip norm of the next round.</returns>
    /// <exception cref="ArgumentException">The sum has another length.</exception>
    public (float[] Mean, AdaptiveClip Next) Read(UpdateSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        if (sum.Length != VectorLength)
        {
            throw new ArgumentException(
                $"The round has {VectorLength} coordinates and the sum {sum.Length}.",
                nameof(sum)
            );
        }

        // Who took part is public; a bit of ±1/2 is a count less half of the parties.
        int parties = sum.Contributors.Length;
        double count = (sum.SumAsDoubles()[Length] / _bitScale) + (parties / 2.0);
        return (sum.Average()[..Length], Clip.Next(count, parties));
    }
}
