using SecureFed.Core.Kernels;

namespace SecureFed.Core;

/// <summary>What one participant learned in a round: finite floats, not yet clipped, and a weight. It never leaves the participant.</summary>
/// <remarks>Immutable and thread-safe. Secret to its owner: it does not print its values.</remarks>
public sealed class LocalUpdate
{
    private readonly float[] _values;

    private LocalUpdate(float[] values, long weight)
    {
        _values = values;
        Weight = weight;
    }

    /// <summary>Number of coordinates.</summary>
    public int Length => _values.Length;

    /// <summary>float[d], all finite.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The array itself, for the next stage; nobody writes to it.</summary>
    internal float[] SharedValues => _values;

    /// <summary>How much this update counts for in a weighted plan, at least 1; plans without weights ignore it.</summary>
    public long Weight { get; }

    /// <summary>Copies an update.</summary>
    /// <param name="values">float[d], all finite; 1 ≤ d ≤ <see cref="UpdateEncoding.MaximumLength"/>.</param>
    /// <param name="weight">At least 1, for example the number of examples; the plan's upper limit is checked when the update is clipped.</param>
    /// <exception cref="UpdateRefusedException">A coordinate is NaN or infinite, the update is empty or too long, or the weight is below 1.</exception>
    public static LocalUpdate Create(ReadOnlySpan<float> values, long weight = 1)
    {
        RequireShape(values.Length, weight);
        return Checked(values.ToArray(), weight);
    }

    /// <summary>The update that leads from one model to another: to[i] − from[i], rounded to float. spec 01-updates#input-2</summary>
    /// <param name="from">float[d], the model the round started from.</param>
    /// <param name="to">float[d], the model after training.</param>
    /// <param name="weight">At least 1, for example the number of examples.</param>
    /// <exception cref="UpdateRefusedException">As for <see cref="Create"/>, or the lengths differ, or a difference overflows.</exception>
    public static LocalUpdate Difference(ReadOnlySpan<float> from, ReadOnlySpan<float> to, long weight = 1)
    {
        RequireShape(from.Length, weight);
        if (to.Length != from.Length)
        {
            throw new UpdateRefusedException(
                UpdateFault.LengthMismatch,
                $"Both models must have the same length; 'from' has {from.Length} coordinates and 'to' has {to.Length}."
            );
        }

        float[] values = new float[from.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = to[i] - from[i];
        }

        return Checked(values, weight);
    }

    /// <summary>The type and the length; no value is printed.</summary>
    public override string ToString() => $"{nameof(LocalUpdate)}({Length})";

    private static void RequireShape(int length, long weight)
    {
        if (length is < 1 or > UpdateEncoding.MaximumLength)
        {
            throw new UpdateRefusedException(
                UpdateFault.LengthOutOfRange,
                $"An update has 1 to {UpdateEncoding.MaximumLength} coordinates; {length} were given."
            );
        }

        if (weight < 1)
        {
            throw new UpdateRefusedException(
                UpdateFault.WeightOutOfRange,
                "A weight is at least 1. A participant without data contributes a zero update of weight 1 or stays out of the round."
            );
        }
    }

    // spec 01-updates#input-1
    private static LocalUpdate Checked(float[] values, long weight)
    {
        int index = FirstNonFinite.Run(values);
        return index < 0
            ? new LocalUpdate(values, weight)
            : throw new UpdateRefusedException(
                UpdateFault.NonFinite,
                $"Coordinate {index} of {values.Length} is NaN or infinite. Training diverged or overflowed: lower the learning rate, or check the data for missing values.",
                index
            );
    }
}
