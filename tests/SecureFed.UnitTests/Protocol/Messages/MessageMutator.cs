using System.Buffers.Binary;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>Makes hostile inputs from valid encodings of all types. The same seed gives the same inputs.</summary>
/// <remarks>
/// The bytes that carry structure (counts, lengths, bitmaps, types) are found by trying: those whose change to an
/// extreme value makes the decoder refuse the message.
/// </remarks>
internal sealed class MessageMutator
{
    private const int SeedsOfEachType = 24;
    private static readonly byte[] s_extremeBytes = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];
    private static readonly uint[] s_extremeWords =
    [
        0,
        1,
        0x7F,
        0xFF,
        0x7FFF,
        0xFFFF,
        0x1000,
        0x1001,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
    ];

    private readonly Random _random;
    private readonly byte[][] _valid;
    private readonly int[][] _structure;

    public MessageMutator(int seed)
    {
        _random = new Random(seed);
        _valid =
        [
            .. MessageRecipe
                .Types.SelectMany(type => Enumerable.Range(0, SeedsOfEachType).Select(i => Recipe(type, i)))
                .Select(recipe => MessageCodec.Encode(recipe.Build())),
        ];
        _structure = [.. _valid.Select(StructureOf)];
    }

    /// <summary>The next input; the caller may keep it.</summary>
    public byte[] Next()
    {
        int which = _random.Next(_valid.Length);
        byte[] input = (byte[])_valid[which].Clone();
        int mutations = _random.Next(4);
        for (int i = 0; i <= mutations; i++)
        {
            input = Mutate(input, _structure[which]);
        }

        return input;
    }

    private MessageRecipe Recipe(MessageType type, int i)
    {
        int parties = i == 0 ? 1 : 1 + _random.Next(i < 16 ? 12 : 40);
        return new MessageRecipe(type, parties, _random.Next(parties + 1), _random.Next(64), _random.Next());
    }

    private static int[] StructureOf(byte[] valid)
    {
        List<int> positions = [];
        byte[] changed = (byte[])valid.Clone();
        for (int position = 0; position < valid.Length; position++)
        {
            foreach (byte extreme in (ReadOnlySpan<byte>)[0x00, 0xFF])
            {
                changed[position] = extreme;
                if (MessageCodec.Decode(changed, MessageLimits.Default).Message is null)
                {
                    positions.Add(position);
                    break;
                }
            }

            changed[position] = valid[position];
        }

        return [.. positions];
    }

    private byte[] Mutate(byte[] input, int[] structure)
    {
        switch (_random.Next(10))
        {
            case 0 or 1:
                FlipBits(input);
                return input;
            case 2:
                return input[.._random.Next(input.Length + 1)];
            case 3:
                return [.. input, .. MessageRecipe.RandomBytes(_random, 1 + _random.Next(64))];
            case 4:
                return Splice(input);
            case 5:
                return Repeat(input);
            case 6:
                OverwriteByte(input, structure);
                return input;
            case 7:
                OverwriteWord(input, structure, 2);
                return input;
            case 8:
                OverwriteWord(input, structure, 4);
                return input;
            default:
                return Remove(input);
        }
    }

    private void FlipBits(byte[] input)
    {
        for (int flips = 1 + _random.Next(3); flips > 0 && input.Length > 0; flips--)
        {
            input[_random.Next(input.Length)] ^= (byte)(1 << _random.Next(8));
        }
    }

    // The head of one message and the tail of another, often with the head of the right type.
    private byte[] Splice(byte[] input)
    {
        byte[] other = _valid[_random.Next(_valid.Length)];
        return [.. input.AsSpan(0, _random.Next(input.Length + 1)), .. other.AsSpan(_random.Next(other.Length))];
    }

    private byte[] Repeat(byte[] input)
    {
        int start = _random.Next(input.Length + 1);
        int end = start + _random.Next(Math.Min(256, input.Length - start) + 1);
        return [.. input.AsSpan(0, end), .. input.AsSpan(start)];
    }

    private byte[] Remove(byte[] input)
    {
        int start = _random.Next(input.Length + 1);
        int end = start + _random.Next(Math.Min(64, input.Length - start) + 1);
        return [.. input.AsSpan(0, start), .. input.AsSpan(end)];
    }

    private void OverwriteByte(byte[] input, int[] structure)
    {
        if (Position(input, structure, 1) is { } position)
        {
            input[position] = s_extremeBytes[_random.Next(s_extremeBytes.Length)];
        }
    }

    private void OverwriteWord(byte[] input, int[] structure, int size)
    {
        if (Position(input, structure, size) is not { } position)
        {
            return;
        }

        uint extreme = s_extremeWords[_random.Next(s_extremeWords.Length)];
        if (size == 2)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(input.AsSpan(position), unchecked((ushort)extreme));
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(position), extreme);
        }
    }

    private int? Position(byte[] input, int[] structure, int size)
    {
        int position =
            _random.Next(4) == 0 ? _random.Next(input.Length + 1) : structure[_random.Next(structure.Length)];
        return position + size <= input.Length ? position : null;
    }
}
