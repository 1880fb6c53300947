namespace SecureFed.Core;

/// <summary>Marks a class that holds secret bytes. An architecture test holds such classes to the rules for secrets.</summary>
/// <remarks>The rules: sealed, disposable, no <c>record</c>, <c>ToString</c> prints the type name, no equality of its own.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SecretAttribute : Attribute;
