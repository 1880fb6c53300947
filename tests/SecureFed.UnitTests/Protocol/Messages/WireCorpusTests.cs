using System.Text.Json;
using SecureFed.Protocol;
using SecureFed.Tests.Shared;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>
/// The hostile byte strings of spec/vectors/security/wire-corpus.json. They aim at protobuf and gRPC frames, which this
/// version does not have: here each is a message, and the body of a message of every type.
/// </summary>
public sealed class WireCorpusTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = new();
            string path = RepositoryFolders.InRoot("spec", "vectors", "security", "wire-corpus.json");
            using JsonDocument corpus = JsonDocument.Parse(File.ReadAllText(path));
            foreach (JsonElement item in corpus.RootElement.GetProperty("cases").EnumerateArray())
            {
                cases.Add(item.GetProperty("id").GetString()!, Hex(item));
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void WIR_01_A_corpus_item_is_refused_as_a_typed_fault(string id, string hex)
    {
        byte[] item = Convert.FromHexString(hex);

        Refuses(item, id);
        foreach (MessageType type in MessageRecipe.Types)
        {
            byte[] header = MessageCodec.Encode(new MessageRecipe(type, 3, 2, 8, 1).Build())[
                ..MessageCodec.HeaderSizeInBytes
            ];
            RefusesOrRepeats([.. header, .. item], $"{id} as {type}");
        }
    }

    [Fact]
    public void The_corpus_has_items_of_every_layer()
    {
        Assert.Contains(Cases, row => ((string)row[0]).StartsWith("pb-", StringComparison.Ordinal));
        Assert.Contains(Cases, row => ((string)row[0]).StartsWith("grpc-", StringComparison.Ordinal));
    }

    private static void Refuses(byte[] input, string what) =>
        Assert.True(Decode(input, what).Fault != PeerFaultKind.None, $"{what} was accepted");

    // Five bytes of a gRPC frame happen to be an UnmaskRequest about nobody: then they must be its one encoding.
    private static void RefusesOrRepeats(byte[] input, string what)
    {
        if (Decode(input, what).Message is { } message)
        {
            Assert.Equal(input, MessageCodec.Encode(message));
        }
    }

    private static DecodeResult Decode(byte[] input, string what)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        DecodeResult result = MessageCodec.Decode(input, MessageLimits.Default);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The result itself and, for a body that begins well, its first sets and lists.
        Assert.True(allocated <= (2 * input.Length) + 1024, $"{what}: {allocated} bytes allocated");
        Assert.Equal(result.Message is null, result.Fault != PeerFaultKind.None);
        return result;
    }

    // Items with a recipe repeat a unit.
    private static string Hex(JsonElement item)
    {
        if (item.TryGetProperty("hex", out JsonElement hex))
        {
            return hex.GetString()!;
        }

        JsonElement repeat = item.GetProperty("recipe").GetProperty("repeat");
        return string.Concat(
            Enumerable.Repeat(repeat.GetProperty("unit").GetString()!, repeat.GetProperty("times").GetInt32())
        );
    }
}
