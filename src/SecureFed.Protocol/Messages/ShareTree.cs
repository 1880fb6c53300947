using System.Collections;
using System.Collections.Immutable;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The Merkle tree over one dealer's dealt shares in cohort order, shaped as in RFC 6962. spec 05-transport#share-tree-1</summary>
/// <remarks>
/// A dealer signs only the root, so a holder can check its own share and commitments against one signature without the
/// entries of the others. Stateless and thread-safe.
/// </remarks>
public static class ShareTree
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    /// <summary>The hash of one entry; binds cohort, dealer, holder, both commitments and the ciphertext.</summary>
    /// <param name="k">K.</param>
    /// <param name="dealer">The dealer's roster index.</param>
    /// <param name="holder">The holder's roster index.</param>
    /// <param name="share">The entry; its ciphertext is empty when dealer and holder are the same.</param>
    public static Digest Leaf(Digest k, ushort dealer, ushort holder, DealtShare share)
    {
        ArgumentNullException.ThrowIfNull(share);

        // spec 05-transport#share-tree-2
        WireWriter writer = new(stackalloc byte[192]);
        writer.U8(LeafPrefix);
        writer.Label(Labels.ShareLeaf);
        writer.Digest(k);
        writer.U16(dealer);
        writer.U16(holder);
        writer.Digest(share.KeyCommitment);
        writer.Digest(share.SeedCommitment);
        writer.Digest(Digest.Of(share.Ciphertext.Span));
        return Digest.Of(writer.Written);
    }

    /// <summary>The root.</summary>
    /// <param name="leaves">The leaves in cohort order, at least one.</param>
    public static Digest Root(ReadOnlySpan<Digest> leaves)
    {
        RequireLeaves(leaves);
        Digest[] level = leaves.ToArray();
        int count = level.Length;
        while (count > 1)
        {
            count = Pair(level, count, level);
        }

        return level[0];
    }

    /// <summary>The sibling hashes of one leaf, from the leaf's level upwards.</summary>
    /// <param name="leaves">The leaves in cohort order.</param>
    /// <param name="index">The leaf's position, below the number of leaves.</param>
    public static ImmutableArray<Digest> Path(ReadOnlySpan<Digest> leaves, int index)
    {
        RequireLeaves(leaves);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Length);
        return PathIn(Levels(leaves), index);
    }

    /// <summary>The paths of all leaves, in their order; the tree is hashed once, a path is put together when it is asked for.</summary>
    /// <param name="leaves">The leaves in cohort order.</param>
    public static IReadOnlyList<ImmutableArray<Digest>> Paths(ReadOnlySpan<Digest> leaves)
    {
        RequireLeaves(leaves);
        return new PathList(Levels(leaves));
    }

    /// <summary>The root that a leaf and its path lead to. The caller compares or verifies it.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="index">Its position in the cohort.</param>
    /// <param name="leafCount">The number of leaves: the size of the cohort.</param>
    /// <param name="path">The path as a peer sent it.</param>
    /// <param name="root">The root, when the path has the length that position and count demand.</param>
    /// <returns>False when the position is outside the tree or the path is too short or too long.</returns>
    public static bool TryRootFromPath(
        Digest leaf,
        int index,
        int leafCount,
        ImmutableArray<Digest> path,
        out Digest root
    )
    {
        root = default;
        if (index < 0 || index >= leafCount || path.IsDefault)
        {
            return false;
        }

        // spec 05-transport#share-tree-4
        Digest current = leaf;
        int used = 0;
        for (int count = leafCount; count > 1; count = HalfRoundedUp(count), index >>= 1)
        {
            if (index == count - 1 && (count & 1) != 0)
            {
                continue;
            }

            if (used == path.Length)
            {
                return false;
            }

            Digest sibling = path[used++];
            current = (index & 1) != 0 ? Node(sibling, current) : Node(current, sibling);
        }

        if (used != path.Length)
        {
            return false;
        }

        root = current;
        return true;
    }

    // spec 05-transport#share-tree-3: pairing from the left and carrying an odd last node up unchanged gives the tree of
    // RFC 6962, whose left subtree is the largest power of two below the count.
    private static int Pair(ReadOnlySpan<Digest> level, int count, Span<Digest> above)
    {
        for (int i = 0; i < count / 2; i++)
        {
            above[i] = Node(level[2 * i], level[(2 * i) + 1]);
        }

        if ((count & 1) != 0)
        {
            above[count / 2] = level[count - 1];
        }

        return HalfRoundedUp(count);
    }

    private static List<Digest[]> Levels(ReadOnlySpan<Digest> leaves)
    {
        List<Digest[]> levels = [leaves.ToArray()];
        while (levels[^1].Length > 1)
        {
            Digest[] below = levels[^1];
            Digest[] above = new Digest[HalfRoundedUp(below.Length)];
            Pair(below, below.Length, above);
            levels.Add(above);
        }

        return levels;
    }

    private static ImmutableArray<Digest> PathIn(List<Digest[]> levels, int index)
    {
        ImmutableArray<Digest>.Builder path = ImmutableArray.CreateBuilder<Digest>(levels.Count - 1);
        for (int height = 0; height < levels.Count - 1; height++, index >>= 1)
        {
            int sibling = index ^ 1;
            if (sibling < levels[height].Length)
            {
                path.Add(levels[height][sibling]);
            }
        }

        return path.ToImmutable();
    }

    private static Digest Node(Digest left, Digest right)
    {
        WireWriter writer = new(stackalloc byte[96]);
        writer.U8(NodePrefix);
        writer.Label(Labels.ShareNode);
        writer.Digest(left);
        writer.Digest(right);
        return Digest.Of(writer.Written);
    }

    // Twice as many hashes as leaves, where the paths themselves would be as many times the height.
    private sealed class PathList(List<Digest[]> levels) : IReadOnlyList<ImmutableArray<Digest>>
    {
        public int Count => levels[0].Length;

        public ImmutableArray<Digest> this[int index] => PathIn(levels, index);

        public IEnumerator<ImmutableArray<Digest>> GetEnumerator() =>
            Enumerable.Range(0, Count).Select(index => this[index]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static int HalfRoundedUp(int count) => (count >> 1) + (count & 1);

    private static void RequireLeaves(ReadOnlySpan<Digest> leaves)
    {
        if (leaves.IsEmpty)
        {
            throw new ArgumentException("A share tree has at least one leaf.", nameof(leaves));
        }
    }
}
