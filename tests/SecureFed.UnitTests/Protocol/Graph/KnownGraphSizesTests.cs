using System.Globalization;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Graph;

/// <summary>Answers known from elsewhere, all with 40 secrecy bits and 20 failure bits.</summary>
public sealed class KnownGraphSizesTests
{
    [Theory]
    [InlineData(100, "0.05", "0.05", GraphAdversary.SemiHonest, 12, 6)]
    [InlineData(1000, "0.05", "0.05", GraphAdversary.SemiHonest, 30, 17)]
    [InlineData(10000, "0.05", "0.05", GraphAdversary.SemiHonest, 34, 20)]
    [InlineData(1000000, "0.05", "0.05", GraphAdversary.SemiHonest, 38, 22)]
    [InlineData(100, "0.05", "0.33", GraphAdversary.SemiHonest, 28, 6)]
    [InlineData(1000, "0.05", "0.33", GraphAdversary.SemiHonest, 72, 24)]
    [InlineData(10000, "0.05", "0.33", GraphAdversary.SemiHonest, 86, 29)]
    [InlineData(1000000, "0.05", "0.33", GraphAdversary.SemiHonest, 102, 34)]
    [InlineData(100, "0.10", "0.10", GraphAdversary.SemiHonest, 22, 11)]
    [InlineData(1000, "0.10", "0.10", GraphAdversary.SemiHonest, 48, 27)]
    [InlineData(10000, "0.10", "0.10", GraphAdversary.SemiHonest, 54, 31)]
    [InlineData(1000000, "0.10", "0.10", GraphAdversary.SemiHonest, 64, 36)]
    [InlineData(100, "0.10", "0.30", GraphAdversary.SemiHonest, 34, 11)]
    [InlineData(1000, "0.10", "0.30", GraphAdversary.SemiHonest, 88, 36)]
    [InlineData(10000, "0.10", "0.30", GraphAdversary.SemiHonest, 108, 44)]
    [InlineData(1000000, "0.10", "0.30", GraphAdversary.SemiHonest, 130, 52)]
    [InlineData(100, "0.20", "0.20", GraphAdversary.SemiHonest, 40, 21)]
    [InlineData(1000, "0.20", "0.20", GraphAdversary.SemiHonest, 98, 54)]
    [InlineData(10000, "0.20", "0.20", GraphAdversary.SemiHonest, 122, 67)]
    [InlineData(1000000, "0.20", "0.20", GraphAdversary.SemiHonest, 144, 78)]
    [InlineData(100, "0.33", "0.05", GraphAdversary.SemiHonest, 34, 29)]
    [InlineData(1000, "0.33", "0.05", GraphAdversary.SemiHonest, 78, 60)]
    [InlineData(10000, "0.33", "0.05", GraphAdversary.SemiHonest, 92, 70)]
    [InlineData(1000000, "0.33", "0.05", GraphAdversary.SemiHonest, 110, 83)]
    [InlineData(100, "0.33", "0.33", GraphAdversary.SemiHonest, 68, 34)]
    [InlineData(1000, "0.33", "0.33", GraphAdversary.SemiHonest, 286, 150)]
    [InlineData(10000, "0.33", "0.33", GraphAdversary.SemiHonest, 422, 221)]
    [InlineData(1000000, "0.33", "0.33", GraphAdversary.SemiHonest, 518, 270)]
    [InlineData(100, "0.05", "0.05", GraphAdversary.SemiMalicious, 16, 11)]
    [InlineData(1000, "0.05", "0.05", GraphAdversary.SemiMalicious, 52, 37)]
    [InlineData(10000, "0.05", "0.05", GraphAdversary.SemiMalicious, 62, 44)]
    [InlineData(1000000, "0.05", "0.05", GraphAdversary.SemiMalicious, 74, 52)]
    [InlineData(100, "0.05", "0.33", GraphAdversary.SemiMalicious, 72, 39)]
    [InlineData(1000, "0.05", "0.33", GraphAdversary.SemiMalicious, 398, 223)]
    [InlineData(10000, "0.05", "0.33", GraphAdversary.SemiMalicious, 746, 420)]
    [InlineData(1000000, "0.05", "0.33", GraphAdversary.SemiMalicious, 970, 545)]
    [InlineData(100, "0.10", "0.10", GraphAdversary.SemiMalicious, 32, 22)]
    [InlineData(1000, "0.10", "0.10", GraphAdversary.SemiMalicious, 96, 67)]
    [InlineData(10000, "0.10", "0.10", GraphAdversary.SemiMalicious, 122, 85)]
    [InlineData(1000000, "0.10", "0.10", GraphAdversary.SemiMalicious, 146, 101)]
    [InlineData(100, "0.10", "0.20", GraphAdversary.SemiMalicious, 52, 32)]
    [InlineData(1000, "0.10", "0.20", GraphAdversary.SemiMalicious, 194, 124)]
    [InlineData(10000, "0.10", "0.20", GraphAdversary.SemiMalicious, 280, 179)]
    [InlineData(1000000, "0.10", "0.20", GraphAdversary.SemiMalicious, 338, 215)]
    [InlineData(100, "0.33", "0.10", GraphAdversary.SemiMalicious, 54, 44)]
    [InlineData(1000, "0.33", "0.10", GraphAdversary.SemiMalicious, 218, 171)]
    [InlineData(10000, "0.33", "0.10", GraphAdversary.SemiMalicious, 310, 242)]
    [InlineData(1000000, "0.33", "0.10", GraphAdversary.SemiMalicious, 380, 295)]
    public void The_worked_table_is_reproduced(
        int clients,
        string corrupt,
        string dropout,
        GraphAdversary adversary,
        int neighbours,
        int threshold
    ) => AssertSize(clients, corrupt, dropout, adversary, neighbours, threshold);

    // The expected sizes are those of the unit tests of google-parfait/federated-compute.
    [Theory]
    [InlineData(100, "0.45", "0.45", GraphAdversary.SemiHonest, 92, 46)]
    [InlineData(1000, "0.45", "0.45", GraphAdversary.SemiHonest, 822, 417)]
    [InlineData(10000, "0.45", "0.45", GraphAdversary.SemiHonest, 3494, 1771)]
    [InlineData(100000, "0.45", "0.45", GraphAdversary.SemiHonest, 5508, 2788)]
    [InlineData(1000000, "0.45", "0.45", GraphAdversary.SemiHonest, 6240, 3156)]
    [InlineData(10, "0.33", "0.33", GraphAdversary.SemiHonest, 8, 4)]
    [InlineData(100, "0.33", "0.33", GraphAdversary.SemiHonest, 68, 34)]
    [InlineData(1000, "0.33", "0.33", GraphAdversary.SemiHonest, 286, 150)]
    [InlineData(10000, "0.33", "0.33", GraphAdversary.SemiHonest, 422, 221)]
    [InlineData(100000, "0.33", "0.33", GraphAdversary.SemiHonest, 480, 251)]
    [InlineData(1000000, "0.33", "0.33", GraphAdversary.SemiHonest, 518, 270)]
    [InlineData(100, "0.3", "0.3", GraphAdversary.SemiMalicious, 92, 62)]
    [InlineData(1000, "0.3", "0.3", GraphAdversary.SemiMalicious, 872, 584)]
    [InlineData(10000, "0.3", "0.3", GraphAdversary.SemiMalicious, 4822, 3230)]
    [InlineData(100000, "0.3", "0.3", GraphAdversary.SemiMalicious, 9388, 6286)]
    [InlineData(1000000, "0.3", "0.3", GraphAdversary.SemiMalicious, 11136, 7454)]
    [InlineData(10, "0.05", "0.33", GraphAdversary.SemiHonest, 4, 2)]
    [InlineData(100, "0.05", "0.33", GraphAdversary.SemiHonest, 28, 6)]
    [InlineData(1000, "0.05", "0.33", GraphAdversary.SemiHonest, 72, 24)]
    [InlineData(10000, "0.05", "0.33", GraphAdversary.SemiHonest, 86, 29)]
    [InlineData(100000, "0.05", "0.33", GraphAdversary.SemiHonest, 96, 32)]
    [InlineData(1000000, "0.05", "0.33", GraphAdversary.SemiHonest, 102, 34)]
    [InlineData(10, "0.05", "0.33", GraphAdversary.SemiMalicious, 8, 5)]
    [InlineData(100, "0.05", "0.33", GraphAdversary.SemiMalicious, 72, 39)]
    [InlineData(1000, "0.05", "0.33", GraphAdversary.SemiMalicious, 398, 223)]
    [InlineData(10000, "0.05", "0.33", GraphAdversary.SemiMalicious, 746, 420)]
    [InlineData(100000, "0.05", "0.33", GraphAdversary.SemiMalicious, 882, 496)]
    [InlineData(1000000, "0.05", "0.33", GraphAdversary.SemiMalicious, 970, 545)]
    [InlineData(10, "0.33", "0.05", GraphAdversary.SemiHonest, 4, 4)]
    [InlineData(100, "0.33", "0.05", GraphAdversary.SemiHonest, 34, 29)]
    [InlineData(1000, "0.33", "0.05", GraphAdversary.SemiHonest, 78, 60)]
    [InlineData(10000, "0.33", "0.05", GraphAdversary.SemiHonest, 92, 70)]
    [InlineData(100000, "0.33", "0.05", GraphAdversary.SemiHonest, 102, 77)]
    [InlineData(1000000, "0.33", "0.05", GraphAdversary.SemiHonest, 110, 83)]
    [InlineData(10, "0.33", "0.05", GraphAdversary.SemiMalicious, 4, 4)]
    [InlineData(100, "0.33", "0.05", GraphAdversary.SemiMalicious, 42, 37)]
    [InlineData(1000, "0.33", "0.05", GraphAdversary.SemiMalicious, 132, 109)]
    [InlineData(10000, "0.33", "0.05", GraphAdversary.SemiMalicious, 178, 146)]
    [InlineData(100000, "0.33", "0.05", GraphAdversary.SemiMalicious, 196, 160)]
    [InlineData(1000000, "0.33", "0.05", GraphAdversary.SemiMalicious, 212, 173)]
    [InlineData(10, "0.05", "0.05", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(100, "0.05", "0.05", GraphAdversary.SemiHonest, 12, 6)]
    [InlineData(1000, "0.05", "0.05", GraphAdversary.SemiHonest, 30, 17)]
    [InlineData(10000, "0.05", "0.05", GraphAdversary.SemiHonest, 34, 20)]
    [InlineData(100000, "0.05", "0.05", GraphAdversary.SemiHonest, 36, 21)]
    [InlineData(1000000, "0.05", "0.05", GraphAdversary.SemiHonest, 38, 22)]
    [InlineData(10, "0.05", "0.05", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(100, "0.05", "0.05", GraphAdversary.SemiMalicious, 16, 11)]
    [InlineData(1000, "0.05", "0.05", GraphAdversary.SemiMalicious, 52, 37)]
    [InlineData(10000, "0.05", "0.05", GraphAdversary.SemiMalicious, 62, 44)]
    [InlineData(100000, "0.05", "0.05", GraphAdversary.SemiMalicious, 68, 48)]
    [InlineData(1000000, "0.05", "0.05", GraphAdversary.SemiMalicious, 74, 52)]
    [InlineData(10, "0.33", "0.0", GraphAdversary.SemiHonest, 4, 4)]
    [InlineData(100, "0.33", "0.0", GraphAdversary.SemiHonest, 26, 25)]
    [InlineData(1000, "0.33", "0.0", GraphAdversary.SemiHonest, 38, 36)]
    [InlineData(10000, "0.33", "0.0", GraphAdversary.SemiHonest, 42, 40)]
    [InlineData(100000, "0.33", "0.0", GraphAdversary.SemiHonest, 46, 44)]
    [InlineData(1000000, "0.33", "0.0", GraphAdversary.SemiHonest, 50, 47)]
    [InlineData(10, "0.33", "0.0", GraphAdversary.SemiMalicious, 4, 4)]
    [InlineData(100, "0.33", "0.0", GraphAdversary.SemiMalicious, 26, 26)]
    [InlineData(1000, "0.33", "0.0", GraphAdversary.SemiMalicious, 38, 37)]
    [InlineData(10000, "0.33", "0.0", GraphAdversary.SemiMalicious, 42, 41)]
    [InlineData(100000, "0.33", "0.0", GraphAdversary.SemiMalicious, 46, 45)]
    [InlineData(1000000, "0.33", "0.0", GraphAdversary.SemiMalicious, 50, 49)]
    [InlineData(10, "0.0", "0.33", GraphAdversary.SemiHonest, 4, 2)]
    [InlineData(100, "0.0", "0.33", GraphAdversary.SemiHonest, 26, 2)]
    [InlineData(1000, "0.0", "0.33", GraphAdversary.SemiHonest, 38, 2)]
    [InlineData(10000, "0.0", "0.33", GraphAdversary.SemiHonest, 42, 2)]
    [InlineData(100000, "0.0", "0.33", GraphAdversary.SemiHonest, 46, 2)]
    [InlineData(1000000, "0.0", "0.33", GraphAdversary.SemiHonest, 50, 2)]
    [InlineData(10, "0.0", "0.33", GraphAdversary.SemiMalicious, 8, 5)]
    [InlineData(100, "0.0", "0.33", GraphAdversary.SemiMalicious, 68, 35)]
    [InlineData(1000, "0.0", "0.33", GraphAdversary.SemiMalicious, 228, 115)]
    [InlineData(10000, "0.0", "0.33", GraphAdversary.SemiMalicious, 326, 164)]
    [InlineData(100000, "0.0", "0.33", GraphAdversary.SemiMalicious, 372, 187)]
    [InlineData(1000000, "0.0", "0.33", GraphAdversary.SemiMalicious, 410, 206)]
    [InlineData(10, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(100, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(1000, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(10000, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(100000, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(1000000, "0.0", "0.0", GraphAdversary.SemiHonest, 2, 2)]
    [InlineData(10, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(100, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(1000, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(10000, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(100000, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    [InlineData(1000000, "0.0", "0.0", GraphAdversary.SemiMalicious, 2, 2)]
    public void The_sizes_of_a_deployed_implementation_are_reproduced(
        int clients,
        string corrupt,
        string dropout,
        GraphAdversary adversary,
        int neighbours,
        int threshold
    ) => AssertSize(clients, corrupt, dropout, adversary, neighbours, threshold);

    [Fact]
    public void Ten_more_failure_bits_cost_four_neighbours_of_48()
    {
        GraphRequirements requirements = new(1000, 0.1m, 0.1m)
        {
            FailureBits = 30,
            Adversary = GraphAdversary.SemiHonest,
        };

        GraphParameters found = GraphSizing.Find(requirements);

        Assert.Equal((52, 28), (found.Neighbours, found.Threshold));
    }

    private static void AssertSize(
        int clients,
        string corrupt,
        string dropout,
        GraphAdversary adversary,
        int neighbours,
        int threshold
    )
    {
        GraphRequirements requirements = new(
            clients,
            decimal.Parse(corrupt, CultureInfo.InvariantCulture),
            decimal.Parse(dropout, CultureInfo.InvariantCulture)
        )
        {
            Adversary = adversary,
        };

        GraphParameters found = GraphSizing.Find(requirements);

        Assert.Equal((neighbours, threshold), (found.Neighbours, found.Threshold));
    }
}
