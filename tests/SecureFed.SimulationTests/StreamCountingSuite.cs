using SecureFed.Core;
using SecureFed.Protocol;
using SecureFed.Testing;
using SecureFed.Tests.Shared;

namespace SecureFed.SimulationTests;

/// <summary>The toy suite of a server that counts mask keystreams and keeps every combined secret and imported key; it can fail on demand.</summary>
internal sealed class StreamCountingSuite() : ForwardingSuite(TestSuite.Instance)
{
    private readonly Lock _lock = new();
    private int _live;
    private int _imports;

    /// <summary>The stream, counted from 1, that cannot be made; 0 for none.</summary>
    public int FailsAtStream { get; init; }

    /// <summary>The combination, counted from 1, that gives another secret; 0 for none.</summary>
    public int LiesAtCombination { get; init; }

    public int Created { get; private set; }

    public int MostLive { get; private set; }

    public int Live => _live;

    public int LiveImports => _imports;

    public List<SecretBytes> Combined { get; } = [];

    public override MaskKeystream CreateKeystream(SecretBytes key)
    {
        lock (_lock)
        {
            if (++Created == FailsAtStream)
            {
                throw new IOException("no more streams");
            }

            MostLive = Math.Max(MostLive, ++_live);
        }

        return new Counted(this, base.CreateKeystream(key));
    }

    public override AgreementKeyPair? TryImportPrivateKey(SecretBytes privateKey)
    {
        AgreementKeyPair? pair = base.TryImportPrivateKey(privateKey);
        if (pair is null)
        {
            return null;
        }

        Interlocked.Increment(ref _imports);
        return new CountedPair(this, pair);
    }

    public override SecretBytes? TryAgree(AgreementKeyPair own, ReadOnlySpan<byte> peerPublicKey) =>
        base.TryAgree(own is CountedPair counted ? counted.Inner : own, peerPublicKey);

    public override ShareCombiner CreateCombiner(ReadOnlySpan<ushort> xs) =>
        new KeepingCombiner(this, xs, base.CreateCombiner(xs));

    private sealed class KeepingCombiner(StreamCountingSuite suite, ReadOnlySpan<ushort> xs, ShareCombiner inner)
        : ShareCombiner(xs)
    {
        protected override SecretBytes Interpolate(ReadOnlySpan<SecretBytes> shares)
        {
            SecretBytes combined = inner.Combine(shares);
            if (suite.Combined.Count + 1 == suite.LiesAtCombination)
            {
                combined.Dispose();
                combined = SecretBytes.CopyFrom(new byte[SecretSizeInBytes]);
            }

            suite.Combined.Add(combined);
            return combined;
        }
    }

    private sealed class Counted(StreamCountingSuite suite, MaskKeystream inner) : MaskKeystream
    {
        private bool _disposed;

        public override void AddTo(Span<uint> lanes, long firstLane) => inner.AddTo(lanes, firstLane);

        public override void SubtractFrom(Span<uint> lanes, long firstLane) => inner.SubtractFrom(lanes, firstLane);

        public override void AddTo(Span<ulong> lanes, long firstLane) => inner.AddTo(lanes, firstLane);

        public override void SubtractFrom(Span<ulong> lanes, long firstLane) => inner.SubtractFrom(lanes, firstLane);

        public override void Dispose()
        {
            if (!_disposed)
            {
                _disposed = true;
                Interlocked.Decrement(ref suite._live);
                inner.Dispose();
            }
        }
    }

    private sealed class CountedPair(StreamCountingSuite suite, AgreementKeyPair inner) : AgreementKeyPair
    {
        public AgreementKeyPair Inner { get; } = inner;

        public override ReadOnlyMemory<byte> PublicKey => Inner.PublicKey;

        public override SecretBytes CopyPrivateKey() => Inner.CopyPrivateKey();

        public override void Dispose()
        {
            Interlocked.Decrement(ref suite._imports);
            Inner.Dispose();
        }
    }
}
