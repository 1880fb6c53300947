using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SecureFed.ArchitectureTests;

/// <summary>One use of a member or type by a method body.</summary>
/// <param name="Caller">The method that uses it, as Namespace.Type::Method; nested types with '+'.</param>
/// <param name="Type">The used type, as Namespace.Type.</param>
/// <param name="Member">The used member; empty for a bare type.</param>
internal sealed record MemberUse(string Caller, string Type, string Member)
{
    /// <summary>The method name of the caller.</summary>
    public string CallerMethod => Caller[(Caller.LastIndexOf("::", StringComparison.Ordinal) + 2)..];

    /// <inheritdoc/>
    public override string ToString() => $"{Caller} uses {Type}{(Member.Length == 0 ? string.Empty : "::" + Member)}";
}

/// <summary>Reads every method body of an assembly and lists what it names: calls, constructions, field accesses and type tokens.</summary>
internal static class IlScan
{
    private static readonly FrozenDictionary<short, OpCode> s_opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(code => code.Value);

    /// <summary>All uses in the assembly at <paramref name="path"/>.</summary>
    public static IReadOnlyList<MemberUse> Of(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        List<MemberUse> uses = [];
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress != 0)
            {
                string caller = $"{NameOf(metadata, method.GetDeclaringType())}::{metadata.GetString(method.Name)}";
                BlobReader body = file.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
                uses.AddRange(OfBody(metadata, body).Select(used => new MemberUse(caller, used.Type, used.Member)));
            }
        }

        return uses;
    }

    private static IEnumerable<(string Type, string Member)> OfBody(MetadataReader metadata, BlobReader body)
    {
        List<(string, string)> uses = [];
        while (body.RemainingBytes > 0)
        {
            short value = body.ReadByte();
            if (value == 0xFE)
            {
                value = unchecked((short)(0xFE00 | body.ReadByte()));
            }

            OpCode code = s_opCodes[value];
            switch (code.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    body.ReadByte();
                    break;
                case OperandType.InlineVar:
                    body.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    body.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    int targets = body.ReadInt32();
                    body.Offset += 4 * targets;
                    break;
                case OperandType.InlineMethod
                or OperandType.InlineField
                or OperandType.InlineType
                or OperandType.InlineTok:
                    uses.AddRange(Named(metadata, MetadataTokens.EntityHandle(body.ReadInt32())));
                    break;
                default:
                    body.ReadInt32();
                    break;
            }
        }

        return uses;
    }

    private static IEnumerable<(string Type, string Member)> Named(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MemberReference:
                MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                return [(NameOf(metadata, member.Parent), metadata.GetString(member.Name))];
            case HandleKind.MethodSpecification:
                return Named(metadata, metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method);
            case HandleKind.MethodDefinition:
                MethodDefinition method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                return [(NameOf(metadata, method.GetDeclaringType()), metadata.GetString(method.Name))];
            case HandleKind.TypeReference or HandleKind.TypeDefinition or HandleKind.TypeSpecification:
                return [(NameOf(metadata, handle), string.Empty)];
            default:
                return [];
        }
    }

    private static string NameOf(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                string name = metadata.GetString(reference.Name);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference
                    ? $"{NameOf(metadata, reference.ResolutionScope)}+{name}"
                    : Qualified(metadata.GetString(reference.Namespace), name);
            case HandleKind.TypeDefinition:
                TypeDefinition definition = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return definition.GetDeclaringType() is { IsNil: false } outer
                    ? $"{NameOf(metadata, outer)}+{metadata.GetString(definition.Name)}"
                    : Qualified(metadata.GetString(definition.Namespace), metadata.GetString(definition.Name));
            case HandleKind.TypeSpecification:
                BlobReader signature = metadata.GetBlobReader(
                    metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature
                );
                return GenericTypeName(metadata, signature);
            default:
                return handle.Kind.ToString();
        }
    }

    // A constructed generic type starts with GENERICINST, CLASS or VALUETYPE, then the open type.
    private static string GenericTypeName(MetadataReader metadata, BlobReader signature) =>
        signature.ReadSignatureTypeCode() == SignatureTypeCode.GenericTypeInstance
        && signature.ReadCompressedInteger() >= 0
            ? NameOf(metadata, signature.ReadTypeHandle())
            : string.Empty;

    private static string Qualified(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
}
