using System.Collections.Immutable;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.Tests.Shared;

/// <summary>What differs between the parties of a test round. Every function takes the party's index.</summary>
internal sealed record RoundOptions
{
    /// <summary>Keys, seeds and shares follow from it; the same seed gives the same K.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The descriptor a client sees; default: the server's.</summary>
    public Func<int, RoundDescriptor>? DescriptorFor { get; init; }

    public Func<int, ClientPolicy>? PolicyFor { get; init; }

    public Func<int, ClientHistory>? HistoryFor { get; init; }

    public Func<int, Digest>? ExpectedModelFor { get; init; }

    /// <summary>float[d]; default: a small pattern that differs between parties.</summary>
    public Func<int, float[]>? ValuesFor { get; init; }

    public Func<int, long>? WeightFor { get; init; }

    /// <summary>What a party measured; default: nothing.</summary>
    public Func<int, MetricValues>? MetricsFor { get; init; }

    /// <summary>Changes the encoded update behind the library's back: a malicious client.</summary>
    public Action<int, RingVector>? Corrupt { get; init; }

    /// <summary>The plan the updates are encoded for; default: the round's.</summary>
    public Func<int, UpdateEncoding>? EncodingFor { get; init; }

    /// <summary>Samples noise in layers, for plans that have it.</summary>
    public NoiseSampling? Sampling { get; init; }

    public ClientPolicy DefaultPolicy(TestFederation federation, RoundDescriptor descriptor) =>
        new()
        {
            PinnedRoster = federation.Roster,
            Federation = "test",
            WithoutPrivacyNoise = LocalConsent.Given("test data"),
            Unprotected =
                descriptor.Scheme == SchemeKind.Unprotected ? LocalConsent.Given("test data") : LocalConsent.Refused,
        };
}

/// <summary>A message under way.</summary>
/// <param name="From">The sending party; null is the server.</param>
/// <param name="To">The receiving party; null is the server.</param>
/// <param name="Type">What it is.</param>
/// <param name="Bytes">The bytes as sent.</param>
internal sealed record Delivery(int? From, int? To, MessageType Type, ReadOnlyMemory<byte> Bytes)
{
    public Delivery With(ProtocolMessage message) => this with { Type = message.Type, Bytes = Forge.Bytes(message) };
}
