using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using TestFederation = SecureFed.Tests.Shared.TestFederation;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>A random source that fails at any of its calls: the client has ended and every secret made so far is wiped.</summary>
public class FailingRandomTests
{
    private static readonly TestFederation s_five = TestFederation.Of(5);

    // spec 03-masking#client-3
    [Fact]
    public void A_random_source_that_fails_while_a_client_joins_or_deals_keeps_no_secret_alive()
    {
        (int join, int all) = CallsOfAnHonestClient();
        Assert.True(join > 0 && all > join, "joining and dealing both draw");
        for (int failing = 0; failing < all; failing++)
        {
            using MessageRound round = new(s_five, new RoundPlan());
            WatchingSuite suite = new();
            CountingSource random = new() { FailAt = failing };
            using MaskingClientSession session = Session(round, suite, random);
            List<SecretBytes> held = [];

            if (failing < join)
            {
                Assert.Throws<IOException>(() => session.Advance(new RoundEvent.Started()));
            }
            else
            {
                ReadOnlyMemory<byte> cohort = CohortFor(round, session);
                held = Inside.SecretsOf(session);
                Assert.NotEmpty(held);
                Assert.Throws<IOException>(() => session.Advance(new RoundEvent.Received(null, cohort)));
            }

            Assert.True(session.HasEnded);
            Assert.True(failing == 0 || suite.Pairs.Count > 0, "the source failed before anything was made");
            Assert.All(held.Concat(suite.Secrets), secret => Assert.True(secret.IsDisposed, $"at call {failing}"));
            Assert.All(suite.Pairs, pair => Assert.Throws<ObjectDisposedException>(() => pair.CopyPrivateKey()));
        }
    }

    private static (int Join, int All) CallsOfAnHonestClient()
    {
        using MessageRound round = new(s_five, new RoundPlan());
        WatchingSuite suite = new();
        CountingSource random = new();
        using MaskingClientSession session = Session(round, suite, random);
        ReadOnlyMemory<byte> cohort = CohortFor(round, session);
        int join = random.Calls;

        Step<ClientReceipt> dealt = session.Advance(new RoundEvent.Received(null, cohort));

        // The honest neighbour: it goes on, and what it needs later is alive.
        Assert.Equal(MessageType.EncryptedShares, Assert.Single(dealt.Send).Type);
        Assert.Contains(suite.Secrets, secret => !secret.IsDisposed);
        Assert.All(Inside.SecretsOf(session), secret => Assert.False(secret.IsDisposed));
        return (join, random.Calls);
    }

    /// <summary>Starts the session in the place of the round's own party 0 and brings it the cohort.</summary>
    private static ReadOnlyMemory<byte> CohortFor(MessageRound round, MaskingClientSession session)
    {
        round.Hook = sent => sent is { From: 0, Type: MessageType.KeyAdvertisement } ? [] : [sent];
        round.StartServer();
        round.ToServer(0, session.Advance(new RoundEvent.Started()).Send.Single().Bytes);
        return round.Take(MessageType.CohortAnnouncement, to: 0).Bytes;
    }

    private static MaskingClientSession Session(MessageRound round, ProtocolSuite suite, RandomSource random) =>
        new(
            new ClientSetup
            {
                Descriptor = round.Descriptor,
                Self = s_five.IdOf(0),
                Signer = s_five.Signers[0],
                Suite = suite,
                Random = random,
                Policy = new RoundOptions().DefaultPolicy(s_five, round.Descriptor),
                History = ClientHistory.Empty,
                ExpectedModel = round.Descriptor.ModelDigest,
                Update = round.UpdateOf(0),
            }
        );

    private sealed class CountingSource : RandomSource
    {
        private readonly SeededRandomSource _inner = new(99);

        public int FailAt { get; init; } = int.MaxValue;

        public int Calls { get; private set; }

        public override void Fill(Span<byte> destination)
        {
            if (Calls++ == FailAt)
            {
                throw new IOException("the generator is gone");
            }

            _inner.Fill(destination);
        }
    }

    /// <summary>The platform's suite; keeps every key pair and secret that it handed out.</summary>
    private sealed class WatchingSuite() : ForwardingSuite(P256Suite.Instance)
    {
        public List<AgreementKeyPair> Pairs { get; } = [];

        public List<SecretBytes> Secrets { get; } = [];

        public override AgreementKeyPair GenerateKeyPair(RandomSource random)
        {
            AgreementKeyPair pair = base.GenerateKeyPair(random);
            Pairs.Add(pair);
            return pair;
        }

        public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey)
        {
            SecretBytes? secret = base.TryAgree(own, peerPublicKey);
            Secrets.AddRange(secret is null ? [] : [secret]);
            return secret;
        }

        public override SecretBytes DeriveKey(SecretBytes inputKey, ReadOnlySpan<byte> info)
        {
            SecretBytes key = base.DeriveKey(inputKey, info);
            Secrets.Add(key);
            return key;
        }

        public override SecretBytes[] Split(SecretBytes secret, int threshold, int holderCount, RandomSource random)
        {
            SecretBytes[] shares = base.Split(secret, threshold, holderCount, random);
            Secrets.AddRange(shares);
            return shares;
        }
    }
}
