using System.Diagnostics;
using System.Security.Cryptography;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>
/// Structure-aware fuzzing of the decoder. A failure is: an exception, an allocation above 16 times the input and 1 MiB,
/// an accepted input that does not re-encode to the same bytes, or a refusal without a fault. Not covered: time of a
/// single input (the whole run is bounded), inputs above a few kilobytes.
/// </summary>
public sealed class MessageFuzzTests(ITestOutputHelper output)
{
    private const int InputsPerSeed = 500_000;
    private const int FixedSeed = 20_171_030;
    private const string SeedVariable = "SECUREFED_FUZZ_SEED";

    [Fact]
    public void WIR_03_A_million_mutated_inputs_never_throw_never_allocate_much_and_have_one_encoding()
    {
        string? chosen = Environment.GetEnvironmentVariable(SeedVariable);
        int fresh = chosen is null ? RandomNumberGenerator.GetInt32(int.MaxValue) : int.Parse(chosen, provider: null);
        output.WriteLine($"seeds {FixedSeed} and {fresh}; to repeat the second: {SeedVariable}={fresh}");
        Stopwatch clock = Stopwatch.StartNew();

        FuzzTally tally = new();
        Fuzz(FixedSeed, tally);
        Fuzz(fresh, tally);

        output.WriteLine($"{tally.Inputs} inputs in {clock.Elapsed.TotalSeconds:F1} s; {tally}");
        Assert.Equal(2L * InputsPerSeed, tally.Inputs);
        foreach (MessageType type in MessageRecipe.Types)
        {
            // Enough of both kinds for every type, so that the run says something about each decoder.
            Assert.True(tally.Accepted[(int)type] > 1_000, $"{type}: {tally.Accepted[(int)type]} accepted");
            Assert.True(tally.Refused[(int)type] > 1_000, $"{type}: {tally.Refused[(int)type]} refused");
        }
    }

    private static void Fuzz(int seed, FuzzTally tally)
    {
        MessageMutator mutator = new(seed);
        MessageLimits[] limits =
        [
            MessageLimits.Default,
            MessageLimits.For(
                new MessageRecipe(MessageType.RoundInvitation, 5, 0, 0, seed).Descriptor(new Random(seed))
            ),
        ];
        for (int i = 0; i < InputsPerSeed; i++)
        {
            byte[] input = mutator.Next();
            long before = GC.GetAllocatedBytesForCurrentThread();
            DecodeResult result = MessageCodec.Decode(input, limits[(i & 3) == 0 ? 1 : 0]);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            if (allocated > (16L * input.Length) + (1 << 20))
            {
                Assert.Fail($"seed {seed}, input {i}: {allocated} bytes for {Convert.ToHexString(input)}");
            }

            if (result.Message is { } message)
            {
                if (!MessageCodec.Encode(message).AsSpan().SequenceEqual(input))
                {
                    Assert.Fail($"seed {seed}, input {i}: two encodings of {Convert.ToHexString(input)}");
                }
            }
            else if (result.Fault is PeerFaultKind.None || result.Field.Length == 0 || result.Problem.Length == 0)
            {
                Assert.Fail($"seed {seed}, input {i}: no fault for {Convert.ToHexString(input)}");
            }

            tally.Count(input, result, allocated);
        }
    }

    private sealed class FuzzTally
    {
        private readonly long[] _faults = new long[4];
        private double _largestRatio;

        public long Inputs { get; private set; }

        public long[] Accepted { get; } = new long[256];

        public long[] Refused { get; } = new long[256];

        public void Count(byte[] input, DecodeResult result, long allocated)
        {
            Inputs++;
            int type = input.Length > 3 ? input[3] : 0;
            (result.Message is null ? Refused : Accepted)[type]++;
            _faults[(int)result.Fault]++;
            if (input.Length >= 1024)
            {
                _largestRatio = Math.Max(_largestRatio, (double)allocated / input.Length);
            }
        }

        public override string ToString() =>
            $"accepted {_faults[0]}, malformed {_faults[1]}, too large {_faults[2]}, other version {_faults[3]}; "
            + $"largest allocation of inputs from 1 KiB: {_largestRatio:F1} times the input";
    }
}
