using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Every abort reason is reached by an attack, and its honest neighbour is not refused. A1 to A17 are the values 1 to 17.</summary>
public class AbortReasonTests
{
    // Reasons that no check of a session produces, and where they come from instead.
    private static readonly Dictionary<AbortReason, string> s_elsewhere = new()
    {
        [AbortReason.None] = "no reason; the codec refuses it",
        [AbortReason.ShareDecryptFailed] = "A8 is a complaint, not an abort: MaliciousDealerTests",
        [AbortReason.UnsupportedVersion] = "a fault of one message: CFG-01",
        [AbortReason.MalformedMessage] = "a fault of one message: MessageCodecTests",
        [AbortReason.Cancelled] = "given by the host: HostStopTests",
        [AbortReason.DeadlineExceeded] = "given by the host: HostStopTests",
        [AbortReason.StorageFailure] = "given by the host: HostStopTests",
        [AbortReason.CohortDifferencing] = "reserved for the multi-round guard",
    };

    public static TheoryData<AbortReason> Reasons => [.. AbortCases.ByReason.Keys];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_attack_ends_in_exactly_this_reason(AbortReason reason) =>
        Assert.Equal(reason, AbortCases.ByReason[reason](true));

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_honest_neighbour_goes_on(AbortReason reason) => Assert.Null(AbortCases.ByReason[reason](false));

    [Fact]
    public void Every_registered_reason_has_a_case_or_a_documented_source()
    {
        AbortReason[] covered = [.. AbortCases.ByReason.Keys, .. s_elsewhere.Keys];

        Assert.Equal(Enum.GetValues<AbortReason>(), covered.Order());
    }
}
