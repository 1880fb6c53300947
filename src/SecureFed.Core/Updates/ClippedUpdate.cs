using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>An update whose exact L2 norm is at most the plan's clip norm. Made only by <see cref="Clip"/>. spec 01-updates#clip-1</summary>
/// <remarks>Immutable and thread-safe. Secret to its owner: it does not print its values.</remarks>
public sealed class ClippedUpdate
{
    // spec 01-updates#clip-3: a clipped update is scaled to C·(1 − 2^-22). Rounding to float lengthens it by at most 2^-24 of its norm plus
    // 2^-150 per coordinate, and the norm and the factor are off by less than 2^-35: the sum stays below 2^-22.
    private const double ScalingMargin = 1.0 / (1 << 22);

    private readonly float[] _values;

    private ClippedUpdate(UpdateEncoding encoding, float[] values, long weight, bool wasClipped)
    {
        Encoding = encoding;
        _values = values;
        Weight = weight;
        WasClipped = wasClipped;
    }

    /// <summary>The encoding whose clip norm holds.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>float[d], rotated in a compressed round; Σ Values[i]² ≤ C² exactly, as rational numbers.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>C.</summary>
    public double ClipNorm => Encoding.ClipNorm;

    /// <summary>Whether the update was longer than C and has been scaled down. Derived from the update: not for logs.</summary>
    public bool WasClipped { get; }

    /// <summary>The weight, 1 to the plan's largest weight; unused in plans without weights.</summary>
    public long Weight { get; }

    /// <summary>Scales an update so that its L2 norm is at most the plan's clip norm.</summary>
    /// <param name="update">As many coordinates as the encoding, and a weight within the plan.</param>
    /// <param name="encoding">The plan's encoding.</param>
    /// <returns>The same direction; norm ≤ C, exactly. An update with norm ≤ C keeps every bit; a longer one ends at no less than C·(1 − 10^-6).</returns>
    /// <remarks>Thread-safe. Not constant-time: the factor depends on the update, which never leaves its owner in clear.</remarks>
    /// <exception cref="UpdateRefusedException">The length or the weight is not the plan's.</exception>
    /// <exception cref="ArgumentException">The plan is compressed and the encoding is not that of an attempt.</exception>
    public static ClippedUpdate Clip(LocalUpdate update, UpdateEncoding encoding)
    {
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(encoding);
        if (update.Length != encoding.Length)
        {
            throw new UpdateRefusedException(
                UpdateFault.LengthMismatch,
                $"The plan has {encoding.Length} coordinates; the update has {update.Length}."
            );
        }

        // spec 01-updates#weight-1
        if (encoding.IsWeighted && update.Weight > encoding.MaximumWeight)
        {
            throw new UpdateRefusedException(
                UpdateFault.WeightOutOfRange,
                $"The plan allows weights from 1 to {encoding.MaximumWeight}; the update's weight is above. Cap it there, or agree on a plan with a larger one."
            );
        }

        float[] values = Clipped(update.SharedValues, encoding.ClipNorm);
        bool wasClipped = values != update.SharedValues;
        if (encoding.IsCompressed)
        {
            // spec 02-privacy#compressed-2: clipped before, so that nothing overflows, and after, because floats round.
            values = Clipped(HadamardRotation.Rotate(values, RotationOf(encoding)), encoding.ClipNorm);
        }

        return new ClippedUpdate(encoding, values, update.Weight, wasClipped);
    }

    /// <summary>The type and the length; no value is printed.</summary>
    public override string ToString() => $"{nameof(ClippedUpdate)}({_values.Length})";

    private static float[] Clipped(float[] values, double clipNorm)
    {
        double squaredNorm = SumOfSquares.Run(values);
        if (IsInside(values, squaredNorm, clipNorm))
        {
            return values;
        }

        float[] scaled = new float[values.Length];
        double factor = clipNorm / Math.Sqrt(squaredNorm) * (1 - ScalingMargin);
        ScaleFloats.Run(values, factor, scaled);
        return scaled;
    }

    private static Digest RotationOf(UpdateEncoding encoding) =>
        encoding.Rotation
        ?? throw new ArgumentException(
            "Updates of a compressed round are rotated anew in each attempt, and this encoding is the plan's. "
                + "Use the encoding of the attempt: InProcessRound.Encoding, AggregationPlan.EncodingFor or DescriptorRules.EncodingOf.",
            nameof(encoding)
        );

    // spec 01-updates#clip-2: decided exactly where the double norm is too close to tell.
    private static bool IsInside(ReadOnlySpan<float> values, double squaredNorm, double clipNorm)
    {
        const double Doubt = 4 * StripedSum.RelativeErrorBound;
        double squaredClip = clipNorm * clipNorm;
        if (squaredNorm <= squaredClip * (1 - Doubt))
        {
            return true;
        }

        return squaredNorm < squaredClip * (1 + Doubt) && FloatNorm.IsAtMost(values, clipNorm);
    }
}
