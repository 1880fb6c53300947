using System.Reflection;

namespace SecureFed.ArchitectureTests;

/// <summary>Type names as C# writes them, with nullability.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(char)] = "char",
    };

    /// <summary>A type as a member declares it.</summary>
    public static string Of(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        string mark = !type.IsValueType && info.ReadState == NullabilityState.Nullable ? "?" : string.Empty;
        if (info.ElementType is { } element && type.IsArray)
        {
            return $"{Of(element)}[]{mark}";
        }

        // A by-ref parameter carries no information about its parts.
        bool knowsParts = info.GenericTypeArguments.Length == type.GetGenericArguments().Length;
        return Write(type, knowsParts ? [.. info.GenericTypeArguments.Select(Of)] : null) + mark;
    }

    /// <summary>A type without nullability.</summary>
    public static string Of(Type type) => Write(type, null);

    private static string Write(Type type, string[]? arguments)
    {
        if (s_keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!)}[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Of(underlying)}?";
        }

        string outer =
            type.DeclaringType is { } declaring && !type.IsGenericParameter ? $"{OwnName(declaring)}." : string.Empty;
        string[] own = arguments ?? [.. type.GetGenericArguments().Select(Of)];
        return outer + OwnName(type) + (own.Length == 0 ? string.Empty : $"<{string.Join(", ", own)}>");
    }

    private static string OwnName(Type type) => type.Name.Split('`')[0];
}
