using System.Reflection;

namespace SecureFed.ArchitectureTests;

/// <summary>Every type that the public and protected members of an assembly name.</summary>
internal static class PublicSignatures
{
    public static IEnumerable<(string Member, Type Type)> Of(Assembly assembly) =>
        from type in assembly.GetExportedTypes()
        from used in OfType(type)
        from part in Parts(used.Type)
        select (used.Member, part);

    private static IEnumerable<(string Member, Type Type)> OfType(Type type)
    {
        if (type.BaseType is { } parent)
        {
            yield return (type.FullName!, parent);
        }

        foreach (Type implemented in type.GetInterfaces())
        {
            yield return (type.FullName!, implemented);
        }

        const BindingFlags Declared =
            BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.Instance
            | BindingFlags.Static
            | BindingFlags.DeclaredOnly;

        foreach (
            FieldInfo field in type.GetFields(Declared)
                .Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly)
        )
        {
            yield return ($"{type.FullName}.{field.Name}", field.FieldType);
        }

        IEnumerable<MethodBase> methods = type.GetMethods(Declared)
            .Concat<MethodBase>(type.GetConstructors(Declared))
            .Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);

        foreach (MethodBase method in methods)
        {
            foreach (ParameterInfo parameter in method.GetParameters())
            {
                yield return ($"{type.FullName}.{method.Name}", parameter.ParameterType);
            }

            if (method is MethodInfo { ReturnType: { } result })
            {
                yield return ($"{type.FullName}.{method.Name}", result);
            }
        }
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
        {
            return Parts(type.GetElementType()!);
        }

        if (type.IsGenericParameter)
        {
            return type.GetGenericParameterConstraints().SelectMany(Parts);
        }

        return type.IsGenericType
            ?
            [
                type.GetGenericTypeDefinition(),
                .. type.GetGenericArguments().Where(part => !part.IsGenericParameter).SelectMany(Parts),
            ]
            : [type];
    }
}
