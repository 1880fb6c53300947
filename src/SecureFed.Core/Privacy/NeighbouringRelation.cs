namespace SecureFed.Core;

/// <summary>How two data sets differ that a promise cannot tell apart. spec 02-privacy#event-1, 07-registry#neighbouring-relations</summary>
public enum NeighbouringRelation
{
    /// <summary>One of them has one unit more. The sensitivity of a clipped sum is the clip norm.</summary>
    AddOrRemoveOne = 1,

    /// <summary>One unit of them is another one. The sensitivity of a clipped sum is twice the clip norm.</summary>
    ReplaceOne = 2,
}
