using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SecureFed.Benchmarks.Measuring;
using SecureFed.Benchmarks.Peers;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;

namespace SecureFed.Benchmarks.Rounds;

/// <summary>What a server's process needed from the first revealed share to the sum.</summary>
/// <param name="ProcessorSeconds">Of all its threads.</param>
/// <param name="WallSeconds">On the clock.</param>
/// <param name="PeakBytes">Its largest resident size since it started, with the runtime and what it read from its store.</param>
/// <param name="BytesBefore">Its resident size before the first share.</param>
internal sealed record UnmaskingCost(double ProcessorSeconds, double WallSeconds, double PeakBytes, double BytesBefore);

/// <summary>
/// The end of a round in a process of its own, so that its memory is a server's and nobody else's: the server restores
/// itself from the decisions it stored before unmasking, takes the shares one message at a time, and gives the sum.
/// </summary>
internal sealed class StoredUnmasking : IDisposable
{
    /// <summary>The argument that makes this program the server's process.</summary>
    public const string Command = "--unmask-stored";

    private const string YoungGenerationVariable = "DOTNET_GCgen0size";
    private const string YoungGeneration = "0x400000";
    private const int HeadSizeInBytes = sizeof(ushort) + sizeof(int);

    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-unmask").FullName;
    private readonly Digest _sum;

    /// <summary>Writes a finished round into a folder as it was before its first revealed share.</summary>
    public StoredUnmasking(MeasuredRound round)
    {
        _sum = DigestOf(round.Result);
        WireWriter writer = new(stackalloc byte[512]);
        RoundDescriptorCodec.Write(ref writer, round.Descriptor);
        File.WriteAllBytes(DescriptorPath(_folder), writer.Written.ToArray());
        FileRoundStore store = new(_folder);
        foreach (DurableRecord record in round.Records)
        {
            store.Append(default, record);
        }

        using FileStream messages = File.Create(MessagesPath(_folder));
        Span<byte> head = stackalloc byte[HeadSizeInBytes];
        foreach ((ushort from, ReadOnlyMemory<byte> message) in round.UnmaskMessages)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(head, from);
            BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(ushort)..], message.Length);
            messages.Write(head);
            messages.Write(message.Span);
        }
    }

    /// <summary>Starts the server's process and waits for its sum.</summary>
    /// <param name="threads">How many it computes on.</param>
    /// <exception cref="InvalidOperationException">It failed, or its sum is not the round's.</exception>
    public UnmaskingCost Run(int threads)
    {
        ProcessStartInfo server = new(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(server.FileName) == "dotnet")
        {
            server.ArgumentList.Add(typeof(StoredUnmasking).Assembly.Location);
        }

        server.ArgumentList.Add(Command);
        server.ArgumentList.Add(_folder);
        server.ArgumentList.Add(Text(threads));

        // Without it the collector lets garbage pile up to the size of the processor's last cache before it looks.
        server.Environment[YoungGenerationVariable] = YoungGeneration;
        string[] output = (
            ExternalProgram.TryRun(server)
            ?? throw new InvalidOperationException("The server's process did not unmask the round.")
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return output.Length == 5 && output[4] == _sum.ToString()
            ? new(Number(output[0]), Number(output[1]), Number(output[2]), Number(output[3]))
            : throw new InvalidOperationException("The server's process came to another sum than the round.");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The server's process.</summary>
    /// <returns>The exit code.</returns>
    public static int Serve(string folder, int threads)
    {
        WireReader reader = new(File.ReadAllBytes(DescriptorPath(folder)), MessageLimits.Default);
        ServerSetup setup = new()
        {
            Descriptor =
                RoundDescriptorCodec.Read(ref reader) ?? throw new FormatException("The descriptor is damaged."),
            Suite = P256Suite.Instance,
            Splitter = ParallelWorkSplitter.OfThreads(threads),
        };
        using MaskingServerSession server = MaskingServerSession.Restore(
            setup,
            new FileRoundStore(folder).Read(default),
            out _
        );
        double before = Machine.ResidentBytes();
        double processor = CpuClock.Process();
        Stopwatch clock = Stopwatch.StartNew();
        RoundEnding<AggregateResult>? ended = null;
        using FileStream messages = File.OpenRead(MessagesPath(folder));
        byte[] head = new byte[HeadSizeInBytes];
        while (ended is null)
        {
            messages.ReadExactly(head);
            byte[] message = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(sizeof(ushort)))];
            messages.ReadExactly(message);
            ParticipantId from = setup.Descriptor.Roster[BinaryPrimitives.ReadUInt16LittleEndian(head)].Id;
            ended = server.Advance(new RoundEvent.Received(from, message)).Ended;
        }

        (processor, double wall) = (CpuClock.Process() - processor, clock.Elapsed.TotalSeconds);
        if (ended is not RoundEnding<AggregateResult>.Completed done)
        {
            return 1;
        }

        foreach (double number in (double[])[processor, wall, Machine.PeakResidentBytes(), before])
        {
            Console.WriteLine(Text(number));
        }

        Console.WriteLine(DigestOf(done.Result));
        return 0;
    }

    private static Digest DigestOf(AggregateResult result) =>
        Digest.Of(MemoryMarshal.AsBytes(result.Sum.Decode().Integers().AsSpan()));

    private static string DescriptorPath(string folder) => Path.Combine(folder, "descriptor");

    private static string MessagesPath(string folder) => Path.Combine(folder, "messages");

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
