using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class KeyLabelsTests
{
    private static readonly Digest s_cohort = Digest.Of("cohort"u8);

    [Fact]
    public void Labels_differ_in_suite_cohort_parties_direction_and_purpose()
    {
        List<byte[]> labels = [];
        ushort[] parties = [0, 1, 2, 255, 256, 257, 65_535];
        foreach (SuiteId suite in (SuiteId[])[SuiteId.P256A256V1, SuiteId.X25519CC20V1])
        {
            foreach (Digest k in (Digest[])[s_cohort, Digest.Of("another"u8)])
            {
                foreach (ushort a in parties)
                {
                    labels.Add(KeyLabels.SelfMask(suite, k, a));
                    foreach (ushort b in parties.Where(b => b != a))
                    {
                        labels.Add(KeyLabels.ShareSealing(suite, k, a, b));
                        labels.Add(KeyLabels.SealedShareAssociatedData(suite, k, a, b));
                        if (a < b)
                        {
                            labels.Add(KeyLabels.PairMask(suite, k, a, b));
                        }
                    }
                }
            }
        }

        Assert.Equal(2 * 2 * (7 + 42 + 42 + 21), labels.Count);
        Assert.Equal(labels.Count, labels.Select(Convert.ToHexString).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_label_is_the_bytes_that_the_specification_writes()
    {
        byte[] expected = [.. "SecureFed/1 derived key"u8, 1, 0, .. s_cohort.ToArray(), 1, 3, 2, 5, 4];

        Assert.Equal(expected, KeyLabels.ShareSealing(SuiteId.P256A256V1, s_cohort, 0x0203, 0x0405));
        Assert.Equal(
            [.. "SecureFed/1 sealed share"u8, 1, 0, .. s_cohort.ToArray(), 3, 2, 5, 4],
            KeyLabels.SealedShareAssociatedData(SuiteId.P256A256V1, s_cohort, 0x0203, 0x0405)
        );
    }

    [Fact]
    public void Parties_in_the_wrong_relation_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyLabels.ShareSealing(SuiteId.P256A256V1, s_cohort, 3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyLabels.PairMask(SuiteId.P256A256V1, s_cohort, 3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyLabels.PairMask(SuiteId.P256A256V1, s_cohort, 4, 3));
    }
}
