using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Looks into sessions: fingerprints, the secrets they hold, and the keys a malicious dealer would use.</summary>
internal static class Inside
{
    private const BindingFlags AnyField = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>Every secret that the session's state reaches now.</summary>
    public static List<SecretBytes> SecretsOf(ClientSession session)
    {
        List<SecretBytes> found = [];
        Walk(StateOf(session), new HashSet<object>(ReferenceEqualityComparer.Instance), found);
        return found;
    }

    public static ClientPhase StateOf(ClientSession session) =>
        (ClientPhase)typeof(MaskingClientSession).GetField("_state", AnyField)!.GetValue(session)!;

    /// <summary>The client ended its part: only a withdrawal left it, and every secret it held is wiped.</summary>
    public static void AssertLeft(Step<ClientReceipt> step, IReadOnlyCollection<SecretBytes> secretsBefore)
    {
        Assert.IsType<RoundEnding<ClientReceipt>.Aborted>(step.Ended);
        Assert.Equal(MessageType.ClientWithdrawal, Assert.Single(step.Send).Type);
        Assert.Null(step.StoreFirst);
        Assert.NotEmpty(secretsBefore);
        Assert.All(secretsBefore, secret => Assert.True(secret.IsDisposed, "a secret outlived the session"));
    }

    /// <summary>A message that is refused as a fault: nothing is stored, nothing is sent, nothing ends.</summary>
    public static void AssertFault<T>(Step<T> step, PeerFaultKind kind)
    {
        Assert.Equal(kind, Assert.Single(step.Faults).Kind);
        Assert.Null(step.StoreFirst);
        Assert.Empty(step.Send);
        Assert.Null(step.Ended);
    }

    private static SecretBytes SealingKeyOf(ChannelKeys channels, int holder)
    {
        FieldInfo field = typeof(ChannelKeys).GetField("_keys", AnyField)!;
        return ((Dictionary<ushort, (SecretBytes To, SecretBytes From)>)field.GetValue(channels)!)[(ushort)holder].To;
    }

    public static AbortReason? ReasonOf<T>(RoundEnding<T>? ending) =>
        ending is RoundEnding<T>.Aborted aborted ? aborted.Reason : null;

    public static ReadOnlyMemory<byte> FreshKey(int seed = 77)
    {
        using AgreementKeyPair pair = P256Suite.Instance.GenerateKeyPair(new SeededRandomSource(seed));
        return pair.PublicKey.ToArray();
    }

    /// <summary>What a dealer sends whose shares for these holders lie on no common polynomial, each with a valid commitment and seal.</summary>
    public static ProtocolMessage.EncryptedShares DealInconsistently(
        MessageRound round,
        int dealer,
        ProtocolMessage.EncryptedShares honest,
        params int[] holders
    )
    {
        ClientPhase.AwaitingShares state = (ClientPhase.AwaitingShares)StateOf(round.Clients[dealer]);
        SeededRandomSource random = new(4711);
        return Redeal(
            round,
            dealer,
            honest,
            (holder, share) =>
            {
                if (!holders.Contains(holder))
                {
                    return share;
                }

                using HeldShare pair = new(
                    SecretBytes.Generate(RevealedShare.ShareSizeInBytes, random),
                    SecretBytes.Generate(RevealedShare.SaltSizeInBytes, random),
                    SecretBytes.Generate(RevealedShare.ShareSizeInBytes, random),
                    SecretBytes.Generate(RevealedShare.SaltSizeInBytes, random)
                );
                return Seal(state, dealer, holder, pair);
            }
        );
    }

    /// <summary>What a dealer sends who changes single entries and signs the result.</summary>
    public static ProtocolMessage.EncryptedShares Redeal(
        MessageRound round,
        int dealer,
        ProtocolMessage.EncryptedShares honest,
        Func<int, DealtShare, DealtShare> change
    )
    {
        ushort[] holders = [.. StateOf(round.Clients[dealer]).FixedCohort!.Members.Members];
        ImmutableArray<DealtShare> shares =
        [
            .. honest.Shares.Select((share, position) => change(holders[position], share)),
        ];
        return Forge.Shares(round.Federation.Signers[dealer], honest.Session, honest.Sender, holders, shares);
    }

    public static DealtShare Unreadable(DealtShare share) =>
        share with
        {
            Ciphertext = Forge.FlipBit(share.Ciphertext, 13),
        };

    private static DealtShare Seal(ClientPhase.AwaitingShares state, int dealer, int holder, HeldShare pair)
    {
        P256Suite suite = P256Suite.Instance;
        CohortView cohort = state.Cohort;
        // A malicious dealer seals twice, past the session's guard and that of the suite, which is per key object.
        using SecretBytes key = SealingKeyOf(state.Channels, holder).Duplicate();
        byte[] plaintext = new byte[SealedShare.PlaintextSizeInBytes];
        byte[] ciphertext = new byte[plaintext.Length + suite.SealTagSizeInBytes];
        pair.WritePlaintext(plaintext, (ushort)dealer, (ushort)holder);
        byte[] bound = KeyLabels.SealedShareAssociatedData(suite.Id, cohort.Digest, (ushort)dealer, (ushort)holder);
        suite.Seal(key, bound, plaintext, ciphertext);
        return new DealtShare(
            pair.Commit(ShareKind.MaskKey, cohort.Digest, (ushort)dealer, (ushort)holder),
            pair.Commit(ShareKind.SelfMaskSeed, cohort.Digest, (ushort)dealer, (ushort)holder),
            ciphertext
        );
    }

    private static void Walk(object? value, HashSet<object> seen, List<SecretBytes> found)
    {
        if (value is null || !seen.Add(value))
        {
            return;
        }

        if (value is SecretBytes secret)
        {
            found.Add(secret);
            return;
        }

        if (value is IDictionary map)
        {
            value = map.Values;
        }

        if (value is IEnumerable items and not string)
        {
            foreach (object? item in items)
            {
                if (item is not null && !item.GetType().IsPrimitive)
                {
                    Walk(item, seen, found);
                }
            }

            return;
        }

        for (Type? type = value.GetType(); IsOurs(type); type = type!.BaseType)
        {
            foreach (FieldInfo field in type!.GetFields(AnyField | BindingFlags.DeclaredOnly))
            {
                if (!field.FieldType.IsPrimitive)
                {
                    Walk(field.GetValue(value), seen, found);
                }
            }
        }
    }

    private static bool IsOurs(Type? type) =>
        type?.Namespace?.StartsWith("SecureFed", StringComparison.Ordinal) == true;
}
