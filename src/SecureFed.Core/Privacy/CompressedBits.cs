namespace SecureFed.Core;

/// <summary>How wide the ring of a round with noise is. spec 02-privacy#compressed-1</summary>
public enum CompressedBits
{
    /// <summary>As wide as every sum needs: it does not wrap.</summary>
    None = 0,

    /// <summary>20 bits for each coordinate, of a rotated vector.</summary>
    Twenty = 20,

    /// <summary>24 bits for each coordinate, of a rotated vector.</summary>
    TwentyFour = 24,
}
