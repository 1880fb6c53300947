using System.Threading.Channels;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.RoundServer;

/// <summary>The server's side of the pipes.</summary>
internal sealed class PipeTransport : IServerTransport
{
    private readonly RoundDescriptor _descriptor;
    private readonly Stream _output;
    private readonly Channel<ServerInbound> _inbox = Channel.CreateUnbounded<ServerInbound>();

    public PipeTransport(RoundDescriptor descriptor, Stream input, Stream output)
    {
        (_descriptor, _output) = (descriptor, output);
        Thread reader = new(() =>
        {
            while (Frames.Read(input) is { } frame)
            {
                _inbox.Writer.TryWrite(new ServerInbound.Message(descriptor.Roster[frame.Party].Id, frame.Content));
            }

            _inbox.Writer.Complete();
        })
        {
            IsBackground = true,
        };
        reader.Start();
    }

    public ValueTask SendAsync(ParticipantId to, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        int index = _descriptor.Roster.Select(entry => entry.Id).ToList().IndexOf(to);
        Frames.Write(_output, (ushort)index, message.Span);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ServerInbound?> ReceiveAsync(CancellationToken cancellationToken) =>
        await _inbox.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)
        && _inbox.Reader.TryRead(out ServerInbound? inbound)
            ? inbound
            : null;
}
