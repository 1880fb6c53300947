using System.Collections.Immutable;

namespace SecureFed.Testing;

/// <summary>What a script can do to a simulated round. A closed family of values.</summary>
public abstract record RoundOperation
{
    private RoundOperation() { }

    /// <summary>Delivers a message in flight; nothing when there is none.</summary>
    /// <param name="Pick">Which one, modulo their number.</param>
    public sealed record Deliver(int Pick) : RoundOperation;

    /// <summary>Loses a message in flight.</summary>
    /// <param name="Pick">Which one, modulo their number.</param>
    public sealed record Lose(int Pick) : RoundOperation;

    /// <summary>Copies a message in flight behind all others.</summary>
    /// <param name="Pick">Which one, modulo their number.</param>
    public sealed record Duplicate(int Pick) : RoundOperation;

    /// <summary>Ends the server's phase.</summary>
    public sealed record EndPhase : RoundOperation;

    /// <summary>Takes a party away, and the server notices.</summary>
    /// <param name="Party">Its roster index, modulo their number.</param>
    public sealed record Disconnect(int Party) : RoundOperation;

    /// <summary>Takes a party away without a word.</summary>
    /// <param name="Party">Its roster index, modulo their number.</param>
    public sealed record CrashClient(int Party) : RoundOperation;

    /// <summary>Restarts the server from its records.</summary>
    public sealed record CrashServer : RoundOperation;
}

/// <summary>How often a generated script does what, in parts of the whole. Delivery takes the rest of 1,000.</summary>
public sealed class ScriptMixture
{
    /// <summary>Lost messages, of 1,000 operations.</summary>
    public int Lose { get; init; } = 10;

    /// <summary>Copied messages, of 1,000 operations.</summary>
    public int Duplicate { get; init; } = 20;

    /// <summary>Phases ended early, of 1,000 operations.</summary>
    public int EndPhase { get; init; } = 4;

    /// <summary>Parties taken away noticed, of 1,000 operations.</summary>
    public int Disconnect { get; init; } = 4;

    /// <summary>Parties taken away unnoticed, of 1,000 operations.</summary>
    public int CrashClient { get; init; } = 4;

    /// <summary>Restarts of the server, of 1,000 operations.</summary>
    public int CrashServer { get; init; } = 4;
}

/// <summary>A list of operations that a simulated round is put through, and then run to its end.</summary>
/// <remarks>Immutable. Any list is valid for any round, so that a failing one can be shortened by leaving things out.</remarks>
public sealed class RoundScript
{
    /// <summary>Takes a list.</summary>
    public RoundScript(IEnumerable<RoundOperation> operations) => Operations = [.. operations];

    /// <summary>The operations, in order.</summary>
    public ImmutableArray<RoundOperation> Operations { get; }

    /// <summary>A script from a seed.</summary>
    /// <param name="seed">The same seed gives the same script.</param>
    /// <param name="length">Number of operations.</param>
    /// <param name="parties">Parties of the round.</param>
    /// <param name="mixture">How often what; null for the defaults.</param>
    public static RoundScript Generate(ulong seed, int length, int parties, ScriptMixture? mixture = null)
    {
        mixture ??= new ScriptMixture();
        using SeededRandomSource random = new(seed, "script");
        return new RoundScript(Enumerable.Range(0, length).Select(_ => One(random, parties, mixture)).ToArray());
    }

    /// <summary>Puts a round through the operations and then runs it to its end.</summary>
    public void Play(SimulatedRound round)
    {
        ArgumentNullException.ThrowIfNull(round);
        foreach (RoundOperation operation in Operations)
        {
            Apply(operation, round);
        }

        round.RunToEnd();
    }

    /// <summary>Shorter scripts, the shortest first: each half, then each with one operation left out.</summary>
    public IEnumerable<RoundScript> Shorter()
    {
        int half = Operations.Length / 2;
        if (half > 0)
        {
            yield return new RoundScript(Operations.Take(half));
            yield return new RoundScript(Operations.Skip(half));
        }

        for (int i = 0; i < Operations.Length; i++)
        {
            yield return new RoundScript(Operations.RemoveAt(i));
        }
    }

    /// <summary>Shortens a failing script until no shorter one fails.</summary>
    /// <param name="fails">Whether a script still shows the failure.</param>
    public RoundScript Shrink(Func<RoundScript, bool> fails)
    {
        ArgumentNullException.ThrowIfNull(fails);
        RoundScript smallest = this;
        while (smallest.Shorter().FirstOrDefault(fails) is { } shorter)
        {
            smallest = shorter;
        }

        return smallest;
    }

    /// <summary>The operations as C# collection items, to be kept as a test.</summary>
    public override string ToString() => string.Join(", ", Operations.Select(Text));

    private static string Text(RoundOperation operation) =>
        operation switch
        {
            RoundOperation.Deliver deliver => $"Deliver({deliver.Pick})",
            RoundOperation.Lose lose => $"Lose({lose.Pick})",
            RoundOperation.Duplicate duplicate => $"Duplicate({duplicate.Pick})",
            RoundOperation.Disconnect gone => $"Disconnect({gone.Party})",
            RoundOperation.CrashClient gone => $"CrashClient({gone.Party})",
            _ => $"{operation.GetType().Name}()",
        };

    private static RoundOperation One(SeededRandomSource random, int parties, ScriptMixture mixture)
    {
        int roll = random.Next(1000);
        int pick = random.Next(1 << 16);
        return (roll -= mixture.Lose) < 0 ? new RoundOperation.Lose(pick)
            : (roll -= mixture.Duplicate) < 0 ? new RoundOperation.Duplicate(pick)
            : (roll -= mixture.EndPhase) < 0 ? new RoundOperation.EndPhase()
            : (roll -= mixture.Disconnect) < 0 ? new RoundOperation.Disconnect(pick % parties)
            : (roll -= mixture.CrashClient) < 0 ? new RoundOperation.CrashClient(pick % parties)
            : roll < mixture.CrashServer ? new RoundOperation.CrashServer()
            : new RoundOperation.Deliver(pick);
    }

    private static void Apply(RoundOperation operation, SimulatedRound round)
    {
        int inFlight = round.InFlight.Count;
        switch (operation)
        {
            case RoundOperation.Deliver deliver when inFlight > 0:
                round.Deliver(deliver.Pick % inFlight);
                break;
            case RoundOperation.Lose lose when inFlight > 0:
                round.Lose(lose.Pick % inFlight);
                break;
            case RoundOperation.Duplicate duplicate when inFlight > 0:
                round.Duplicate(duplicate.Pick % inFlight);
                break;
            case RoundOperation.EndPhase:
                round.EndPhase();
                break;
            case RoundOperation.Disconnect gone:
                round.Disconnect(gone.Party % round.Parties.Count);
                break;
            case RoundOperation.CrashClient gone:
                round.CrashClient(gone.Party % round.Parties.Count);
                break;
            case RoundOperation.CrashServer:
                round.CrashServer();
                break;
        }
    }
}
