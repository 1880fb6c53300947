using System.Collections.Immutable;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rows;

/// <summary>Everything one client sends in a round, in bytes, by encoding real messages.</summary>
internal sealed class UploadRow : BenchmarkRow
{
    private const int Length = 1_000_000;
    private const int Participants = 1000;
    private const int Neighbours = 48;
    private const int NeighboursOfOthers = 50;
    private const double LimitInBytes = 3_300_000 + 12_000;

    public override string Name => "upload";

    public override string What =>
        "all messages of one client in one round, as encoded bytes: 1M values of 16 bits, n = 1,000, shares for 48 parties";

    public override string Target => "≤ 3.3 MB + 12 KB";

    public override BenchmarkResult Run()
    {
        // 16-bit values: |x| ≤ 32,767. The ring then has 26 bits, so that 1,000 of them cannot wrap.
        UpdateEncoding encoding = UpdateEncoding.Create(
            Length,
            Participants,
            clipNorm: 32_767.0 / 32_768.0,
            fractionBits: 15
        );
        int ours = EncodedSizes(encoding, Neighbours).Sum();
        int[] parts = EncodedSizes(encoding, Neighbours);
        return new(ours <= LimitInBytes, Ratio: null, ours, "bytes")
        {
            Details = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["ringBits"] = encoding.RingBits,
                ["keyAdvertisement"] = parts[0],
                ["encryptedShares"] = parts[1],
                ["maskedInput"] = parts[2],
                ["consistencySignature"] = parts[3],
                ["unmaskShares"] = parts[4],
                ["totalWithSharesFor50"] = EncodedSizes(encoding, NeighboursOfOthers).Sum(),
            },
            Note =
                "the protocol deals to the whole cohort up to 256 parties and to the neighbours of a sparse graph above; the row counts the shares of a graph of degree 48 (and 50), the degree others report",
        };
    }

    private static int[] EncodedSizes(UpdateEncoding encoding, int holders)
    {
        ProtocolSuite suite = P256Suite.Instance;
        Digest session = Digest.Of("benchmark"u8);
        byte[] signature = new byte[suite.SignatureSizeInBytes];
        PartySet everyone = PartySet.Of(Participants, Enumerable.Range(0, Participants).Select(index => (ushort)index));
        PartySet dealers = PartySet.Of(Participants, Enumerable.Range(0, holders).Select(index => (ushort)index));
        using AgreementKeyPair channel = suite.GenerateKeyPair(SystemRandomSource.Instance);
        using AgreementKeyPair mask = suite.GenerateKeyPair(SystemRandomSource.Instance);

        byte[] ciphertext = new byte[SealedShare.PlaintextSizeInBytes + suite.SealTagSizeInBytes];
        ImmutableArray<DealtShare> dealt =
        [
            .. Enumerable.Range(0, holders).Select(_ => new DealtShare(session, session, ciphertext)),
        ];
        ImmutableArray<RevealedShare> revealed =
        [
            .. Enumerable
                .Range(0, holders)
                .Select(_ => new RevealedShare(
                    new byte[RevealedShare.ShareSizeInBytes],
                    new byte[RevealedShare.SaltSizeInBytes]
                )),
        ];
        byte[] packed = RingPacking.Pack(new RingVector(encoding.Ring, encoding.RingLength));

        ProtocolMessage[] messages =
        [
            new ProtocolMessage.KeyAdvertisement(session, 0, channel.PublicKey, mask.PublicKey, session, signature),
            new ProtocolMessage.EncryptedShares(session, 0, dealt, signature),
            new ProtocolMessage.MaskedInput(session, 0, everyone, [], packed, signature),
            new ProtocolMessage.ConsistencySignature(session, 0, everyone, everyone, signature),
            new ProtocolMessage.UnmaskShares(session, 0, everyone, dealers, revealed, signature),
        ];
        return [.. messages.Select(message => MessageCodec.Encode(message).Length)];
    }
}
