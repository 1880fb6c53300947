using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed;

/// <summary>How a round in one process runs. Nothing here changes the sum it gives.</summary>
public sealed class InProcessOptions
{
    /// <summary>SHA-256 of the model the updates start from. Default: the digest of a fixed text, for sums without a model.</summary>
    public Digest ModelDigest { get; init; } = Digest.Of("SecureFed/1 no model"u8);

    /// <summary>
    /// The clients' <see cref="ClientPolicy.MinimumCohortDifference"/>. Default 2; with 0 an attempt that failed after its
    /// survivor set was signed can be run again without exactly one of its parties.
    /// </summary>
    public int MinimumCohortDifference { get; init; } = 2;

    /// <summary>Sees every delivered message and stored record. Default: nobody.</summary>
    public IRoundObserver? Observer { get; init; }

    /// <summary>Measures the phases. Default: the system's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How mask expansion may use several cores. Default: sequential.</summary>
    public WorkSplitter Splitter { get; init; } = WorkSplitter.Sequential;

    /// <summary>Where the server keeps its decisions. Default: memory, for this round.</summary>
    public IRoundStore? Store { get; init; }

    /// <summary>The server's own account of rounds with noise. Default: none. spec 02-privacy#charge-3</summary>
    public PrivacyGate? ServerGate { get; init; }

    /// <summary>Whether the outcome keeps each party's vector as the server received it. Default: yes; turn it off for large models.</summary>
    public bool KeepUploads { get; init; } = true;
}
