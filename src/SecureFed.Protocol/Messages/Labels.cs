using System.Text;

namespace SecureFed.Protocol;

/// <summary>Every domain label of the protocol. spec 07-registry#labels</summary>
/// <remarks>
/// A label stands first in what is hashed or signed (after the tree byte in a share tree). No label is a prefix of
/// another, so two domains never hash the same bytes. A test compares this list with the registry.
/// </remarks>
internal static class Labels
{
    /// <summary>D: the digest of a round descriptor.</summary>
    public const string Descriptor = "SecureFed/1 descriptor";

    /// <summary>K: the digest of a cohort.</summary>
    public const string Cohort = "SecureFed/1 cohort";

    /// <summary>What a client signs.</summary>
    public const string Signature = "SecureFed/1 signature";

    /// <summary>The commitment to a self-mask seed.</summary>
    public const string SeedCommitment = "SecureFed/1 seed commitment";

    /// <summary>The salted commitment to one share.</summary>
    public const string ShareCommitment = "SecureFed/1 share commitment";

    /// <summary>A leaf of a share tree.</summary>
    public const string ShareLeaf = "SecureFed/1 share leaf";

    /// <summary>An inner node of a share tree.</summary>
    public const string ShareNode = "SecureFed/1 share node";

    /// <summary>The pair of sets that a consistency signature is about.</summary>
    public const string SurvivorSets = "SecureFed/1 survivor sets";

    /// <summary>The info of a key derivation.</summary>
    public const string DerivedKey = "SecureFed/1 derived key";

    /// <summary>The associated data of a sealed share.</summary>
    public const string SealedShare = "SecureFed/1 sealed share";

    /// <summary>The blocks of public numbers that order the ring of a sparse graph.</summary>
    public const string Graph = "SecureFed/1 graph";

    /// <summary>The step from the seed of one removable layer of noise to the next.</summary>
    public const string NoiseChain = "SecureFed/1 noise chain";

    /// <summary>The key of the keystream that a removable layer of noise is sampled from.</summary>
    public const string NoiseLayer = "SecureFed/1 noise layer";

    /// <summary>The numbers of an attempt that give the seed of its rotation.</summary>
    public const string RotationSeed = "SecureFed/1 rotation seed";

    /// <summary>Writes a label, which is ASCII, and returns its size.</summary>
    public static int Write(string label, Span<byte> destination) => Encoding.ASCII.GetBytes(label, destination);
}
