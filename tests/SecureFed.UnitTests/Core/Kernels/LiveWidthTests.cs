using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Kernels;

/// <summary>
/// CI runs the kernel suite again with the runtime's switches set; these tests fail when a switch has no effect, so
/// that the narrow bodies cannot go untested unnoticed.
/// </summary>
[Trait("Suite", "Kernels")]
public sealed class LiveWidthTests(ITestOutputHelper output)
{
    [SwitchedOffFact("DOTNET_EnableAVX512")]
    public void Without_AVX_512_the_512_bit_vectors_are_not_live()
    {
        Report();
        Assert.False(Vector512.IsHardwareAccelerated);
    }

    [SwitchedOffFact("DOTNET_EnableAVX2")]
    public void Without_AVX2_the_256_bit_vectors_are_not_live()
    {
        Report();
        Assert.False(Vector256.IsHardwareAccelerated);
    }

    [SwitchedOffFact("DOTNET_EnableHWIntrinsic")]
    public void Without_intrinsics_no_vectors_are_live()
    {
        Report();
        Assert.False(Vector128.IsHardwareAccelerated);
    }

    [SwitchedOffFact("DOTNET_EnableGFNI")]
    public void Without_GFNI_secret_sharing_takes_the_portable_vectors()
    {
        Report();
        Assert.False(Gfni.IsSupported || Gfni.V256.IsSupported || Gfni.V512.IsSupported);
    }

    private void Report() =>
        output.WriteLine(
            $"live: 128 {Vector128.IsHardwareAccelerated}, 256 {Vector256.IsHardwareAccelerated}, 512 {Vector512.IsHardwareAccelerated}, GFNI {Gfni.V256.IsSupported}"
        );
}
