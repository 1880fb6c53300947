namespace SecureFed.Privacy.Losses;

/// <summary>The discretised losses that an accountant and those composed from it have made, and their transforms.</summary>
/// <remarks>Thread-safe. Forgets everything when it holds more than a fixed number of masses.</remarks>
internal sealed class LossCache
{
    private const long MostMasses = 2_000_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(PrivacyEvent, double Step, double Tail, double Limit), Directions> _known = [];
    private readonly Dictionary<int, Numerics.FourierTransform> _transforms = [];
    private long _held;

    /// <summary>What was made before, or made now.</summary>
    public Directions Of((PrivacyEvent Release, double Step, double Tail, double Limit) key, Func<Directions> make)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(key, out Directions? known))
            {
                return known;
            }
        }

        Directions made = make();
        lock (_lock)
        {
            if (_held > MostMasses)
            {
                _known.Clear();
                _held = 0;
            }

            _known[key] = made;
            _held += made.Removing.Index.Length + made.Adding.Index.Length;
        }

        return made;
    }

    /// <summary>The transform of a size.</summary>
    public Numerics.FourierTransform Transform(int size)
    {
        lock (_lock)
        {
            if (!_transforms.TryGetValue(size, out Numerics.FourierTransform? transform))
            {
                transform = new(size);
                _transforms[size] = transform;
            }

            return transform;
        }
    }

    /// <summary>The losses of one release in both directions.</summary>
    public sealed record Directions(LossMasses Removing, LossMasses Adding)
    {
        public LossMasses In(LossDirection direction) => direction == LossDirection.Removing ? Removing : Adding;
    }
}
