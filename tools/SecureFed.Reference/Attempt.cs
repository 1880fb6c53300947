using System.Numerics;
using System.Security.Cryptography;

namespace SecureFed.Reference;

/// <summary>The messages of one attempt on the complete graph, each from its definition. spec 03-masking, 05-transport</summary>
internal sealed class Attempt(Descriptor descriptor, IReadOnlyList<Party> parties)
{
    private const int TagSize = 16;
    private int[] _cohort = [];

    public Descriptor Descriptor { get; } = descriptor;

    public byte[] D { get; } = descriptor.Digest();

    /// <summary>K, once the cohort is fixed.</summary>
    public byte[] K { get; private set; } = [];

    public int Count => parties.Count;

    /// <summary>What a malicious dealer sends a holder in place of sealed shares.</summary>
    public Dictionary<(int Dealer, int Holder), byte[]> Rubbish { get; } = [];

    public byte[] Invitation() => Server(1, D, new Bytes().Raw(Descriptor.Encode()));

    public byte[] Advertisement(int party) => Signed(2, D, party, Keys(party));

    public byte[] CohortAnnouncement(IEnumerable<int> cohort) =>
        CohortAnnouncement(cohort.Select(party => Advertisement(party)[36..]));

    /// <summary>From the bodies of the advertisements.</summary>
    public byte[] CohortAnnouncement(IEnumerable<byte[]> entries)
    {
        byte[][] all = [.. entries];
        Bytes body = new Bytes().U16(all.Length);
        foreach (byte[] entry in all)
        {
            body.Raw(entry);
        }

        return Server(3, D, body);
    }

    /// <summary>Fixes U1 and with it K. spec 05-transport#digests-3</summary>
    public void FixCohort(int[] cohort)
    {
        _cohort = cohort;
        Bytes bytes = new Bytes().Label("cohort").Raw(D).U16(cohort.Length);
        foreach (int party in cohort)
        {
            bytes.U16(party).Raw(Keys(party).ToArray());
        }

        K = bytes.Hash();
    }

    public byte[] EncryptedShares(int dealer)
    {
        Bytes body = new Bytes().U16(_cohort.Length);
        foreach (int holder in _cohort)
        {
            body.Raw(DealtShare(dealer, holder));
        }

        return Signed(4, K, dealer, body, Tree(dealer).Root);
    }

    public byte[] ShareDelivery(int receiver, int[] sharers)
    {
        Bytes body = new Bytes().U16(receiver).Set(Count, sharers).U16(sharers.Length - 1);
        foreach (int dealer in sharers.Where(dealer => dealer != receiver))
        {
            body.Raw(Envelope(dealer, receiver));
        }

        return Server(5, K, body);
    }

    public byte[] Envelope(int dealer, int receiver)
    {
        byte[][] path = Tree(dealer).Path(Array.IndexOf(_cohort, receiver));
        Bytes envelope = new Bytes().U16(dealer).Raw(DealtShare(dealer, receiver)).U8(path.Length);
        foreach (byte[] node in path)
        {
            envelope.Raw(node);
        }

        return envelope.Raw(EncryptedShares(dealer)[^64..]).ToArray();
    }

    public byte[] MaskedInput(int party, int[] sharers, params (int Dealer, int Kind)[] complaints)
    {
        Bytes body = new Bytes().Set(Count, sharers).U16(complaints.Length);
        foreach ((int dealer, int kind) in complaints)
        {
            body.U16(dealer).U16(kind);
        }

        byte[] packed = Pack(Masked(party, sharers));
        return Signed(6, K, party, body.U32(packed.Length).Raw(packed));
    }

    public byte[] SurvivorAnnouncement(IEnumerable<int> survivors) => Server(7, K, new Bytes().Set(Count, survivors));

    public byte[] ConsistencySignature(int party, IEnumerable<int> sharers, IEnumerable<int> survivors) =>
        Signed(8, K, party, new Bytes().Set(Count, sharers).Set(Count, survivors));

    public byte[] UnmaskRequest(int[] sharers, int[] survivors, int[] signers) =>
        UnmaskRequest(
            survivors,
            [.. signers.Select(signer => (signer, ConsistencySignature(signer, sharers, survivors)[^64..]))]
        );

    public byte[] UnmaskRequest(IEnumerable<int> survivors, (int Signer, byte[] Signature)[] signatures)
    {
        Bytes body = new Bytes().Set(Count, survivors).U16(signatures.Length);
        foreach ((int signer, byte[] signature) in signatures)
        {
            body.U16(signer).Raw(signature);
        }

        return Server(9, K, body);
    }

    public byte[] UnmaskShares(int party, int[] sharers, int[] survivors, int[]? dealers = null)
    {
        dealers ??= sharers;
        Bytes body = new Bytes().Set(Count, survivors).Set(Count, dealers);
        foreach (int dealer in dealers)
        {
            int kind = survivors.Contains(dealer) ? Registry.SeedShare : Registry.MaskKeyShare;
            body.Raw(Share(dealer, party, kind)).Raw(Salt(dealer, party, kind));
        }

        // No round of these vectors has noise in layers.
        return Signed(10, K, party, body.Short([]));
    }

    public byte[] ResultAnnouncement(int[] survivors) =>
        Server(11, K, new Bytes().Set(Count, survivors).Raw(SHA256.HashData(Pack(Sum(survivors)))));

    public byte[] RoundAborted(byte[] session, int reason, IEnumerable<int> named) =>
        Server(12, session, new Bytes().U16(reason).Set(Count, named));

    public byte[] Withdrawal(byte[] session, int party, int reason, IEnumerable<int> named) =>
        Signed(13, session, party, new Bytes().U16(reason).Set(Count, named));

    /// <summary>Header, sender, body, signature. spec 05-transport#signing-1, signing-2</summary>
    public byte[] Signed(
        int type,
        byte[] session,
        int sender,
        Bytes body,
        byte[]? bodyDigest = null,
        int? signer = null
    )
    {
        byte[] header = Header(type, session);
        byte[] content = new Bytes()
            .Label("signature")
            .Raw(header)
            .U16(sender)
            .Raw(bodyDigest ?? body.Hash())
            .ToArray();
        byte[] signature = P256.Sign(parties[signer ?? sender].SigningKey, content);
        return new Bytes().Raw(header).U16(sender).Raw(body.ToArray()).Raw(signature).ToArray();
    }

    /// <summary>Channel key, mask key, commitment: what K covers of a party. spec 05-transport#digests-4</summary>
    public Bytes Keys(int party, byte[]? channel = null, byte[]? mask = null) =>
        new Bytes()
            .Short(channel ?? parties[party].ChannelPublicKey)
            .Short(mask ?? parties[party].MaskPublicKey)
            .Raw(new Bytes().Label("seed commitment").Raw(D).U16(party).Raw(parties[party].Seed).Hash());

    /// <summary>The sum of the inputs, modulo 2^b. spec 06-security#law-3</summary>
    public BigInteger[] Sum(IEnumerable<int> survivors)
    {
        BigInteger[] sum = new BigInteger[Descriptor.RingLength];
        foreach (int party in survivors)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += parties[party].Input[i];
            }
        }

        return sum;
    }

    /// <summary>spec 01-updates#packing-1: the little-endian form of Σ e_i · 2^(i·b).</summary>
    public byte[] Pack(BigInteger[] elements)
    {
        BigInteger all = BigInteger.Zero;
        for (int i = 0; i < elements.Length; i++)
        {
            all += Reduce(elements[i]) << (i * Descriptor.RingBits);
        }

        byte[] packed = new byte[((elements.Length * Descriptor.RingBits) + 7) / 8];
        all.ToByteArray(isUnsigned: true).CopyTo(packed, 0);
        return packed;
    }

    /// <summary>spec 03-masking#masks-1</summary>
    public BigInteger[] Masked(int party, int[] sharers)
    {
        BigInteger[] masked = [.. parties[party].Input];
        Apply(masked, DerivedKey(parties[party].Seed, Registry.SelfMask, party, party), 1);
        foreach (int peer in sharers.Where(peer => peer != party))
        {
            byte[] secret = P256.Agree(parties[party].MaskKey, parties[peer].MaskPublicKey);
            byte[] key = DerivedKey(secret, Registry.PairMask, Math.Min(party, peer), Math.Max(party, peer));
            Apply(masked, key, party < peer ? 1 : -1);
        }

        return [.. masked.Select(Reduce)];
    }

    /// <summary>The digest of the survivor sets. spec 05-transport#digests-6</summary>
    public byte[] SurvivorSets(IEnumerable<int> sharers, IEnumerable<int> survivors) =>
        new Bytes().Label("survivor sets").Raw(K).Set(Count, sharers).Set(Count, survivors).Hash();

    public byte[] RootOf(int dealer) => Tree(dealer).Root;

    private static byte[] Server(int type, byte[] session, Bytes body) => [.. Header(type, session), .. body.ToArray()];

    private static byte[] Header(int type, byte[] session) =>
        new Bytes().U8('S').U8('F').U8(1).U8(type).Raw(session).ToArray();

    private BigInteger Reduce(BigInteger value)
    {
        BigInteger modulus = BigInteger.One << Descriptor.RingBits;
        return ((value % modulus) + modulus) % modulus;
    }

    // spec 03-masking#keystream-1, keystream-2
    private void Apply(BigInteger[] vector, byte[] key, int sign)
    {
        int width = Descriptor.RingBits <= 32 ? 4 : 8;
        byte[] stream = new byte[(((vector.Length * width) + 15) / 16) * 16];
        using Aes aes = Aes.Create();
        aes.Key = key;
        for (int block = 0; block < stream.Length / 16; block++)
        {
            byte[] counter = new byte[16];
            counter[15] = (byte)block;
            aes.EncryptEcb(counter, PaddingMode.None).CopyTo(stream, 16 * block);
        }

        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] += sign * new BigInteger(stream.AsSpan(i * width, width), isUnsigned: true);
        }
    }

    // spec 05-transport#key-labels-1
    private byte[] DerivedKey(byte[] input, int purpose, int first, int second) =>
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            input,
            32,
            salt: [],
            new Bytes().Label("derived key").U16(Descriptor.Suite).Raw(K).U8(purpose).U16(first).U16(second).ToArray()
        );

    private byte[] Share(int dealer, int holder, int kind)
    {
        int x = 1 + Array.IndexOf(_cohort, holder);
        Party party = parties[dealer];
        return kind == Registry.MaskKeyShare
            ? Sharing.ShareAt(party.MaskKey, party.MaskKeyPolynomial, x)
            : Sharing.ShareAt(party.SharedSeed, party.SeedPolynomial, x);
    }

    private byte[] Salt(int dealer, int holder, int kind)
    {
        int place = Array.IndexOf(_cohort, holder) + (kind == Registry.SeedShare ? _cohort.Length : 0);
        return parties[dealer].Salts[(16 * place)..(16 * (place + 1))];
    }

    // spec 05-transport#digests-5
    private byte[] Commitment(int dealer, int holder, int kind) =>
        new Bytes()
            .Label("share commitment")
            .U8(kind)
            .Raw(K)
            .U16(dealer)
            .U16(holder)
            .Raw(Share(dealer, holder, kind))
            .Raw(Salt(dealer, holder, kind))
            .Hash();

    private byte[] DealtShare(int dealer, int holder) =>
        new Bytes()
            .Raw(Commitment(dealer, holder, Registry.MaskKeyShare))
            .Raw(Commitment(dealer, holder, Registry.SeedShare))
            .Short(Ciphertext(dealer, holder))
            .ToArray();

    // spec 03-masking#sealing-1, sealing-2; 05-transport#sealed-share-1
    private byte[] Ciphertext(int dealer, int holder)
    {
        if (dealer == holder)
        {
            return [];
        }

        if (Rubbish.TryGetValue((dealer, holder), out byte[]? rubbish))
        {
            return rubbish;
        }

        byte[] plaintext = new Bytes()
            .U16(dealer)
            .U16(holder)
            .Raw(Share(dealer, holder, Registry.MaskKeyShare))
            .Raw(Salt(dealer, holder, Registry.MaskKeyShare))
            .Raw(Share(dealer, holder, Registry.SeedShare))
            .Raw(Salt(dealer, holder, Registry.SeedShare))
            .ToArray();
        byte[] secret = P256.Agree(parties[dealer].ChannelKey, parties[holder].ChannelPublicKey);
        byte[] sealedShare = new byte[plaintext.Length];
        byte[] tag = new byte[TagSize];
        using AesGcm gcm = new(DerivedKey(secret, Registry.ShareSealing, dealer, holder), TagSize);
        gcm.Encrypt(
            new byte[12],
            plaintext,
            sealedShare,
            tag,
            new Bytes().Label("sealed share").U16(Descriptor.Suite).Raw(K).U16(dealer).U16(holder).ToArray()
        );
        return [.. sealedShare, .. tag];
    }

    private ShareTree Tree(int dealer) =>
        new([
            .. _cohort.Select(holder =>
                new Bytes()
                    .U8(0)
                    .Label("share leaf")
                    .Raw(K)
                    .U16(dealer)
                    .U16(holder)
                    .Raw(Commitment(dealer, holder, Registry.MaskKeyShare))
                    .Raw(Commitment(dealer, holder, Registry.SeedShare))
                    .Raw(SHA256.HashData(Ciphertext(dealer, holder)))
                    .Hash()
            ),
        ]);

    /// <summary>The tree of RFC 6962 by its recursive definition. spec 05-transport#share-tree-1 to share-tree-4</summary>
    private sealed class ShareTree(byte[][] leaves)
    {
        public byte[] Root => RootOf(leaves);

        public byte[][] Path(int index) => PathOf(leaves, index);

        private static byte[] RootOf(byte[][] leaves)
        {
            if (leaves.Length == 1)
            {
                return leaves[0];
            }

            int left = LeftSize(leaves.Length);
            return new Bytes().U8(1).Label("share node").Raw(RootOf(leaves[..left])).Raw(RootOf(leaves[left..])).Hash();
        }

        private static byte[][] PathOf(byte[][] leaves, int index)
        {
            if (leaves.Length == 1)
            {
                return [];
            }

            int left = LeftSize(leaves.Length);
            return index < left
                ? [.. PathOf(leaves[..left], index), RootOf(leaves[left..])]
                : [.. PathOf(leaves[left..], index - left), RootOf(leaves[..left])];
        }

        private static int LeftSize(int count)
        {
            int size = 1;
            while (2 * size < count)
            {
                size *= 2;
            }

            return size;
        }
    }
}
