using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureFed.Core;

namespace SecureFed.Privacy;

/// <summary>
/// Exact samples of the discrete Gaussian N_Z(0, σ²): P(k) ∝ e^(−k²/2σ²) on all integers k. Canonne, Kamath and Steinke,
/// NeurIPS 2020, algorithms 1 to 3. spec 02-privacy#sampler-1
/// </summary>
/// <remarks>
/// Integers only: no number here is rounded, so the distribution is the one that the accountants assume. The time of a
/// draw depends on what is drawn; draw whole vectors before the data is touched and release at a fixed time
/// (spec 02-privacy#sampler-4). Not thread-safe. Dispose of it: the words it has drawn ahead are wiped.
/// </remarks>
[Secret]
public sealed class DiscreteGaussianSampler : IDisposable
{
    /// <summary>The largest σ²: 2^58.</summary>
    public const long MaximumVariance = 1L << 58;

    /// <summary>The first 256 bits of e^−1, most significant word first.</summary>
    private static ReadOnlySpan<uint> InverseE =>
        [0x5e2d58d8, 0xb3bcdf1a, 0xbadec782, 0x9054f90d, 0xda9805aa, 0xb56c7733, 0x3024b9d0, 0xa507daed];

    private const int WordsAhead = 4096;

    // The leading bits of a fraction that decide nearly every comparison: its numerator and denominator then fit a word.
    private const int LeadingBits = 28;
    private const int LargestQuickCount = 15;

    private readonly RandomSource _random;
    private readonly uint[] _words = GC.AllocateUninitializedArray<uint>(WordsAhead, pinned: true);
    private int _next = WordsAhead;

    private readonly ulong _variance;
    private readonly uint _scale;
    private readonly uint _unevenWords;
    private readonly UInt128 _denominator;
    private readonly int _shift;
    private readonly ulong _leadingDenominator;

    /// <summary>Prepares to draw.</summary>
    /// <param name="variance">σ², the parameter of the distribution, 1 to 2^58; its true variance is slightly smaller.</param>
    /// <param name="random">About 50 bytes for each sample. In a product the system's generator, and never one that makes keys of masks.</param>
    /// <exception cref="PrivacyDomainException">σ² is outside its domain.</exception>
    public DiscreteGaussianSampler(long variance, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (variance is < 1 or > MaximumVariance)
        {
            throw new PrivacyDomainException(
                nameof(variance),
                variance,
                "from 1 to 2^58 squared grid units",
                "Take a coarser grid for more noise, a finer one for less."
            );
        }

        _random = random;
        _variance = (ulong)variance;
        _scale = FloorOfRoot(_variance) + 1;
        _unevenWords = (uint)((1UL << 32) % (2 * _scale));
        _denominator = (UInt128)(2 * _variance) * ((ulong)_scale * _scale);
        _shift = Math.Max(0, 128 - (int)UInt128.LeadingZeroCount(_denominator) - LeadingBits);
        _leadingDenominator = (ulong)(_denominator >> _shift);
    }

    /// <summary>Fills a vector with independent samples.</summary>
    /// <param name="samples">Overwritten.</param>
    /// <exception cref="CryptographicException">The random source gives the same word over and over.</exception>
    public void Fill(Span<long> samples)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = Draw();
        }
    }

    /// <summary>Wipes the words drawn ahead.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_words.AsSpan()));
        _next = WordsAhead;
    }

    /// <summary>The type only.</summary>
    public override string ToString() => nameof(DiscreteGaussianSampler);

    // spec 02-privacy#sampler-2: a discrete Laplace sample of scale t = ⌊σ⌋ + 1, accepted with probability
    // e^(−(|y| − σ²/t)²/2σ²).
    private long Draw()
    {
        while (true)
        {
            uint restAndSign = Below(2 * _scale);
            uint rest = restAndSign >> 1;
            if (!WithProbabilityOfExponential(rest))
            {
                continue;
            }

            ulong magnitude = rest;
            while (WithProbabilityOfInverseE())
            {
                magnitude += _scale;
            }

            bool isNegative = (restAndSign & 1) != 0;
            if ((isNegative && magnitude == 0) || !IsAccepted(magnitude))
            {
                continue;
            }

            return isNegative ? -(long)magnitude : (long)magnitude;
        }
    }

    // Uniform on 0 … bound − 1 (Lemire, ACM TOMACS 29, 2019).
    private uint Below(uint bound)
    {
        while (true)
        {
            ulong product = (ulong)Next() * bound;
            if ((product & uint.MaxValue) >= _unevenWords)
            {
                return (uint)(product >> 32);
            }
        }
    }

    // e^(−numerator/t) for 0 ≤ numerator < t: true when the first comparison that fails has an odd number.
    private bool WithProbabilityOfExponential(uint numerator)
    {
        ulong denominator = _scale;
        bool answer = true;
        while (IsBelow(Next(), numerator, denominator))
        {
            answer = !answer;
            denominator += _scale;
        }

        return answer;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool WithProbabilityOfInverseE()
    {
        uint word = Next();
        return word != InverseE[0] ? word < InverseE[0] : IsRestBelowInverseE();
    }

    private bool IsRestBelowInverseE()
    {
        foreach (uint digit in InverseE[1..])
        {
            uint word = Next();
            if (word != digit)
            {
                return word < digit;
            }
        }

        throw new InvariantViolatedException("256 random bits are not those of a constant");
    }

    // (|y| − σ²/t)²/2σ² = (|y|·t − σ²)²/(2σ²t²)
    private bool IsAccepted(ulong magnitude)
    {
        ulong beyond = Math.BigMul(magnitude, _scale, out ulong scaled);
        if (beyond != 0)
        {
            // The exponent is above 1,900, and only draws of probability below 2^-90 come here at all.
            const int CertainRefusals = 1900;
            for (int i = 0; i < CertainRefusals; i++)
            {
                if (!WithProbabilityOfInverseE())
                {
                    return false;
                }
            }

            throw new InvariantViolatedException("an event of probability below 2^-2700 does not happen");
        }

        ulong distance = scaled >= _variance ? scaled - _variance : _variance - scaled;
        ulong high = Math.BigMul(distance, distance, out ulong low);
        UInt128 numerator = new(high, low);
        while (numerator >= _denominator)
        {
            if (!WithProbabilityOfInverseE())
            {
                return false;
            }

            numerator -= _denominator;
        }

        ulong leading = (ulong)(numerator >> _shift);
        bool answer = true;
        for (uint k = 1; IsBelow(Next(), numerator, leading, k); k++)
        {
            answer = !answer;
        }

        return answer;
    }

    // spec 02-privacy#sampler-3: whether a uniform number, of which `word` are the first 32 bits, is below
    // numerator/denominator.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsBelow(uint word, uint numerator, ulong denominator)
    {
        if (denominator > uint.MaxValue)
        {
            return IsExactlyBelow(word, numerator, denominator);
        }

        // At most 2^64 − 1: nothing wraps.
        ulong product = unchecked(word * denominator);
        ulong bound = (ulong)numerator << 32;
        return unchecked(product + denominator) <= bound
            || (product < bound && IsRestBelow(unchecked(bound - product), denominator));
    }

    // The same for numerator/(k·D): the leading bits decide unless they are too close.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsBelow(uint word, UInt128 numerator, ulong leading, uint k)
    {
        if (k > LargestQuickCount)
        {
            return IsExactlyBelow(word, numerator, _denominator * k);
        }
        // At most 2^32·2^28·15: nothing wraps.
        unchecked
        {
            ulong upper = (_leadingDenominator + 1) * k;
            ulong lower = _leadingDenominator * k;
            return (word + 1UL) * upper <= leading << 32
                || (word * lower < (leading + 1) << 32 && IsExactlyBelow(word, numerator, _denominator * k));
        }
    }

    private bool IsExactlyBelow(uint word, UInt128 numerator, UInt128 denominator)
    {
        UInt128 rest = numerator;
        for (int bit = 31; bit >= 0; bit--)
        {
            rest <<= 1;
            bool isSet = rest >= denominator;
            if (isSet)
            {
                rest -= denominator;
            }

            bool isSetInWord = ((word >> bit) & 1) != 0;
            if (isSet != isSetInWord)
            {
                return isSet;
            }
        }

        return IsRestBelow(rest, denominator);
    }

    // All bits so far are equal: what is left of the fraction is compared with further words.
    private bool IsRestBelow(UInt128 numerator, UInt128 denominator) =>
        numerator != 0 && IsExactlyBelow(Next(), numerator, denominator);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Next()
    {
        if (_next == WordsAhead)
        {
            Refill();
        }

        return _words[unchecked(_next++)];
    }

    private void Refill()
    {
        _random.Fill(MemoryMarshal.AsBytes(_words.AsSpan()));
        if (!_words.AsSpan().ContainsAnyExcept(_words[0]))
        {
            // Rejection on such words would never end.
            throw new CryptographicException(
                "The random source gave one word over and over. No noise is made with it; check the generator."
            );
        }

        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(_words, _words);
        }

        _next = 0;
    }

    private static uint FloorOfRoot(ulong value)
    {
        ulong root = (ulong)Math.Sqrt(value);
        while (root * root > value)
        {
            root--;
        }

        while ((root + 1) * (root + 1) <= value)
        {
            root++;
        }

        return (uint)root;
    }
}
