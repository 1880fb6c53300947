using System.Globalization;
using System.Numerics;

namespace SecureFed.Protocol;

/// <summary>What a sparse graph has to withstand. Immutable; checked by <see cref="GraphSizing.Find"/>.</summary>
/// <param name="Clients">n, from 3 to <see cref="GraphSizing.MaximumClients"/>.</param>
/// <param name="CorruptFraction">γ in [0, 1): at most ⌊γn⌋ clients collude with the server.</param>
/// <param name="DropoutFraction">δ in [0, 1): at most ⌊δn⌋ clients drop out.</param>
public sealed record GraphRequirements(int Clients, decimal CorruptFraction, decimal DropoutFraction)
{
    /// <summary>σ: secrecy fails with probability at most 2^-σ. From 1 to 256; 40 unless set.</summary>
    public int SecrecyBits { get; init; } = 40;

    /// <summary>η: a client is left with too few neighbours with probability below 2^-η. From 1 to 256; 20 unless set.</summary>
    public int FailureBits { get; init; } = 20;

    /// <summary>The adversary; semi-malicious unless set.</summary>
    public GraphAdversary Adversary { get; init; } = GraphAdversary.SemiMalicious;

    /// <summary>⌊γn⌋, exact in decimals: 0.29 of 100 is 29.</summary>
    public int Corrupt => Floor(CorruptFraction, Clients);

    /// <summary>⌊δn⌋, exact in decimals; ⌈(1 − δ)n⌉ = n − ⌊δn⌋ clients stay.</summary>
    public int Dropped => Floor(DropoutFraction, Clients);

    /// <exception cref="GraphRefusedException">A number is out of range.</exception>
    internal void Check()
    {
        Require(
            Clients is >= GraphSizing.MinimumClients and <= GraphSizing.MaximumClients,
            GraphFault.ClientCountOutOfRange,
            $"A graph of {Clients} clients cannot be sized.",
            $"Use from {GraphSizing.MinimumClients} to {GraphSizing.MaximumClients} clients."
        );
        Require(
            CorruptFraction is >= 0 and < 1,
            GraphFault.CorruptFractionOutOfRange,
            $"The corrupt share γ = {CorruptFraction} is not in [0, 1).",
            $"Give it as a fraction of the clients, 0.1 for ten in a hundred."
        );
        Require(
            DropoutFraction is >= 0 and < 1,
            GraphFault.DropoutFractionOutOfRange,
            $"The dropout share δ = {DropoutFraction} is not in [0, 1).",
            $"Give it as a fraction of the clients, 0.1 for ten in a hundred."
        );
        RequireBits(SecrecyBits, GraphFault.SecrecyBitsOutOfRange, "secrecy");
        RequireBits(FailureBits, GraphFault.FailureBitsOutOfRange, "failure");
        Require(
            Adversary is GraphAdversary.SemiHonest or GraphAdversary.SemiMalicious,
            GraphFault.UnknownAdversary,
            $"The adversary {(byte)Adversary} is not known.",
            $"Use the semi-honest or the semi-malicious one."
        );
    }

    private static void RequireBits(int bits, GraphFault fault, string kind) =>
        Require(
            bits is >= 1 and <= GraphSizing.MaximumBits,
            fault,
            $"{bits} {kind} bits are out of range.",
            $"Use from 1 to {GraphSizing.MaximumBits}."
        );

    private static void Require(bool condition, GraphFault fault, FormattableString finding, FormattableString remedy)
    {
        if (!condition)
        {
            throw new GraphRefusedException(
                fault,
                finding.ToString(CultureInfo.InvariantCulture),
                remedy.ToString(CultureInfo.InvariantCulture)
            );
        }
    }

    // decimal · int rounds when the product has more than 28 digits; whole numbers do not.
    private static int Floor(decimal fraction, int clients)
    {
        Span<int> parts = stackalloc int[4];
        _ = decimal.GetBits(fraction, parts);
        BigInteger digits = unchecked(
            ((BigInteger)(uint)parts[2] << 64) + ((BigInteger)(uint)parts[1] << 32) + (uint)parts[0]
        );
        return (int)(digits * clients / BigInteger.Pow(10, fraction.Scale));
    }
}
