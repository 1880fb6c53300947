using System.Numerics;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Encoding;

public sealed class UpdateEncodingProperties(ITestOutputHelper output)
{
    [Fact]
    public void The_largest_sum_fits_the_ring_and_would_not_fit_a_narrower_one() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    UpdateEncoding encoding = plan.Encoding;
                    BigInteger largest =
                        plan.Participants * BigInteger.Max(encoding.CoordinateBound, plan.MaximumWeight);
                    BigInteger half = BigInteger.One << (encoding.RingBits - 1);
                    return largest < half && (encoding.RingBits == 2 || largest >= half >> 1);
                }
            )
            .Holds(output, 1000);

    [Fact]
    public void MSK_02_Maximum_values_from_all_participants_at_once_do_not_wrap() =>
        Prop.ForAll(
                PlanCase.Arbitrary,
                plan =>
                {
                    UpdateEncoding encoding = plan.Encoding;
                    RingVector sum = new(encoding.Ring, encoding.RingLength);
                    RingVector largest = new(encoding.Ring, encoding.RingLength);
                    for (int i = 0; i < plan.Length; i++)
                    {
                        largest[i] = unchecked(
                            (ulong)(i % 2 == 0 ? encoding.CoordinateBound : -encoding.CoordinateBound)
                        );
                    }

                    if (encoding.IsWeighted)
                    {
                        largest[plan.Length] = (ulong)plan.MaximumWeight;
                    }

                    for (int participant = 0; participant < plan.Participants; participant++)
                    {
                        sum.Add(largest);
                    }

                    UpdateSum decoded = new RingSum(
                        encoding,
                        sum,
                        [.. Enumerable.Range(0, plan.Participants).Select(ParticipantId.FromIndex)]
                    ).Decode();
                    BigInteger expected = (BigInteger)encoding.CoordinateBound * plan.Participants;
                    return decoded.IsWithinPlan
                        && decoded
                            .Integers()
                            .Select((value, i) => value == (i % 2 == 0 ? expected : -expected))
                            .All(same => same)
                        && (!encoding.IsWeighted || decoded.TotalWeight == plan.MaximumWeight * plan.Participants);
                }
            )
            .Holds(output, 500);
}
