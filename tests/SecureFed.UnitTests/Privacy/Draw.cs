using FsCheck;
using FsCheck.Fluent;

namespace SecureFed.UnitTests.Privacy;

/// <summary>Generators of this folder.</summary>
internal static class Draw
{
    /// <summary>Evenly spread over the orders of magnitude.</summary>
    public static Gen<double> Logarithmic(double least, double most) =>
        Gen.Choose(0, int.MaxValue - 1)
            .Select(number => Math.Exp(Math.Log(least) + (Math.Log(most / least) * number / (int.MaxValue - 1.0))));
}
