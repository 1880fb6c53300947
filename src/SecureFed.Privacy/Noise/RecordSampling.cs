using System.Buffers.Binary;
using System.Collections.Immutable;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>Poisson sampling of a party's own records: each one by itself, with probability exactly q. spec 02-privacy#sampling-2</summary>
/// <remarks>
/// Pure, given random bytes; thread-safe. Which records were drawn is secret to the party: never log it, never send it, and
/// draw anew in each round.
/// </remarks>
public static class RecordSampling
{
    private const double WordRange = 18_446_744_073_709_551_616.0;

    /// <summary>Draws the records of one round.</summary>
    /// <param name="count">How many records there are, 0 or more.</param>
    /// <param name="rate">q, above 0 to 1, at its exact binary value.</param>
    /// <param name="random">The system's generator outside of tests; eight bytes for each record.</param>
    /// <returns>The indices that take part, ascending; maybe none.</returns>
    /// <exception cref="PrivacyDomainException">q is outside its domain.</exception>
    public static ImmutableArray<int> Draw(int count, double rate, RandomSource random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentNullException.ThrowIfNull(random);
        Domain.Positive(rate, nameof(rate), "It is the probability that one record takes part.");
        if (rate > 1)
        {
            throw new PrivacyDomainException(
                nameof(rate),
                rate,
                "above 0 to 1",
                "It is the probability that one record takes part."
            );
        }

        ImmutableArray<int>.Builder drawn = ImmutableArray.CreateBuilder<int>();
        for (int record = 0; record < count; record++)
        {
            if (rate >= 1 || Happens(rate, random))
            {
                drawn.Add(record);
            }
        }

        return drawn.ToImmutable();
    }

    // A uniform number is compared with q word by word: scaling by 2^64, the integer part and the rest of a double are exact.
    private static bool Happens(double rate, RandomSource random)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        double rest = rate;
        while (rest > 0)
        {
            random.Fill(bytes);
            double scaled = rest * WordRange;
            double digit = Math.Floor(scaled);
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if (word != (ulong)digit)
            {
                return word < (ulong)digit;
            }

            rest = scaled - digit;
        }

        return false;
    }
}
