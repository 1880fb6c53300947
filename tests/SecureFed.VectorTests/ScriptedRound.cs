using System.Collections.Immutable;
using System.Numerics;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.VectorTests;

/// <summary>The library's sessions under a script: its keys, its random bytes, its fixed signatures.</summary>
internal sealed class ScriptedRound : IDisposable
{
    private readonly RoundVector _round;
    private readonly RefusalVector? _refusal;
    private readonly RoundDescriptor _descriptor;
    private readonly Dictionary<string, string> _messages;
    private readonly Dictionary<string, byte[]> _signatures = new(StringComparer.Ordinal);
    private readonly ClientSession?[] _clients;
    private readonly ScriptedBytes?[] _random;
    private readonly MaskingServerSession _server;

    public ScriptedRound(RoundVector round, RefusalVector? refusal = null)
    {
        (_round, _refusal) = (round, refusal);
        _descriptor = ReadDescriptor(round.Descriptor);
        _messages = new(round.Messages, StringComparer.Ordinal);
        LearnSignatures(round.Messages.Values);
        if (refusal is not null)
        {
            LearnSignatures(refusal.Messages.Values);
        }

        _clients = new ClientSession?[round.Parties.Length];
        _random = new ScriptedBytes?[round.Parties.Length];
        _server = new MaskingServerSession(new ServerSetup { Descriptor = _descriptor, Suite = P256Suite.Instance });
    }

    public void Play(StepVector step, Dictionary<string, string>? messages = null)
    {
        Dictionary<string, string> known = messages ?? _messages;
        byte[]? message = step.Message is { } name ? Convert.FromHexString(known[name]) : null;
        if (step.Party is { } party)
        {
            ClientSession client = _clients[party] ??= Client(party);
            RoundEvent happened = step.Event switch
            {
                "start" => new RoundEvent.Started(),
                "message" => new RoundEvent.Received(null, message!),
                "deadline" => new RoundEvent.PhaseEnded(client.Phase),
                _ => throw new VectorFileException($"No event is called '{step.Event}'."),
            };
            Step<ClientReceipt> taken = client.Advance(happened);
            Compare(step, known, taken.Send, taken.Faults, taken.StoreFirst);
            Assert.Equal(Expected(step.Ended), Found(taken.Ended));
        }
        else
        {
            RoundEvent happened = step.Event switch
            {
                "start" => new RoundEvent.Started(),
                "message" => new RoundEvent.Received(ParticipantId.Parse($"site-{step.From}"), message!),
                "deadline" => new RoundEvent.PhaseEnded(_server.Phase),
                _ => throw new VectorFileException($"No event is called '{step.Event}'."),
            };
            Step<AggregateResult> taken = _server.Advance(happened);
            Compare(step, known, taken.Send, taken.Faults, taken.StoreFirst);
            Assert.Equal(Expected(step.Ended), Found(taken.Ended));
        }
    }

    /// <summary>Every random byte that the script gives an honest client, and no other, was drawn.</summary>
    public void AssertEverythingDrawn()
    {
        for (int party = 0; party < _random.Length; party++)
        {
            if (_random[party] is { } random && _round.Messages.ContainsKey($"EncryptedShares {party}"))
            {
                random.AssertDrawn(_round.ShareTreeRoots.Length);
            }
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (ClientSession? client in _clients)
        {
            client?.Dispose();
        }
    }

    private static RoundDescriptor ReadDescriptor(string hex) =>
        (
            (ProtocolMessage.RoundInvitation?)
                MessageCodec
                    .Decode(Convert.FromHexString($"53460101{new string('1', 64)}{hex}"), MessageLimits.Default)
                    .Message
            ?? throw new VectorFileException("A descriptor is malformed.")
        ).Descriptor;

    // The content that a signature is over follows from its message; the sessions must ask for exactly that.
    private void LearnSignatures(IEnumerable<string> messages)
    {
        foreach (string hex in messages)
        {
            if (
                MessageCodec.Decode(Convert.FromHexString(hex), MessageLimits.For(_descriptor)).Message
                is not ProtocolMessage.FromClient message
            )
            {
                continue;
            }

            byte[] content;
            if (message is ProtocolMessage.EncryptedShares)
            {
                if (message.Sender >= _round.ShareTreeRoots.Length)
                {
                    continue;
                }

                Digest root = Digest.FromBytes(Convert.FromHexString(_round.ShareTreeRoots[message.Sender]));
                content = MessageCodec.SignedContentOfShares(message.Session, message.Sender, root);
            }
            else
            {
                content = MessageCodec.SignedContent(message);
            }

            _signatures.TryAdd($"{message.Sender} {Convert.ToHexString(content)}", message.Signature.ToArray());
        }
    }

    private ClientSession Client(int party)
    {
        PartyVector vector = _round.Parties[party];
        RoundDescriptor descriptor = _refusal?.Descriptor is { } other ? ReadDescriptor(other) : _descriptor;
        PolicyVector? policy = _refusal?.Policy;
        _random[party] = new ScriptedBytes([
            .. Convert.FromHexString(vector.ChannelKey),
            .. Convert.FromHexString(vector.MaskKey),
            .. Convert.FromHexString(vector.Seed),
            .. Convert.FromHexString(vector.MaskKeyPolynomial),
            .. Convert.FromHexString(vector.SeedPolynomial),
            .. Convert.FromHexString(vector.Salts),
        ]);
        return new MaskingClientSession(
            new ClientSetup
            {
                Descriptor = descriptor,
                Self = ParticipantId.Parse(vector.Name),
                Signer = new ScriptedSigner(party, _descriptor.Roster[party].SigningKey, _signatures),
                Suite = P256Suite.Instance,
                Random = _random[party]!,
                Policy = new ClientPolicy
                {
                    PinnedRoster = _descriptor.Roster,
                    Federation = "vectors",
                    MinimumCohort = policy?.MinimumCohort ?? 2,
                    MinimumCohortForMetrics = 2,
                    MinimumEffectiveCohort = policy?.MinimumEffectiveCohort ?? 1,
                    CollusionBoundAtLeast = policy?.CollusionBoundAtLeast ?? 0,
                    AcceptedSuites = policy?.AcceptedSuites is { } suites
                        ? [.. suites.Select(suite => (SuiteId)suite)]
                        : [SuiteId.P256A256V1],
                    WithoutPrivacyNoise =
                        policy?.WithoutPrivacyNoise == false ? LocalConsent.Refused : LocalConsent.Given("vectors"),
                },
                History = _refusal?.History is { } history
                    ? ClientHistory.FromRecords(
                        history.Select(record => new DurableRecord(
                            (DurableRecordKind)record.Kind,
                            Digest.FromBytes(Convert.FromHexString(record.Session)),
                            Convert.FromHexString(record.Content)
                        ))
                    )
                    : ClientHistory.Empty,
                ExpectedModel = _descriptor.ModelDigest,
                Update = Update(vector),
            }
        );
    }

    private EncodedUpdate Update(PartyVector vector)
    {
        UpdateEncoding encoding = DescriptorRules.EncodingOf(_descriptor);
        MetricValues zeros = encoding.Metrics.Aggregate(
            MetricValues.None,
            (metrics, block) => metrics.With(block.Name, new double[block.Count])
        );
        EncodedUpdate update = EncodedUpdate.Encode(
            ClippedUpdate.Clip(LocalUpdate.Create(new float[encoding.Length]), encoding),
            SystemRandomSource.Instance,
            zeros
        );
        Assert.Equal(encoding.RingLength, vector.Input.Length);
        for (int i = 0; i < vector.Input.Length; i++)
        {
            BigInteger modulus = BigInteger.One << encoding.RingBits;
            BigInteger element = ((BigInteger.Parse(vector.Input[i]) % modulus) + modulus) % modulus;
            if (update.Values.Ring.LaneBits == 32)
            {
                update.Values.NarrowLanes[i] = (uint)element;
            }
            else
            {
                update.Values.WideLanes[i] = (ulong)element;
            }
        }

        return update;
    }

    private void Compare(
        StepVector step,
        Dictionary<string, string> messages,
        ImmutableArray<OutgoingMessage> sent,
        ImmutableArray<PeerFault> faults,
        DurableRecord? stored
    )
    {
        Assert.Equal(
            step.Sends.Select(send => (send.To.PartyOrServer(), messages[send.Message])),
            sent.Select(message => (IndexOf(message.To), Convert.ToHexStringLower(message.Bytes.Span)))
        );
        Assert.Equal(
            step.Faults.Select(fault => (fault.Peer.PartyOrServer(), (PeerFaultKind)fault.Kind, fault.About)),
            faults.Select(fault => (IndexOf(fault.Who), fault.Kind, IndexOf(fault.About)))
        );
        Assert.Equal(
            step.Store is { } store ? $"{store.Kind} {store.Session} {store.ContentDigest}" : null,
            stored is null
                ? null
                : $"{(int)stored.Kind} {Lower(stored.Session)} {Lower(Digest.Of(stored.Content.Span))}"
        );
    }

    private static string Expected(EndVector? ended) =>
        ended switch
        {
            null => "goes on",
            { Aborted: { } reason } => $"aborted {(AbortReason)reason}: {string.Join(',', ended.Named ?? [])}",
            { Sum: { } sum } => $"sum {string.Join(',', ended.Survivors ?? [])}: {string.Join(' ', sum)}",
            _ => $"result {string.Join(',', ended.Survivors ?? [])}: {ended.SumDigest}",
        };

    private string Found<TResult>(RoundEnding<TResult>? ended) =>
        ended switch
        {
            null => "goes on",
            RoundEnding<TResult>.Aborted aborted =>
                $"aborted {aborted.Reason}: {string.Join(',', aborted.Named.Select(id => IndexOf(id)))}",
            RoundEnding<TResult>.Completed { Result: AggregateResult result } =>
                $"sum {string.Join(',', result.Survivors.Select(id => IndexOf(id)))}: {string.Join(' ', Signed(result.Sum))}",
            RoundEnding<TResult>.Completed { Result: ClientReceipt receipt } =>
                $"result {string.Join(',', receipt.Survivors.Select(id => IndexOf(id)))}: {Lower(receipt.SumDigest)}",
            _ => throw new VectorFileException("An ending of another kind."),
        };

    private static IEnumerable<BigInteger> Signed(RingSum sum)
    {
        int bits = sum.Values.Ring.Bits;
        for (int i = 0; i < sum.Values.Length; i++)
        {
            BigInteger element = sum.Values[i];
            yield return element >> (bits - 1) == 0 ? element : element - (BigInteger.One << bits);
        }
    }

    // Parties outside the roster are called as the roster's are.
    private static int? IndexOf(ParticipantId? id) =>
        id is { } named
            ? int.Parse(named.ToString()["site-".Length..], System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static string Lower(Digest digest) => Convert.ToHexStringLower(digest.ToArray());

    /// <summary>Gives the signature that the vectors have for a content, and for no other.</summary>
    private sealed class ScriptedSigner(
        int party,
        ReadOnlyMemory<byte> publicKey,
        IReadOnlyDictionary<string, byte[]> signatures
    ) : ISigner
    {
        public ReadOnlyMemory<byte> PublicKey => publicKey;

        public byte[] Sign(ReadOnlySpan<byte> message) =>
            signatures.TryGetValue($"{party} {Convert.ToHexString(message)}", out byte[]? signature)
                ? signature
                : throw new VectorFileException($"Party {party} signs content that the vectors do not have.");
    }

    /// <summary>The script's random bytes, once, in the order in which the library draws them.</summary>
    private sealed class ScriptedBytes(byte[] bytes) : RandomSource
    {
        private int _drawn;

        public override void Fill(Span<byte> destination)
        {
            if (_drawn + destination.Length > bytes.Length)
            {
                throw new VectorFileException("More random bytes are drawn than the vectors have.");
            }

            bytes.AsSpan(_drawn, destination.Length).CopyTo(destination);
            _drawn += destination.Length;
        }

        // Salts are there for every enrolled party; those of parties outside the cohort stay undrawn.
        public void AssertDrawn(int holders) => Assert.InRange(bytes.Length - _drawn, 0, bytes.Length - (32 * holders));
    }
}
