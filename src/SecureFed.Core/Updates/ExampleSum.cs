namespace SecureFed.Core;

/// <summary>
/// Adds up the vectors of single examples as integers: each is clipped, rounded to the grid and checked by itself, so that
/// one example moves the sum by no more than the plan's bound. spec 02-privacy#records-1
/// </summary>
/// <remarks>Secret to its owner. Not thread-safe. A batch without examples gives zeros, and its party still adds noise.</remarks>
public sealed class ExampleSum
{
    private readonly RandomSource _random;
    private readonly RingVector _sum;
    private bool _isTaken;

    /// <summary>An empty sum.</summary>
    /// <param name="encoding">An encoding with noise.</param>
    /// <param name="random">Decides the rounding, about two bytes per coordinate.</param>
    /// <exception cref="ArgumentException">The encoding has no noise: nothing would hide how one example moves the sum. Or it is compressed and not that of an attempt.</exception>
    public ExampleSum(UpdateEncoding encoding, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        ArgumentNullException.ThrowIfNull(random);
        if (encoding.Noise is null)
        {
            throw new ArgumentException(
                "Examples are clipped one by one for plans with noise. Without noise, contribute the sum as one update.",
                nameof(encoding)
            );
        }

        if (encoding is { IsCompressed: true, Rotation: null })
        {
            throw new ArgumentException(
                "Examples of a compressed round are rotated anew in each attempt. Use the encoding of the attempt: "
                    + "InProcessRound.Encoding, AggregationPlan.EncodingFor or DescriptorRules.EncodingOf.",
                nameof(encoding)
            );
        }

        Encoding = encoding;
        _random = random;
        _sum = new RingVector(encoding.Ring, encoding.RingLength);
    }

    /// <summary>The encoding.</summary>
    public UpdateEncoding Encoding { get; }

    /// <summary>How many examples are in the sum. Derived from data: not for logs.</summary>
    public int Count { get; private set; }

    /// <summary>Clips, rounds and adds the vector of one example.</summary>
    /// <param name="values">float[d], for example a gradient.</param>
    /// <exception cref="UpdateRefusedException">A coordinate is not finite, the length is not the plan's, or the plan's number of examples is reached.</exception>
    /// <exception cref="InvalidOperationException">The sum was taken.</exception>
    public void Add(ReadOnlySpan<float> values)
    {
        RequireOpen();
        if (Count == Encoding.MaximumExamples)
        {
            throw new UpdateRefusedException(
                UpdateFault.TooManyExamples,
                $"The ring is sized for {Encoding.MaximumExamples} examples of one party; this one would be more. "
                    + "Agree on a plan with a larger maximumExamples: at least the records of the largest party."
            );
        }

        ClippedUpdate clipped = ClippedUpdate.Clip(LocalUpdate.Create(values), Encoding);
        _sum.Add(EncodedUpdate.Encode(clipped, _random).Values);
        Count++;
    }

    /// <summary>The sum as one contribution, to which noise is still to be added. Once.</summary>
    public EncodedUpdate Take()
    {
        RequireOpen();
        _isTaken = true;
        return EncodedUpdate.OfExamples(Encoding, _sum);
    }

    /// <summary>The type and the encoding; no value and no count is printed.</summary>
    public override string ToString() => $"{nameof(ExampleSum)}({Encoding})";

    private void RequireOpen()
    {
        if (_isTaken)
        {
            throw new InvalidOperationException("The sum was taken; start another one for the next attempt.");
        }
    }
}
