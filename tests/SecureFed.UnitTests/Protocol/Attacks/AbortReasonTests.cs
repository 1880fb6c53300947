using SecureFed.Protocol;
using SecureFed.UnitTests.FrontDoor;
using SecureFed.UnitTests.Protocol.Messages;

namespace SecureFed.UnitTests.Protocol.Attacks;

/// <summary>Every abort reason is reached by an attack, and its honest neighbour is not refused. A1 to A17 are the values 1 to 17.</summary>
public class AbortReasonTests
{
    // Reasons that no check of a session produces: the test that shows what happens instead, or why there is none.
    private static readonly Dictionary<AbortReason, string> s_elsewhere = new()
    {
        [AbortReason.None] = "no reason; the codec refuses it",
        // A8 is a complaint about one dealer, not an abort.
        [AbortReason.ShareDecryptFailed] = nameof(
            MaliciousClientTests.A_share_that_does_not_open_is_complained_about_and_the_round_completes
        ),
        // A fault of one message; the round goes on without it.
        [AbortReason.UnsupportedVersion] = nameof(
            RoundAttackTests.CFG_01_Another_wire_version_is_a_fault_on_both_sides
        ),
        [AbortReason.MalformedMessage] = nameof(
            MessageFuzzTests.WIR_03_A_million_mutated_inputs_never_throw_never_allocate_much_and_have_one_encoding
        ),
        // Given by the client's own account.
        [AbortReason.BudgetExceeded] = nameof(LedgerGateTests.A_round_that_the_budget_does_not_allow_is_not_joined),
        // Given by the host.
        [AbortReason.Cancelled] = nameof(HostStopTests.A_client_that_its_host_stops_says_why_and_keeps_no_secret),
        [AbortReason.DeadlineExceeded] = nameof(
            HostStopTests.A_client_that_its_host_stops_says_why_and_keeps_no_secret
        ),
        [AbortReason.StorageFailure] = nameof(HostStopTests.A_client_that_its_host_stops_says_why_and_keeps_no_secret),
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
