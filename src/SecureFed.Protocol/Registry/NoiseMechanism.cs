namespace SecureFed.Protocol;

/// <summary>What noise a round has. spec 07-registry#noise-mechanisms</summary>
public enum NoiseMechanism : byte
{
    /// <summary>No noise; the descriptor says why.</summary>
    None = 0,

    /// <summary>Every party adds a share of discrete Gaussian noise before it masks.</summary>
    DiscreteGaussianShares = 1,

    /// <summary>The same in layers; those that too few drop-outs leave over are opened and removed from the sum.</summary>
    RemovableLayers = 2,
}
