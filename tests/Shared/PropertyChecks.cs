using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace SecureFed.Tests.Shared;

/// <summary>Runs an FsCheck property inside a plain xunit fact, prints the seed and accepts one.</summary>
/// <remarks>
/// A failure prints the shrunk counterexample and a pair "seed,gamma". Setting the environment variable
/// SECUREFED_SEED to that pair replays the same cases.
/// </remarks>
internal static class PropertyChecks
{
    private const string SeedVariable = "SECUREFED_SEED";

    /// <summary>Checks <paramref name="property"/> on <paramref name="count"/> cases and throws with the counterexample.</summary>
    public static void Holds(this Property property, ITestOutputHelper output, int count = 200)
    {
        ArgumentNullException.ThrowIfNull(property);
        ArgumentNullException.ThrowIfNull(output);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count).WithRunner(new XunitRunner(output));
        if (TryReadSeed(out ulong seed, out ulong gamma))
        {
            output.WriteLine($"Replaying {SeedVariable}={seed},{gamma}");
            config = config.WithReplay(seed, gamma);
        }

        Check.One(config, property);
    }

    private static bool TryReadSeed(out ulong seed, out ulong gamma)
    {
        (seed, gamma) = (0, 0);
        string? text = Environment.GetEnvironmentVariable(SeedVariable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        string[] parts = text.Trim('(', ')', ' ').Split(',');
        return
            parts.Length == 2
            && ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out seed)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out gamma)
            ? true
            : throw new FormatException(
                $"{SeedVariable} is 'seed,gamma' as a failed property prints it; got '{text}'."
            );
    }

    private sealed class XunitRunner(ITestOutputHelper output) : IRunner
    {
        public void OnStartFixture(Type t) { }

        public void OnArguments(
            int ntest,
            FSharpList<object> args,
            FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every
        ) { }

        public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink) { }

        public void OnFinished(string name, TestResult testResult)
        {
            string report = Runner.onFinishedToString(name, testResult);
            output.WriteLine(report);
            if (!testResult.IsPassed)
            {
                throw new Xunit.Sdk.XunitException(report);
            }
        }
    }
}
