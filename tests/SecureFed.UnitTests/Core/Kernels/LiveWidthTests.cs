using System.Runtime.Intrinsics;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Kernels;

/// <summary>
/// CI runs the kernel suite again with the runtime's switches set; these tests fail when a switch has no effect, so
/// that the narrow bodies cannot go untested unnoticed.
/// </summary>
[Trait("Suite", "Kernels")]
public sealed class LiveWidthTests(ITestOutputHelper output)
{
    [Fact]
    public void Without_AVX_512_the_512_bit_vectors_are_not_live()
    {
        Report();
        Assert.False(IsSwitchedOff("DOTNET_EnableAVX512") && Vector512.IsHardwareAccelerated);
    }

    [Fact]
    public void Without_AVX2_the_256_bit_vectors_are_not_live()
    {
        Report();
        Assert.False(IsSwitchedOff("DOTNET_EnableAVX2") && Vector256.IsHardwareAccelerated);
    }

    [Fact]
    public void Without_intrinsics_no_vectors_are_live()
    {
        Report();
        Assert.False(IsSwitchedOff("DOTNET_EnableHWIntrinsic") && Vector128.IsHardwareAccelerated);
    }

    private static bool IsSwitchedOff(string name) =>
        string.Equals(Environment.GetEnvironmentVariable(name), "0", StringComparison.Ordinal);

    private void Report() =>
        output.WriteLine(
            $"live: 128 {Vector128.IsHardwareAccelerated}, 256 {Vector256.IsHardwareAccelerated}, 512 {Vector512.IsHardwareAccelerated}"
        );
}
