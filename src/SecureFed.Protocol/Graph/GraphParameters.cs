namespace SecureFed.Protocol;

/// <summary>The smallest graph that meets a set of requirements.</summary>
/// <param name="Neighbours">k, even: every client masks with, and deals shares to, k others.</param>
/// <param name="Threshold">t: how many of a client's k neighbours reveal its secrets.</param>
/// <param name="CorruptNeighbours">
/// t1: the smallest bound that the corrupt neighbours of one client exceed with probability at most 2^-(σ+1)/n.
/// </param>
/// <param name="SurvivingNeighbours">
/// The largest threshold that fewer than so many surviving neighbours of one client miss with probability below 2^-η/n.
/// </param>
public sealed record GraphParameters(int Neighbours, int Threshold, int CorruptNeighbours, int SurvivingNeighbours)
{
    /// <summary>
    /// False when the conditions allow the threshold 1 only, which secret sharing does not have: raised to 2, it keeps
    /// secrecy, and a client misses it more often than the failure bits allow. Happens in very small cohorts.
    /// </summary>
    public bool MeetsFailureBits => Threshold <= SurvivingNeighbours;

    /// <summary>t − t1: the least number of honest inputs that one client's input hides among, whoever drops out. spec 03-masking#graph-5</summary>
    public int EffectiveCohort => Math.Max(0, Threshold - CorruptNeighbours);
}
