using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

public sealed class ShareTreeTests
{
    private static readonly Digest s_cohort = Digest.Of("cohort"u8);

    public static TheoryData<int> Counts => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Every_leaf_leads_to_the_root_of_RFC_6962_by_its_path(int count)
    {
        Digest[] leaves = Leaves(count);
        Digest root = ShareTree.Root(leaves);
        IReadOnlyList<ImmutableArray<Digest>> paths = ShareTree.Paths(leaves);

        Assert.Equal(RootByDefinition(leaves), root);
        Assert.Equal(count, paths.Count);
        for (int index = 0; index < count; index++)
        {
            ImmutableArray<Digest> path = ShareTree.Path(leaves, index);
            Assert.Equal([.. path], paths[index].ToArray());
            Assert.True(path.Length <= MessageLimits.MaximumPathLength);
            Assert.True(ShareTree.TryRootFromPath(leaves[index], index, count, path, out Digest found));
            Assert.Equal(root, found);
        }
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void Another_index_leaf_path_or_length_does_not_lead_to_the_root(int count)
    {
        Digest[] leaves = Leaves(count);
        Digest root = ShareTree.Root(leaves);
        for (int index = 0; index < count; index++)
        {
            ImmutableArray<Digest> path = ShareTree.Path(leaves, index);
            for (int other = -1; other <= count; other++)
            {
                Assert.Equal(other == index, Leads(leaves[index], other, count, path, root));
                if (other >= 0 && other < count)
                {
                    Assert.Equal(other == index, Leads(leaves[other], index, count, path, root));
                }
            }

            for (int i = 0; i < path.Length; i++)
            {
                Assert.False(Leads(leaves[index], index, count, path.SetItem(i, s_cohort), root));
                Assert.False(Leads(leaves[index], index, count, path.RemoveAt(i), root));
            }

            Assert.False(Leads(leaves[index], index, count, path.Add(s_cohort), root));
            Assert.False(Leads(leaves[index], index, count, default, root));
        }
    }

    [Fact]
    public void A_leaf_binds_cohort_dealer_holder_commitments_and_ciphertext()
    {
        DealtShare share = new(Digest.Of("key"u8), Digest.Of("seed"u8), new byte[] { 1, 2, 3 });
        Digest[] leaves =
        [
            ShareTree.Leaf(s_cohort, 1, 2, share),
            ShareTree.Leaf(Digest.Of("another"u8), 1, 2, share),
            ShareTree.Leaf(s_cohort, 3, 2, share),
            ShareTree.Leaf(s_cohort, 1, 3, share),
            ShareTree.Leaf(s_cohort, 2, 1, share),
            ShareTree.Leaf(s_cohort, 1, 2, share with { KeyCommitment = share.SeedCommitment }),
            ShareTree.Leaf(s_cohort, 1, 2, share with { SeedCommitment = share.KeyCommitment }),
            ShareTree.Leaf(s_cohort, 1, 2, share with { Ciphertext = default }),
            ShareTree.Leaf(s_cohort, 1, 2, share with { Ciphertext = new byte[] { 1, 2 } }),
        ];

        Assert.Equal(leaves.Length, leaves.Distinct().Count());
    }

    [Fact]
    public void A_leaf_is_the_hash_that_the_specification_writes()
    {
        DealtShare share = new(Digest.Of("key"u8), Digest.Of("seed"u8), new byte[] { 1, 2, 3 });
        byte[] written =
        [
            0,
            .. Encoding.ASCII.GetBytes("SecureFed/1 share leaf"),
            .. s_cohort.ToArray(),
            0x02,
            0x01,
            0x04,
            0x03,
            .. SHA256.HashData("key"u8),
            .. SHA256.HashData("seed"u8),
            .. SHA256.HashData([1, 2, 3]),
        ];

        Assert.Equal(Digest.Of(written), ShareTree.Leaf(s_cohort, 0x0102, 0x0304, share));
    }

    [Fact]
    public void A_tree_has_at_least_one_leaf()
    {
        Assert.Throws<ArgumentException>(() => ShareTree.Root([]));
        Assert.Throws<ArgumentException>(() => ShareTree.Paths([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShareTree.Path(Leaves(2), 2));
        Assert.False(ShareTree.TryRootFromPath(s_cohort, 0, 0, [], out _));
    }

    private static bool Leads(Digest leaf, int index, int count, ImmutableArray<Digest> path, Digest root) =>
        ShareTree.TryRootFromPath(leaf, index, count, path, out Digest found) && found == root;

    private static Digest[] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Digest.Of(BitConverter.GetBytes(i)))];

    // RFC 6962, section 2.1: split at the largest power of two below the count.
    private static Digest RootByDefinition(ReadOnlySpan<Digest> leaves)
    {
        if (leaves.Length == 1)
        {
            return leaves[0];
        }

        int split = 1;
        while (2 * split < leaves.Length)
        {
            split *= 2;
        }

        return Digest.Of([
            1,
            .. Encoding.ASCII.GetBytes("SecureFed/1 share node"),
            .. RootByDefinition(leaves[..split]).ToArray(),
            .. RootByDefinition(leaves[split..]).ToArray(),
        ]);
    }
}
