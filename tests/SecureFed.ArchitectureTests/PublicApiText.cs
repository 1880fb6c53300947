using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace SecureFed.ArchitectureTests;

/// <summary>Writes the public surface of an assembly as text that is stable from build to build and readable in a diff.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>One block for each public type, sorted by name; members sorted by kind and name. Lines end in LF.</summary>
    public static string Of(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(HeaderOf(type)).Append('\n');
            foreach (string member in MembersOf(type))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string HeaderOf(Type type)
    {
        string kind =
            type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType
                ? type.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly struct"
                    : "struct"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : (
                type.IsAbstract ? "abstract "
                : type.IsSealed ? "sealed "
                : string.Empty
            ) + (type.GetMethod("<Clone>$", Declared) is null ? "class" : "record");

        List<string> parents = [];
        if (type.BaseType is { } parent && type.IsClass && parent != typeof(object))
        {
            parents.Add(TypeNames.Of(parent));
        }

        if (type.IsEnum)
        {
            parents.Add(TypeNames.Of(type.GetEnumUnderlyingType()));
        }
        else
        {
            parents.AddRange(
                type.GetInterfaces()
                    .Where(one => one.IsVisible)
                    .Select(one => TypeNames.Of(one))
                    .Order(StringComparer.Ordinal)
            );
        }

        string heirs = parents.Count == 0 ? string.Empty : " : " + string.Join(", ", parents);
        return $"public {kind} {type.Namespace}.{TypeNames.Of(type)}{heirs}";
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type)
                .Select(name => (name, value: Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)))
                .OrderBy(one => one.value)
                .Select(one => $"{one.name} = {one.value.ToString(CultureInfo.InvariantCulture)}");
        }

        IEnumerable<string> fields = type.GetFields(Declared).Where(IsVisible).Select(FieldText);
        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(IsVisible).Select(MethodText);
        IEnumerable<string> properties = type.GetProperties(Declared)
            .Where(one => one.GetAccessors(nonPublic: true).Any(IsVisible))
            .Select(PropertyText);
        IEnumerable<string> events = type.GetEvents(Declared)
            .Where(one => IsVisible(one.AddMethod!))
            .Select(one => $"event {TypeNames.Of(one.EventHandlerType!)} {one.Name}");
        IEnumerable<string> methods = type.GetMethods(Declared)
            .Where(IsVisible)
            .Where(one => !one.IsSpecialName || one.Name.StartsWith("op_", StringComparison.Ordinal))
            .Where(one => !one.Name.Contains('<', StringComparison.Ordinal))
            .Select(MethodText);

        return
        [
            .. Sorted(fields),
            .. Sorted(constructors),
            .. Sorted(properties),
            .. Sorted(events),
            .. Sorted(methods),
        ];
    }

    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string FieldText(FieldInfo field)
    {
        string type = TypeNames.Of(new NullabilityInfoContext().Create(field));
        return field.IsLiteral
            ? $"const {type} {field.Name} = {Literal(field.GetRawConstantValue())}"
            : $"{(field.IsStatic ? "static " : string.Empty)}{(field.IsInitOnly ? "readonly " : string.Empty)}{type} {field.Name}";
    }

    private static string PropertyText(PropertyInfo property)
    {
        MethodInfo?[] accessors = [property.GetMethod, property.SetMethod];
        IEnumerable<string> written = accessors
            .Where(one => one is not null && IsVisible(one))
            .Select(one => (one!.IsPublic ? string.Empty : "protected ") + AccessorName(property, one) + ";");
        MethodInfo any = accessors.First(one => one is not null && IsVisible(one))!;
        string required = property.IsDefined(typeof(RequiredMemberAttribute), false) ? "required " : string.Empty;
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(ParameterText))}]";
        return $"{Modifiers(any)}{required}{TypeNames.Of(new NullabilityInfoContext().Create(property))} {name} {{ {string.Join(' ', written)} }}";
    }

    private static string AccessorName(PropertyInfo property, MethodInfo accessor) =>
        accessor == property.GetMethod ? "get"
        : accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init"
        : "set";

    private static string MethodText(MethodBase method)
    {
        string parameters = string.Join(", ", method.GetParameters().Select(ParameterText));
        if (method is not MethodInfo ordinary)
        {
            return $"{Modifiers(method)}new({parameters})";
        }

        string generics = method.IsGenericMethod
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(one => one.Name))}>"
            : string.Empty;
        string result = TypeNames.Of(new NullabilityInfoContext().Create(ordinary.ReturnParameter));
        return $"{Modifiers(method)}{result} {method.Name}{generics}({parameters})";
    }

    private static string ParameterText(ParameterInfo parameter)
    {
        string direction = !parameter.ParameterType.IsByRef
            ? parameter.IsDefined(typeof(ParamArrayAttribute), false)
                ? "params "
                : string.Empty
            : parameter.IsOut
                ? "out "
                : parameter.IsIn
                    ? "in "
                    : "ref ";
        string fallback = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : string.Empty;
        return $"{direction}{TypeNames.Of(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{fallback}";
    }

    private static string Modifiers(MethodBase method)
    {
        string access = method.IsPublic || method.DeclaringType!.IsInterface ? string.Empty : "protected ";
        if (method.IsStatic)
        {
            return access + "static ";
        }

        bool overrides = method is MethodInfo info && info.GetBaseDefinition().DeclaringType != info.DeclaringType;
        return access
            + (
                method.DeclaringType!.IsInterface || method.IsConstructor ? string.Empty
                : overrides
                    ? method.IsFinal ? "sealed override "
                        : "override "
                : method.IsAbstract ? "abstract "
                : method is { IsVirtual: true, IsFinal: false } ? "virtual "
                : string.Empty
            );
    }

    private static string Literal(object? value) =>
        value switch
        {
            null => "default",
            string text => $"\"{text}\"",
            bool flag => flag ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? string.Empty,
        };
}
