using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>Keeps two sums that a client helps to open from differing by a few parties. spec 03-masking#guard-1</summary>
/// <remarks>
/// So et al. 2021 (arXiv 2106.03328): from the sums over two cohorts that differ by one party, that party's update is read
/// off by subtraction, however well each sum was masked.
/// </remarks>
internal static class CohortGuard
{
    /// <summary>Compares a survivor set with those this client signed before; null when it may sign.</summary>
    /// <param name="setup">Policy, history and descriptor of the attempt.</param>
    /// <param name="survivors">U3, over the descriptor's roster.</param>
    public static ClientRefusal? Check(ClientSetup setup, PartySet survivors)
    {
        SignedCohort now = SignedCohort.Of(setup.Descriptor, survivors);

        // spec 03-masking#guard-2: the window bounds the work, and each comparison is one pass over two sorted lists.
        foreach (SignedCohort before in setup.History.LatestCohorts(now.Federation, setup.Policy.CohortMemory))
        {
            int floor =
                before.Model == now.Model
                    ? setup.Policy.MinimumCohortDifference
                    : setup.Policy.MinimumCohortDifferenceAcrossModels;
            if (Difference(now.Survivors, before.Survivors, floor) is { Length: > 0 } few && few.Length < floor)
            {
                return new(AbortReason.CohortDifferencing, [.. IndicesOf(setup.Descriptor, few)]);
            }
        }

        return null;
    }

    /// <summary>The parties in exactly one of two strictly ascending lists; stops when there are <paramref name="enough"/>.</summary>
    internal static ImmutableArray<ParticipantId> Difference(
        ImmutableArray<ParticipantId> left,
        ImmutableArray<ParticipantId> right,
        int enough
    )
    {
        ImmutableArray<ParticipantId>.Builder different = ImmutableArray.CreateBuilder<ParticipantId>();
        for (int i = 0, j = 0; (i < left.Length || j < right.Length) && different.Count < enough; )
        {
            int order =
                i == left.Length ? 1
                : j == right.Length ? -1
                : left[i].CompareTo(right[j]);
            if (order != 0)
            {
                different.Add(order < 0 ? left[i] : right[j]);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return different.ToImmutable();
    }

    // A party that is not enrolled in this attempt has no index and cannot be named on the wire.
    private static IEnumerable<ushort> IndicesOf(RoundDescriptor descriptor, ImmutableArray<ParticipantId> parties)
    {
        for (int index = 0; index < descriptor.Roster.Length; index++)
        {
            if (parties.BinarySearch(descriptor.Roster[index].Id) >= 0)
            {
                yield return (ushort)index;
            }
        }
    }
}
