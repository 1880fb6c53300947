using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Masking;

/// <summary>Who is named when a dealer is short of shares. spec 03-masking#blame-1</summary>
public class ShareBlameTests
{
    [Fact]
    public void One_complaint_where_one_party_may_lie_names_both_sides()
    {
        ShareBlame blame = new();
        blame.AddComplaint(dealer: 1, holder: 2);

        Assert.Equal([1, 2], blame.Named(dealer: 1, lyingNeighbours: 1));
    }

    [Fact]
    public void More_complaints_than_liars_name_the_dealer_alone()
    {
        ShareBlame blame = new();
        blame.AddComplaint(dealer: 1, holder: 2);
        blame.AddComplaint(dealer: 1, holder: 3);

        Assert.Equal([1], blame.Named(dealer: 1, lyingNeighbours: 1));
    }

    [Fact]
    public void A_holder_that_blames_more_dealers_than_may_cheat_is_named_alone()
    {
        ShareBlame blame = new();
        blame.AddComplaint(dealer: 0, holder: 4);
        blame.AddComplaint(dealer: 1, holder: 4);

        Assert.Equal([4], blame.Named(dealer: 0, lyingNeighbours: 1));
    }

    [Fact]
    public void When_both_sides_are_proved_bad_honest_complainants_are_not_named()
    {
        ShareBlame blame = new();
        blame.AddComplaint(dealer: 0, holder: 1);
        blame.AddComplaint(dealer: 0, holder: 2);
        blame.AddComplaint(dealer: 0, holder: 6);
        blame.AddComplaint(dealer: 3, holder: 6);
        blame.AddComplaint(dealer: 4, holder: 6);

        Assert.Equal([0, 6], blame.Named(dealer: 0, lyingNeighbours: 2));
    }

    [Fact]
    public void A_forger_is_named_and_an_honest_dealer_without_complaints_is_not()
    {
        ShareBlame blame = new();
        blame.AddFailure(dealer: 0, holder: 3);

        Assert.Equal([3], blame.Named(dealer: 0, lyingNeighbours: 1));
        Assert.Empty(blame.Named(dealer: 1, lyingNeighbours: 1));
    }

    [Fact]
    public void A_share_is_expected_of_a_holder_that_did_not_complain_about_its_dealer()
    {
        ShareBlame blame = new();
        blame.AddComplaint(dealer: 2, holder: 0);

        Assert.Equal(4, blame.ExpectedShares(dealer: 2, [0, 1, 2, 3, 4]));
        Assert.Equal(3, blame.ExpectedShares(dealer: 2, [0, 1, 2, 3]));
        Assert.Equal(4, blame.ExpectedShares(dealer: 2, [1, 2, 3, 4]));
        Assert.Equal(5, blame.ExpectedShares(dealer: 1, [0, 1, 2, 3, 4]));
    }
}
