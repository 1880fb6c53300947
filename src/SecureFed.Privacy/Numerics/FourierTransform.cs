namespace SecureFed.Privacy.Numerics;

/// <summary>The discrete Fourier transform of a power of two of complex numbers, by halving, with a proven bound of its rounding error.</summary>
/// <remarks>Immutable and thread-safe. Own code, because the bound holds for this algorithm and these factors only.</remarks>
internal sealed class FourierTransform
{
    /// <summary>
    /// What one level of halving adds to the relative error of the Euclidean norm, in units of roundoff, from above: 6.7 with
    /// factors that are right to one unit (Higham, Accuracy and Stability of Numerical Algorithms, theorem 24.2).
    /// </summary>
    public const double RoundoffsPerLevel = 8;

    private readonly double[] _cosines;
    private readonly double[] _sines;

    /// <param name="size">A power of two, at least 2.</param>
    public FourierTransform(int size)
    {
        Size = size;
        _cosines = new double[size / 2];
        _sines = new double[size / 2];
        for (int i = 0; i < size / 2; i++)
        {
            // Turns, not radians: the argument of every factor is exact.
            _cosines[i] = double.CosPi(2.0 * i / size);
            _sines[i] = double.SinPi(2.0 * i / size);
        }
    }

    /// <summary>How many numbers are transformed.</summary>
    public int Size { get; }

    /// <summary>X[k] = Σ x[j]·e^(−2πi·jk/Size), in place.</summary>
    public void Forward(Span<double> real, Span<double> imaginary)
    {
        Reorder(real, imaginary);
        for (int half = 1; half < Size; half *= 2)
        {
            int stride = Size / (2 * half);
            for (int start = 0; start < Size; start += 2 * half)
            {
                Span<double> lowReal = real.Slice(start, half);
                Span<double> highReal = real.Slice(start + half, half);
                Span<double> lowImaginary = imaginary.Slice(start, half);
                Span<double> highImaginary = imaginary.Slice(start + half, half);
                for (int i = 0; i < lowReal.Length; i++)
                {
                    double cosine = _cosines[i * stride];
                    double sine = _sines[i * stride];
                    double productReal = (highReal[i] * cosine) + (highImaginary[i] * sine);
                    double productImaginary = (highImaginary[i] * cosine) - (highReal[i] * sine);
                    highReal[i] = lowReal[i] - productReal;
                    highImaginary[i] = lowImaginary[i] - productImaginary;
                    lowReal[i] += productReal;
                    lowImaginary[i] += productImaginary;
                }
            }
        }
    }

    /// <summary>The inverse of <see cref="Forward"/>, in place.</summary>
    public void Inverse(Span<double> real, Span<double> imaginary)
    {
        // Real and imaginary parts exchanged before and after turn one direction into the other.
        Forward(imaginary, real);
        double scale = 1.0 / Size;
        for (int i = 0; i < Size; i++)
        {
            real[i] *= scale;
            imaginary[i] *= scale;
        }
    }

    private void Reorder(Span<double> real, Span<double> imaginary)
    {
        int mirrored = 0;
        for (int i = 1; i < Size; i++)
        {
            int bit = Size / 2;
            for (; (mirrored & bit) != 0; bit /= 2)
            {
                mirrored ^= bit;
            }

            mirrored |= bit;
            if (i < mirrored)
            {
                (real[i], real[mirrored]) = (real[mirrored], real[i]);
                (imaginary[i], imaginary[mirrored]) = (imaginary[mirrored], imaginary[i]);
            }
        }
    }
}
