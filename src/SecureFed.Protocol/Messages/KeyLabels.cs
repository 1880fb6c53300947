using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The info strings of key derivation and the associated data of sealed shares. spec 05-transport#key-labels-1</summary>
/// <remarks>
/// Every part has a fixed width, so different arguments give different bytes. Each binds suite, cohort, both parties and
/// purpose: no key serves two cohorts, two directions or two purposes. Stateless and thread-safe.
/// </remarks>
public static class KeyLabels
{
    private const int MaximumSizeInBytes = 64;

    /// <summary>Info of the single-use key that seals one dealer's shares for one holder. Directional.</summary>
    /// <param name="suite">The round's suite.</param>
    /// <param name="k">K.</param>
    /// <param name="from">The dealer's roster index.</param>
    /// <param name="to">The holder's roster index, different from the dealer's.</param>
    public static byte[] ShareSealing(SuiteId suite, Digest k, ushort from, ushort to)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(from, to);
        return Info(suite, k, KeyPurpose.ShareSealing, from, to);
    }

    /// <summary>Info of the mask that two parties share; both sides name the lower index first.</summary>
    /// <param name="suite">The round's suite.</param>
    /// <param name="k">K.</param>
    /// <param name="low">The lower roster index.</param>
    /// <param name="high">The higher roster index.</param>
    public static byte[] PairMask(SuiteId suite, Digest k, ushort low, ushort high)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(low, high);
        return Info(suite, k, KeyPurpose.PairMask, low, high);
    }

    /// <summary>Info of a party's own mask, derived from its seed b_u.</summary>
    /// <param name="suite">The round's suite.</param>
    /// <param name="k">K.</param>
    /// <param name="self">The party's roster index.</param>
    public static byte[] SelfMask(SuiteId suite, Digest k, ushort self) =>
        Info(suite, k, KeyPurpose.SelfMask, self, self);

    /// <summary>The associated data of the sealed shares of one dealer for one holder. spec 05-transport#key-labels-2</summary>
    /// <param name="suite">The round's suite.</param>
    /// <param name="k">K.</param>
    /// <param name="from">The dealer's roster index.</param>
    /// <param name="to">The holder's roster index.</param>
    public static byte[] SealedShareAssociatedData(SuiteId suite, Digest k, ushort from, ushort to)
    {
        WireWriter writer = new(stackalloc byte[MaximumSizeInBytes]);
        writer.Label(Labels.SealedShare);
        writer.U16((int)suite);
        writer.Digest(k);
        writer.U16(from);
        writer.U16(to);
        return writer.Written.ToArray();
    }

    private static byte[] Info(SuiteId suite, Digest k, KeyPurpose purpose, ushort first, ushort second)
    {
        WireWriter writer = new(stackalloc byte[MaximumSizeInBytes]);
        writer.Label(Labels.DerivedKey);
        writer.U16((int)suite);
        writer.Digest(k);
        writer.U8((int)purpose);
        writer.U16(first);
        writer.U16(second);
        return writer.Written.ToArray();
    }
}
