using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The single-use keys of a client's channels to and from its neighbours. spec 03-masking#sealing-1</summary>
/// <remarks>One agreement gives both directions, so the private key of the channel is not needed after the cohort is fixed.</remarks>
[Secret]
internal sealed class ChannelKeys : IDisposable
{
    private readonly Dictionary<ushort, (SecretBytes To, SecretBytes From)> _keys = [];

    private readonly HashSet<ushort> _handedOut = [];

    private ChannelKeys() { }

    /// <summary>Agrees with every neighbour.</summary>
    /// <param name="suite">The primitives.</param>
    /// <param name="cohort">The cohort.</param>
    /// <param name="self">This client.</param>
    /// <param name="channel">Its channel key pair.</param>
    /// <param name="refused">The member whose key the suite refused, when the result is null.</param>
    public static ChannelKeys? TryAgree(
        ProtocolSuite suite,
        CohortView cohort,
        ushort self,
        AgreementKeyPair channel,
        out ushort refused
    )
    {
        ChannelKeys keys = new();
        bool complete = false;
        refused = 0;
        try
        {
            foreach (ushort peer in cohort.Graph.NeighboursOf(self))
            {
                using SecretBytes? secret = suite.TryAgree(channel, cohort.Of(peer).ChannelKey.Span);
                if (secret is null)
                {
                    refused = peer;
                    return null;
                }

                keys._keys.Add(
                    peer,
                    (
                        suite.DeriveKey(secret, KeyLabels.ShareSealing(suite.Id, cohort.Digest, self, peer)),
                        suite.DeriveKey(secret, KeyLabels.ShareSealing(suite.Id, cohort.Digest, peer, self))
                    )
                );
            }

            complete = true;
            return keys;
        }
        finally
        {
            if (!complete)
            {
                keys.Dispose();
            }
        }
    }

    /// <summary>The key that seals for a holder; handed out once. spec 03-masking#sealing-2</summary>
    /// <exception cref="InvariantViolatedException">It was handed out before: with a fixed nonce a second envelope would break it.</exception>
    public SecretBytes To(ushort holder)
    {
        // The suite's own guard is per key object and misses a copy of the key.
        Invariant.Check(_handedOut.Add(holder), "a session seals one envelope for each holder");
        return _keys[holder].To;
    }

    /// <summary>The key that opens what a dealer sealed.</summary>
    public SecretBytes From(ushort dealer) => _keys[dealer].From;

    /// <summary>Prints the type name only.</summary>
    public override string ToString() => nameof(ChannelKeys);

    public void Dispose()
    {
        foreach ((SecretBytes to, SecretBytes from) in _keys.Values)
        {
            to.Dispose();
            from.Dispose();
        }
    }
}
