using System.Text;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>What a plan does against reading single inputs out of published sums. A closed family; this version has no noise.</summary>
/// <remarks>Immutable. There is no default: doing without noise is a decision with a reason.</remarks>
public abstract class PrivacyPlan
{
    private PrivacyPlan() { }

    /// <summary>No noise: the exact sum is published.</summary>
    /// <param name="because">Why that is acceptable, 1 to 200 UTF-8 bytes. Every participant sees it and must agree.</param>
    /// <exception cref="ArgumentException">The reason is empty or too long.</exception>
    public static PrivacyPlan None(string because) => new NoNoise(Reasons.Check(because, nameof(because)));

    /// <summary>Why the plan has no noise.</summary>
    public abstract string Because { get; }

    /// <summary>The exact sum is published.</summary>
    public sealed class NoNoise : PrivacyPlan
    {
        internal NoNoise(string because) => Because = because;

        /// <inheritdoc/>
        public override string Because { get; }

        /// <summary>For example "no noise (synthetic data)".</summary>
        public override string ToString() => $"no noise ({Because})";
    }
}

/// <summary>Reasons that stand in a round's descriptor.</summary>
internal static class Reasons
{
    public static string Check(string because, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(because, parameter);
        int size = Encoding.UTF8.GetByteCount(because);
        return size <= MessageLimits.MaximumBecauseSizeInBytes
            ? because
            : throw new ArgumentException(
                $"A reason has at most {MessageLimits.MaximumBecauseSizeInBytes} UTF-8 bytes; this one has {size}. Shorten it.",
                parameter
            );
    }
}
