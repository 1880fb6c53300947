using FsCheck;
using FsCheck.Fluent;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class MessageCodecProperties(ITestOutputHelper output)
{
    [Fact]
    public void WIR_04_Decoding_an_encoded_message_gives_the_message_and_encoding_it_again_gives_the_bytes() =>
        Prop.ForAll(
                MessageRecipe.Any,
                recipe =>
                {
                    ProtocolMessage message = recipe.Build();
                    byte[] bytes = MessageCodec.Encode(message);
                    DecodeResult decoded = MessageCodec.Decode(bytes, MessageLimits.Default);
                    string? difference = MessageEquality.FirstDifference(message, decoded.Message);
                    bool sameBytes =
                        decoded.Message is not null
                        && MessageCodec.Encode(decoded.Message).AsSpan().SequenceEqual(bytes);
                    return (difference is null && sameBytes && decoded.Fault == PeerFaultKind.None)
                        .Label($"difference: {difference}, fault: {decoded}")
                        .Collect(recipe.Type);
                }
            )
            .Holds(output, 2_000);

    [Fact]
    public void The_signed_content_changes_with_every_bit_but_those_of_the_signature() =>
        Prop.ForAll(
                MessageRecipe.FromClients,
                recipe =>
                {
                    byte[] bytes = MessageCodec.Encode(recipe.Build());
                    Random random = new(recipe.Seed);
                    byte[] original = SignedBy(bytes)!;
                    for (int i = 0; i < 30; i++)
                    {
                        byte[] changed = (byte[])bytes.Clone();
                        int position = random.Next(bytes.Length);
                        changed[position] ^= (byte)(1 << random.Next(8));
                        bool inSignature = position >= bytes.Length - MessageLimits.SignatureSizeInBytes;
                        if (SignedBy(changed) is { } other && other.AsSpan().SequenceEqual(original) != inSignature)
                        {
                            return false.Label($"byte {position} of {bytes.Length}");
                        }
                    }

                    return true.Label("ok");
                }
            )
            .Holds(output, 500);

    private static byte[]? SignedBy(byte[] bytes) =>
        MessageCodec.Decode(bytes, MessageLimits.Default).Message switch
        {
            ProtocolMessage.EncryptedShares shares => MessageCodec.SignedContentOfShares(
                shares.Session,
                shares.Sender,
                ShareTree.Root([
                    ShareTree.Leaf(shares.Session, shares.Sender, 0, new DealtShare(default, default, default)),
                    .. shares.Shares.Select(
                        (share, i) => ShareTree.Leaf(shares.Session, shares.Sender, (ushort)i, share)
                    ),
                ])
            ),
            ProtocolMessage.FromClient message => MessageCodec.SignedContent(message),
            _ => null,
        };
}
