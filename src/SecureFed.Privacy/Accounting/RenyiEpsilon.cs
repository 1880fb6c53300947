namespace SecureFed.Privacy;

/// <summary>An ε that a Rényi accountant certifies, and the order that certifies it.</summary>
/// <param name="Epsilon">ε, never below what the releases promise together.</param>
/// <param name="Order">α.</param>
public sealed record RenyiEpsilon(double Epsilon, double Order);
