using FsCheck;
using FsCheck.Fluent;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.ArchitectureTests;

/// <summary>The helper that every property test goes through must be able to fail.</summary>
public sealed class PropertyHelperTests(ITestOutputHelper output)
{
    private static Arbitrary<int> SmallNumbers { get; } =
        Arb.From(Gen.Choose(0, 100), number => number == 0 ? [] : [number / 2, number - 1]);

    [Fact]
    public void A_true_law_holds() => Prop.ForAll(SmallNumbers, number => number + 0 == number).Holds(output);

    [Fact]
    public void A_false_law_fails_with_a_shrunk_counterexample()
    {
        Property falseLaw = Prop.ForAll(SmallNumbers, number => number < 10);

        Exception? failure = Record.Exception(() => falseLaw.Holds(output));

        Assert.NotNull(failure);
        Assert.Contains("10", failure.Message, StringComparison.Ordinal);

        // "0 shrinks" or "1 shrink", as the first counterexample happens to be.
        Assert.Contains("shrink", failure.Message, StringComparison.Ordinal);
    }
}
