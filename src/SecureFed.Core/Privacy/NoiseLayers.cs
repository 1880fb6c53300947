namespace SecureFed.Core;

/// <summary>
/// A party's noise in layers, of which those that too few drop-outs leave over are opened and taken out of the sum again
/// (Jiang, Wang and Chen, EuroSys 2024). spec 02-privacy#layers-1
/// </summary>
/// <remarks>Immutable, public, compared by value. Variances are whole squared grid units, rounded up layer by layer.</remarks>
/// <param name="Variance">s: what the noise of all parties of a sum has after the removal, in squared grid units; at most 2^62.</param>
/// <param name="Parties">n: how many parties a plan has; a party that is not enrolled counts as dropped out.</param>
/// <param name="Removable">L = n − U, 1 to n − 1: a party has the layers 0 … L.</param>
public sealed record NoiseLayers(long Variance, int Parties, int Removable)
{
    /// <summary>The largest s: 2^62.</summary>
    public const long LargestVariance = 1L << 62;

    /// <summary>Whether s is 1 to 2^62, n at least 2 and L from 1 to n − 1. Nothing else may be asked of layers that are not.</summary>
    public bool IsSound =>
        Variance is >= 1 and <= LargestVariance && Parties >= 2 && Removable >= 1 && Removable < Parties;

    /// <summary>The variance of layer k: ⌈s/n⌉ for k = 0, else ⌈s/((n − k + 1)(n − k))⌉.</summary>
    /// <param name="layer">0 to L.</param>
    public long VarianceOf(int layer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, Removable);
        long left = Parties - layer;
        long divisor = layer == 0 ? left : left * (left + 1);
        return ((Variance - 1) / divisor) + 1;
    }

    /// <summary>The variance that the layers 0 … k of one party have together; at least s/(n − k).</summary>
    /// <param name="layer">0 to L.</param>
    public long VarianceUpTo(int layer)
    {
        long sum = VarianceOf(0);
        for (int k = 1; k <= layer; k++)
        {
            sum += VarianceOf(k);
        }

        return sum;
    }

    /// <summary>The first layer that a party of a sum opens; it and all later ones are removed. L + 1 when none is.</summary>
    /// <param name="contributors">How many parties the sum has, U to n.</param>
    public int FirstRemoved(int contributors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(contributors, Parties);
        ArgumentOutOfRangeException.ThrowIfLessThan(contributors, Parties - Removable);
        return Parties - contributors + 1;
    }
}
