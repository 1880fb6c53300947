using System.Collections;
using System.Reflection;
using SecureFed.Core;
using SecureFed.Protocol;

namespace SecureFed.UnitTests.Protocol.Messages;

/// <summary>Compares messages and descriptors property by property, so that a property the codec forgets is noticed.</summary>
internal static class MessageEquality
{
    /// <summary>Null when both hold the same; else the path of the first property that differs.</summary>
    public static string? FirstDifference(object? left, object? right, string path = "message")
    {
        if (left is null || right is null || left.GetType() != right.GetType())
        {
            return left is null && right is null ? null : path;
        }

        switch (left)
        {
            case ReadOnlyMemory<byte> bytes:
                return bytes.Span.SequenceEqual(((ReadOnlyMemory<byte>)right).Span) ? null : path;
            case string or Digest or ParticipantId or PartySet or IConvertible:
                return left.Equals(right) ? null : path;
            case IEnumerable entries:
                return InLists([.. entries.Cast<object>()], [.. ((IEnumerable)right).Cast<object>()], path);
            default:
                return left.GetType()
                    .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .Select(property =>
                        FirstDifference(property.GetValue(left), property.GetValue(right), $"{path}.{property.Name}")
                    )
                    .FirstOrDefault(difference => difference is not null);
        }
    }

    private static string? InLists(object[] left, object[] right, string path)
    {
        if (left.Length != right.Length)
        {
            return $"{path}.Length";
        }

        return left.Select((entry, i) => FirstDifference(entry, right[i], $"{path}[{i}]"))
            .FirstOrDefault(difference => difference is not null);
    }
}
