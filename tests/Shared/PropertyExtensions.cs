using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Collections;
using Xunit.Abstractions;

namespace SecureFed.Tests.Shared;

/// <summary>Runs FsCheck properties from plain xunit facts, with a seed that is printed and can be given back.</summary>
public static class Properties
{
    /// <summary>The environment variable that replays a run: "(seed,gamma)" as printed by a failing property.</summary>
    public const string SeedVariable = "SECUREFED_SEED";

    /// <summary>Checks the property on <paramref name="count"/> cases; throws with the seed and the shrunk case when it is false.</summary>
    /// <param name="property">Built with <c>Prop.ForAll(generator.ToArbitrary(shrinker), …)</c>.</param>
    /// <param name="output">Receives FsCheck's closing line, and on failure the seed.</param>
    /// <param name="count">Number of cases that must pass.</param>
    public static void Holds(this Property property, ITestOutputHelper output, int count = 200)
    {
        ArgumentNullException.ThrowIfNull(property);
        ArgumentNullException.ThrowIfNull(output);
        Config config = Config
            .QuickThrowOnFailure.WithMaxTest(count)
            .WithRunner(new OutputRunner(output))
            .WithName(string.Empty);
        string? seed = Environment.GetEnvironmentVariable(SeedVariable);
        if (!string.IsNullOrEmpty(seed))
        {
            (ulong first, ulong gamma) = ParseSeed(seed);
            config = config.WithReplay(first, gamma);
        }

        Check.One(config, property);
    }

    private static (ulong Seed, ulong Gamma) ParseSeed(string text)
    {
        string[] parts = text.Trim('(', ')', ' ').Split(',');
        return
            parts.Length >= 2
            && ulong.TryParse(parts[0].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            && ulong.TryParse(parts[1].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong gamma)
            ? (seed, gamma)
            : throw new FormatException($"{SeedVariable} is \"(seed,gamma)\", two decimal numbers; got '{text}'.");
    }

    private sealed class OutputRunner(ITestOutputHelper output) : IRunner
    {
        public void OnStartFixture(Type type) { }

        public void OnArguments(
            int number,
            FSharpList<object> arguments,
            Microsoft.FSharp.Core.FSharpFunc<int, Microsoft.FSharp.Core.FSharpFunc<FSharpList<object>, string>> every
        ) { }

        public void OnShrink(
            FSharpList<object> arguments,
            Microsoft.FSharp.Core.FSharpFunc<FSharpList<object>, string> everyShrink
        ) { }

        public void OnFinished(string name, TestResult result)
        {
            string report = Runner.onFinishedToString(name, result);
            output.WriteLine(report);
            if (result is not TestResult.Passed)
            {
                throw new Xunit.Sdk.XunitException(
                    $"{report}{Environment.NewLine}Replay with {SeedVariable}=\"(seed,gamma)\" from the line above."
                );
            }
        }
    }
}
