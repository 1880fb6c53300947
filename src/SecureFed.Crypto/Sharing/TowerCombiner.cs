using System.Security.Cryptography;
using SecureFed.Core;
using SecureFed.Crypto.Kernels;
using SecureFed.Protocol;

namespace SecureFed.Crypto.Sharing;

/// <summary>Combining by Lagrange interpolation at zero over GF(2^16), with the weights of the points kept. spec 03-masking#sharing-1</summary>
internal sealed class TowerCombiner : ShareCombiner
{
    private readonly TowerFactor[] _weights;

    public TowerCombiner(ReadOnlySpan<ushort> points)
        : base(points)
    {
        ushort[] coefficients = new ushort[points.Length];
        PublicPoints.LagrangeAtZero(points, coefficients);
        _weights = Array.ConvertAll(coefficients, TowerFactor.Of);
    }

    protected override SecretBytes Interpolate(ReadOnlySpan<SecretBytes> shares)
    {
        Span<byte> secret = stackalloc byte[ShamirSharing.SecretSizeInBytes];
        try
        {
            TowerSum.Weigh(_weights, shares, secret);
            return SecretBytes.CopyFrom(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
