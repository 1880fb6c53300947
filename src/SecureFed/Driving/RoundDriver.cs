using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>Runs sessions over real transports: stores first, then sends, then reports; every wait has a deadline.</summary>
/// <remarks>
/// Stateless and thread-safe; each run drives one session. Exceptions of a transport or of a damaged store pass through
/// after the session's secrets are wiped: a server can then be run again with the same store and resumes, a client has
/// dropped out.
/// </remarks>
public static class RoundDriver
{
    // What a client takes from its server after a deadline: the message it waits for, and copies that a network made.
    // spec 03-masking#host-1
    internal const int MostLateOfServer = 8;

    /// <summary>Runs a server's side of one attempt, from its stored decisions if there are any.</summary>
    /// <param name="run">The attempt.</param>
    /// <param name="cancellationToken">Aborts the attempt with Cancelled and tells the clients so.</param>
    /// <returns>How the attempt ended.</returns>
    /// <exception cref="InvalidOperationException">The store holds the result of another attempt of this round, or the server's own account does not allow the round.</exception>
    /// <exception cref="StorageDamagedException">The stored decisions are damaged.</exception>
    /// <exception cref="FormatException">The stored decisions are not of this attempt.</exception>
    public static async Task<RoundOutcome> RunServerAsync(ServerRun run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        using ServerLoop loop = new(run);
        return await loop.ToTheEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a client's side of one attempt. A client that stops, for whatever reason, never resumes the attempt.</summary>
    /// <param name="run">The attempt.</param>
    /// <param name="cancellationToken">Leaves the round with Cancelled and tells the server so.</param>
    /// <returns>How the attempt ended for this client.</returns>
    /// <exception cref="ArgumentException">The run's <see cref="ClientRun.ReleaseAfter"/> is not before its deadline, or its audit log is another party's; nothing was sent.</exception>
    /// <exception cref="StorageDamagedException">The journal is damaged; nothing was sent.</exception>
    /// <exception cref="FormatException">A record of the journal is not what a client writes; nothing was sent.</exception>
    public static async Task<ClientOutcome> RunClientAsync(ClientRun run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        using ClientLoop loop = new(run);
        return await loop.ToTheEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a server's offer. Other messages and malformed ones are passed over.</summary>
    /// <param name="transport">The connection.</param>
    /// <param name="deadline">How long to wait; more than zero.</param>
    /// <param name="time">Measures the deadline; null for the system's clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The offer: decoded and true to its digest, but not yet compared with any policy. Null when the connection was closed.</returns>
    /// <exception cref="TimeoutException">No offer came.</exception>
    public static async Task<RoundDescriptor?> ReceiveInvitationAsync(
        IClientTransport transport,
        TimeSpan deadline,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        TimeProvider clock = time ?? TimeProvider.System;
        long started = clock.GetTimestamp();
        using Inbox<ReadOnlyMemory<byte>?> inbox = new(transport.ReceiveAsync, clock, MostLateOfServer);
        while (true)
        {
            (WaitResult result, ReadOnlyMemory<byte>? bytes) = await inbox
                .NextAsync(deadline - clock.GetElapsedTime(started), cancellationToken)
                .ConfigureAwait(false);
            if (result == WaitResult.Cancelled)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (result == WaitResult.TimedOut)
            {
                throw new TimeoutException(
                    $"No invitation came within {deadline:c}. Check that the server has a round for this client and knows its identity."
                );
            }

            if (bytes is not { } message)
            {
                return null;
            }

            if (
                MessageCodec.Decode(message, MessageLimits.Default).Message
                    is ProtocolMessage.RoundInvitation invitation
                && RoundDigests.Descriptor(invitation.Descriptor) == invitation.Session
            )
            {
                return invitation.Descriptor;
            }
        }
    }
}
