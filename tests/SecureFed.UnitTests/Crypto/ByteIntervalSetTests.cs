using FsCheck;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Crypto.Keystreams;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Crypto;

/// <summary>The guard against a second use of keystream bytes, compared with a plain array of flags.</summary>
public sealed class ByteIntervalSetTests(ITestOutputHelper output)
{
    private const int Size = 64;

    [Fact]
    public void It_answers_as_an_array_of_flags_and_stays_merged()
    {
        Gen<int[]> ranges =
            from count in Gen.Choose(0, 40)
            from numbers in Gen.ArrayOf(Gen.Choose(0, Size - 1), 2 * count)
            select numbers;

        Prop.ForAll(
                Arb.From(ranges, Shrink),
                numbers =>
                {
                    ByteIntervalSet set = new();
                    bool[] taken = new bool[Size];
                    bool agrees = true;
                    int refused = 0;
                    foreach (int[] pair in numbers.Chunk(2))
                    {
                        int start = Math.Min(pair[0], pair[1]);
                        int end = start + (Math.Abs(pair[0] - pair[1]) / 4);
                        bool expected = !taken.AsSpan(start, end - start).Contains(true);
                        agrees &= set.TryTake(start, end) == expected;
                        if (expected)
                        {
                            taken.AsSpan(start, end - start).Fill(true);
                        }
                        else
                        {
                            refused++;
                        }

                        agrees &= set.Count == Runs(taken);
                    }

                    return agrees.Classify(refused > 0, "something refused").Classify(Runs(taken) > 3, "scattered");
                }
            )
            .Holds(output, count: 1000);
    }

    [Fact]
    public void A_stream_used_in_order_stays_one_interval()
    {
        ByteIntervalSet set = new();
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(set.TryTake(i * 16, (i + 1) * 16));
        }

        Assert.Equal(1, set.Count);
    }

    [Fact]
    public void A_range_that_runs_backwards_is_our_own_mistake()
    {
        ByteIntervalSet set = new();

        Assert.Throws<InvariantViolatedException>(() => set.TryTake(5, 4));
        Assert.Throws<InvariantViolatedException>(() => set.TryTake(-1, 4));
    }

    private static int Runs(bool[] taken) => taken.Where((flag, i) => flag && (i == 0 || !taken[i - 1])).Count();

    private static IEnumerable<int[]> Shrink(int[] numbers)
    {
        for (int i = 0; i + 1 < numbers.Length; i += 2)
        {
            yield return [.. numbers[..i], .. numbers[(i + 2)..]];
        }
    }
}
