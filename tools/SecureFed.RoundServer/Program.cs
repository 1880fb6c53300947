using System.Globalization;
using SecureFed;
using SecureFed.AspNetCore;
using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.RoundServer;

// The database, and before and after which operation of the store to die; 0 for never.
if (
    args is not [string path, string before, string after]
    || !int.TryParse(before, CultureInfo.InvariantCulture, out int killBefore)
    || !int.TryParse(after, CultureInfo.InvariantCulture, out int killAfter)
)
{
    Console.Error.WriteLine("usage: <database> <kill before> <kill after>");
    return 2;
}

using Stream input = Console.OpenStandardInput();
using Stream output = Console.OpenStandardOutput();
if (
    Frames.Read(input) is not { Party: Frames.Control } first
    || MessageCodec.Decode(first.Content, MessageLimits.Default).Message
        is not ProtocolMessage.RoundInvitation invitation
)
{
    return 2;
}

using SqliteRoundStore database = SqliteRoundStore.Open(path);
KilledStore store = new(database, killBefore, killAfter);
RoundOutcome outcome = await RoundDriver.RunServerAsync(
    new ServerRun
    {
        Descriptor = invitation.Descriptor,
        Transport = new PipeTransport(invitation.Descriptor, input, output),
        Store = store,
        Deadlines = RoundDeadlines.Every(TimeSpan.FromMinutes(1)),
    }
);

// Completed or not; how many operations; the sum.
using MemoryStream said = new();
using (BinaryWriter writer = new(said))
{
    writer.Write(outcome is RoundOutcome.Completed);
    writer.Write(store.Operations);
    if (outcome is RoundOutcome.Completed done)
    {
        foreach (long value in done.Sum.Integers())
        {
            writer.Write(value);
        }
    }
}

Frames.Write(output, Frames.Control, said.ToArray());
return 0;
