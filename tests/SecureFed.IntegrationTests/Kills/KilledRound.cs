using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using SecureFed.Core;
using SecureFed.Crypto;
using SecureFed.Protocol;
using SecureFed.RoundServer;

namespace SecureFed.IntegrationTests.Kills;

/// <summary>One round: clients in this process, the server in another one that is killed and started again.</summary>
internal sealed class KilledRound : IDisposable
{
    public const int Parties = 4;

    private const int Length = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "SecureFed.RoundServer.dll");

    private readonly string _database;
    private readonly RoundDescriptor _descriptor;
    private readonly List<EcdsaP256Signer> _signers = [];
    private readonly Channel<ReadOnlyMemory<byte>>[] _toClients =
    [
        .. Enumerable.Range(0, Parties).Select(_ => Channel.CreateUnbounded<ReadOnlyMemory<byte>>()),
    ];
    private readonly Lock _pipeLock = new();
    private readonly CancellationTokenSource _over = new(s_patience);
    private readonly Task<ClientOutcome>[] _clients;
    private Stream? _pipe;

    public KilledRound(string database)
    {
        _database = database;
        AggregationPlan plan = AggregationPlan.Create(
            Length,
            Parties,
            clipNorm: 100,
            fractionBits: 0,
            PrivacyPlan.None("made-up numbers"),
            AggregationScheme.PairwiseMasked(minimumSurvivors: Parties, collusionBound: 1)
        );
        _signers.AddRange(Enumerable.Range(0, Parties).Select(_ => EcdsaP256Signer.Generate()));
        RosterEntry[] roster =
        [
            .. _signers.Select((signer, index) => new RosterEntry(ParticipantId.FromIndex(index), signer.PublicKey)),
        ];
        Digest model = Digest.Of("a model"u8);
        _descriptor = plan.DescribeFor(roster, "killed", round: 1, attempt: 1, model, P256Suite.Instance.Id);
        _clients =
        [
            .. Enumerable
                .Range(0, Parties)
                .Select(index =>
                    Task.Run(() =>
                        RoundDriver.RunClientAsync(
                            new ClientRun
                            {
                                Descriptor = _descriptor,
                                Self = roster[index].Id,
                                Signer = _signers[index],
                                Policy = new ClientPolicy
                                {
                                    PinnedRoster = [.. roster],
                                    Federation = "killed",
                                    WithoutPrivacyNoise = LocalConsent.Given("made-up numbers"),
                                },
                                ExpectedModel = model,
                                Update = EncodedUpdate.Encode(
                                    ClippedUpdate.Clip(LocalUpdate.Create(UpdateOf(index)), plan.Encoding),
                                    SystemRandomSource.Instance
                                ),
                                Transport = new ClientEnd(this, index),
                                Journal = new InMemoryClientJournal(),
                                Deadlines = RoundDeadlines.Every(s_patience),
                            },
                            _over.Token
                        )
                    )
                ),
        ];
    }

    public static long[] Expected =>
        [
            .. Enumerable
                .Range(0, Length)
                .Select(at => Enumerable.Range(0, Parties).Sum(index => (long)UpdateOf(index)[at])),
        ];

    /// <summary>Lets a server live: until it kills itself, until it has sent so many frames, or to its end.</summary>
    /// <param name="before">The operation of its store before which it dies; 0 for none.</param>
    /// <param name="after">The operation after which it dies; 0 for none.</param>
    /// <param name="frames">After so many frames of it somebody kills it; null for nobody.</param>
    /// <returns>What it said at its end; null when it was killed.</returns>
    public Ending? Live(int before = 0, int after = 0, int? frames = null)
    {
        ProcessStartInfo start = new("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                s_program,
                _database,
                before.ToString(CultureInfo.InvariantCulture),
                after.ToString(CultureInfo.InvariantCulture),
            },
        };
        using Process process = Process.Start(start)!;
        using CancellationTokenRegistration late = _over.Token.Register(() => process.Kill());
        Stream toServer = process.StandardInput.BaseStream;
        try
        {
            lock (_pipeLock)
            {
                Frames.Write(
                    toServer,
                    Frames.Control,
                    MessageCodec.Encode(
                        new ProtocolMessage.RoundInvitation(RoundDigests.Descriptor(_descriptor), _descriptor)
                    )
                );
                _pipe = toServer;
            }

            int seen = 0;
            Ending? ending = null;
            while (seen != frames && Frames.Read(process.StandardOutput.BaseStream) is { } frame)
            {
                seen++;
                if (frame.Party == Frames.Control)
                {
                    ending = Ending.Read(frame.Content);
                    break;
                }

                _toClients[frame.Party].Writer.TryWrite(frame.Content);
            }

            if (ending is null)
            {
                process.Kill();
            }

            return ending;
        }
        catch (IOException)
        {
            // It was dead before it had read the round.
            return null;
        }
        finally
        {
            lock (_pipeLock)
            {
                _pipe = null;
            }

            CloseBroken(process.StandardInput);
            process.WaitForExit();
        }
    }

    /// <summary>How the clients saw it.</summary>
    public async Task<ClientOutcome[]> ClientsAsync() => await Task.WhenAll(_clients);

    public void Dispose()
    {
        _over.Cancel();
        _signers.ForEach(signer => signer.Dispose());
        _over.Dispose();
    }

    private static float[] UpdateOf(int index) => [index + 1, -2 * index, 7];

    private static void CloseBroken(StreamWriter pipe)
    {
        try
        {
            pipe.Close();
        }
        catch (IOException)
        {
            // Nobody is left to read what was in it.
        }
    }

    // A message to a server that is not there is lost, as on a network.
    private void Send(int party, ReadOnlySpan<byte> message)
    {
        lock (_pipeLock)
        {
            try
            {
                if (_pipe is { } pipe)
                {
                    Frames.Write(pipe, (ushort)party, message);
                }
            }
            catch (IOException)
            {
                _pipe = null;
            }
        }
    }

    internal sealed record Ending(bool IsCompleted, int Operations, long[] Sum)
    {
        public static Ending Read(byte[] content)
        {
            using BinaryReader reader = new(new MemoryStream(content));
            bool isCompleted = reader.ReadBoolean();
            int operations = reader.ReadInt32();
            long[] sum = isCompleted ? [.. Enumerable.Range(0, Length).Select(_ => reader.ReadInt64())] : [];
            return new Ending(isCompleted, operations, sum);
        }
    }

    private sealed class ClientEnd(KilledRound round, int index) : IClientTransport
    {
        public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            round.Send(index, message.Span);
            return ValueTask.CompletedTask;
        }

        public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken) =>
            await round._toClients[index].Reader.ReadAsync(cancellationToken);
    }
}
