using FsCheck.Fluent;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core;

public sealed class PropertyHelperTests(ITestOutputHelper output)
{
    [Fact]
    public void A_true_property_holds() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), value => value == -(-(long)value)).Holds(output, 50);

    [Fact]
    public void A_false_property_fails_with_a_seed_and_a_shrunk_case()
    {
        FsCheck.Property property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), value => Math.Abs((long)value) < 10);

        Xunit.Sdk.XunitException failure = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() =>
            property.Holds(output, 500)
        );

        Assert.Contains("Falsifiable", failure.Message, StringComparison.Ordinal);
        Assert.Contains("10", failure.Message, StringComparison.Ordinal);
        Assert.Matches(@"\(\d+,\d+\)", failure.Message);
    }
}
