using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>A survivor set that this client signed, as names: rosters change from round to round, indices with them. spec 05-transport#records-2</summary>
/// <param name="Federation">The federation.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Model">Digest of the model that the updates started from.</param>
/// <param name="Survivors">The names of U3, strictly ascending.</param>
/// <remarks>Immutable. Public values only.</remarks>
internal sealed record SignedCohort(
    string Federation,
    ulong Round,
    uint Attempt,
    Digest Model,
    ImmutableArray<ParticipantId> Survivors
)
{
    public static SignedCohort Of(RoundDescriptor descriptor, PartySet survivors) =>
        new(
            descriptor.Federation,
            descriptor.Round,
            descriptor.Attempt,
            descriptor.ModelDigest,
            [.. survivors.Members.Select(index => descriptor.Roster[index].Id)]
        );

    /// <summary>What a client stores before its signature of the set leaves. spec 03-masking#durability-5</summary>
    public static DurableRecord ToRecord(RoundDescriptor descriptor, Digest k, PartySet sharers, PartySet survivors)
    {
        SignedCohort cohort = Of(descriptor, survivors);
        WireWriter writer = new(new byte[256]);
        writer.Digest(RoundDigests.SurvivorSets(k, sharers, survivors));
        writer.U64(cohort.Round);
        writer.U32(cohort.Attempt);
        WriteName(ref writer, cohort.Federation);
        writer.Digest(cohort.Model);
        writer.U16(cohort.Survivors.Length);
        foreach (ParticipantId survivor in cohort.Survivors)
        {
            WriteName(ref writer, survivor.ToString());
        }

        return new DurableRecord(DurableRecordKind.ClientSurvivorSet, k, writer.Written.ToArray());
    }

    /// <summary>Reads what <see cref="ToRecord"/> wrote.</summary>
    /// <exception cref="FormatException">The record is damaged: a client that forgets a set could be made to sign its neighbour.</exception>
    public static SignedCohort Read(DurableRecord record)
    {
        WireReader reader = new(record.Content, MessageLimits.Default);
        reader.Digest("digest of the sets");
        ulong round = reader.U64("round");
        uint attempt = reader.U32("attempt");
        ParticipantId federation = reader.Name("federation");
        Digest model = reader.Digest("model");
        int count = reader.Count(MessageLimits.MaximumRosterSize, elementSize: 2, "survivors");
        ImmutableArray<ParticipantId>.Builder survivors = ImmutableArray.CreateBuilder<ParticipantId>(count);
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            ParticipantId survivor = reader.Name("survivor");
            if (i > 0 && !reader.Failed && survivor <= survivors[^1])
            {
                reader.Refuse("survivor", Problems.NotAscending);
            }

            survivors.Add(survivor);
        }

        // Whoever signed a set is in it.
        return reader.Failed || reader.Remaining > 0 || count == 0
            ? throw new FormatException(
                "A ClientSurvivorSet record is damaged. Restore the client's journal, or enrol the client under a new identity."
            )
            : new SignedCohort(federation.ToString(), round, attempt, model, survivors.ToImmutable());
    }

    private static void WriteName(ref WireWriter writer, string name) =>
        writer.ShortBytes(System.Text.Encoding.ASCII.GetBytes(name));
}
