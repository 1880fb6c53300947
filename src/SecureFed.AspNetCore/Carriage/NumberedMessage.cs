namespace SecureFed.AspNetCore;

/// <summary>A message of the server to one party, and where it stands in their order.</summary>
/// <param name="Epoch">Which run of the attempt counted; another one after a restart.</param>
/// <param name="Number">From 0.</param>
/// <param name="Bytes">Canonical bytes.</param>
public sealed record NumberedMessage(ulong Epoch, ulong Number, ReadOnlyMemory<byte> Bytes);
