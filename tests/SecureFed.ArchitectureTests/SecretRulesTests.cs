using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using SecureFed.Core;

namespace SecureFed.ArchitectureTests;

/// <summary>The rules for types that hold secrets. spec 06-security#secrets-1</summary>
public sealed partial class SecretRulesTests
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>Names that sound secret and are not, each with the reason.</summary>
    private static readonly Dictionary<string, string> s_notSecret = new(StringComparer.Ordinal)
    {
        ["SecretAccess"] = "an enum: the token that reading a secret must name",
        ["SecretAttribute"] = "the mark itself",
        ["KeystreamSelection"] = "the choice of an implementation",
        ["SeededRandomSource"] = "a double for tests: its seed is printed on purpose",
    };

    public static TheoryData<Type> SecretTypes =>
        [.. SourceProjects.WrittenTypes.Where(IsMarked).OrderBy(type => type.FullName, StringComparer.Ordinal)];

    [Fact]
    public void There_are_secret_types() =>
        Assert.Contains(typeof(SecretBytes), SourceProjects.WrittenTypes.Where(IsMarked));

    [Theory]
    [MemberData(nameof(SecretTypes))]
    public void A_secret_type_keeps_the_rules(Type type) => Findings.None(BrokenRules(type));

    [Fact]
    public void A_type_whose_name_sounds_secret_is_marked()
    {
        IEnumerable<string> unmarked = SourceProjects
            .WrittenTypes.Where(type => SoundsSecret().IsMatch(type.Name) && !type.IsInterface && !IsStatic(type))
            .Where(type => !IsMarked(type) && !s_notSecret.ContainsKey(type.Name))
            .Select(type => $"{type.FullName} sounds secret: mark it [Secret] or list why it is not");

        Findings.None(unmarked);
    }

    [Fact]
    public void A_field_of_bytes_whose_name_sounds_secret_is_inside_a_secret_type() =>
        Findings.None(SourceProjects.WrittenTypes.Where(type => !IsMarked(type)).SelectMany(BareSecretFields));

    [Theory]
    [InlineData(typeof(GoodProbe), 0)]
    [InlineData(typeof(PrintingProbe), 1)]
    [InlineData(typeof(ComparableProbe), 1)]
    [InlineData(typeof(OpenProbe), 1)]
    [InlineData(typeof(LeftoverProbe), 1)]
    [InlineData(typeof(RecordProbe), 3)]
    [InlineData(typeof(ViewedProbe), 1)]
    public void The_rules_find_each_kind_of_mistake(Type probe, int atLeast)
    {
        int broken = BrokenRules(probe).Count();

        Assert.True(atLeast == 0 ? broken == 0 : broken >= atLeast, string.Join("; ", BrokenRules(probe)));
    }

    [Fact]
    public void The_rules_find_a_bare_array_with_a_secret_name()
    {
        Assert.Single(BareSecretFields(typeof(BareProbe)));
        Assert.Empty(BareSecretFields(typeof(PublicKeyProbe)));
    }

    private static bool IsMarked(Type type) => type.GetCustomAttribute<SecretAttribute>(inherit: false) is not null;

    private static bool IsStatic(Type type) => type is { IsAbstract: true, IsSealed: true };

    private static IEnumerable<string> BrokenRules(Type type)
    {
        if (!type.IsClass)
        {
            yield return "is not a class: a copied struct cannot be wiped";
        }

        if (!type.IsSealed && !type.IsAbstract)
        {
            yield return "is neither sealed nor abstract";
        }

        if (!typeof(IDisposable).IsAssignableFrom(type))
        {
            yield return "is not disposable";
        }

        if (type.GetMethod("<Clone>$", Declared) is not null)
        {
            yield return "is a record";
        }

        if (!ToStringPrintsATypeName(type))
        {
            yield return "has a ToString that is not the type name alone";
        }

        if (
            type.GetMethods(Declared)
                .Any(method => method.Name is nameof(Equals) or nameof(GetHashCode) or "op_Equality")
        )
        {
            yield return "offers equality or a hash code";
        }

        if (
            type.IsDefined(typeof(DebuggerDisplayAttribute), false)
            || type.IsDefined(typeof(DebuggerTypeProxyAttribute), false)
        )
        {
            yield return "has a debugger view";
        }
    }

    /// <summary>The effective ToString is <c>ldstr "Name"; ret</c>, and nothing below an abstract type can change it.</summary>
    private static bool ToStringPrintsATypeName(Type type)
    {
        MethodInfo method = type.GetMethod(nameof(ToString), Type.EmptyTypes)!;
        byte[]? body = method.GetMethodBody()?.GetILAsByteArray();
        bool isConstant = body is { Length: 6 } && body[0] == OpCodes.Ldstr.Value && body[5] == OpCodes.Ret.Value;
        return isConstant
            && (type.IsSealed || method.IsFinal)
            && method.Module.ResolveString(BitConverter.ToInt32(body!, 1)) == method.DeclaringType!.Name;
    }

    private static IEnumerable<string> BareSecretFields(Type type) =>
        from field in type.GetFields(Declared)
        where field.FieldType == typeof(byte[]) || field.FieldType == typeof(string)
        where !field.IsLiteral
        let name = field.Name.Replace(">k__BackingField", string.Empty, StringComparison.Ordinal).Trim('<', '_')
        where SecretFieldName().IsMatch(name) && !PublicFieldName().IsMatch(name)
        select $"{type.FullName}.{name} is a bare {field.FieldType.Name} with a secret name";

    [GeneratedRegex("Secret|KeyPair|PrivateKey|Seed(?!Commitment)|Keystream")]
    private static partial Regex SoundsSecret();

    [GeneratedRegex("key$|secret|seed|private", RegexOptions.IgnoreCase)]
    private static partial Regex SecretFieldName();

    [GeneratedRegex("public|commitment|label", RegexOptions.IgnoreCase)]
    private static partial Regex PublicFieldName();

    [Secret]
    private sealed class GoodProbe : IDisposable
    {
        public override string ToString() => nameof(GoodProbe);

        public void Dispose() { }
    }

    [Secret]
    private sealed class PrintingProbe(int mask) : IDisposable
    {
        public override string ToString() => $"mask {mask}";

        public void Dispose() { }
    }

    [Secret]
    private sealed class ComparableProbe : IDisposable
    {
        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        public override string ToString() => nameof(ComparableProbe);

        public void Dispose() { }
    }

    [Secret]
    private abstract class OpenProbe : IDisposable
    {
        public override string ToString() => nameof(OpenProbe);

        public abstract void Dispose();
    }

    [Secret]
    private sealed class LeftoverProbe
    {
        public override string ToString() => nameof(LeftoverProbe);
    }

    [Secret]
    private sealed record RecordProbe(int Mask);

    [Secret]
    [DebuggerDisplay("{ToString()}")]
    private sealed class ViewedProbe : IDisposable
    {
        public override string ToString() => nameof(ViewedProbe);

        public void Dispose() { }
    }

    private sealed class BareProbe(byte[] seed)
    {
        private readonly byte[] _maskSeed = seed;

        public int Length => _maskSeed.Length;
    }

    private sealed class PublicKeyProbe(byte[] point)
    {
        private readonly byte[] _publicKey = point;

        public int Length => _publicKey.Length;
    }
}
