using SecureFed.Core;

namespace SecureFed.Testing;

/// <summary>A disk with one file that loses what was not flushed: all of it, its end, or the fact that it was cut.</summary>
/// <remarks>By a seed. Not thread-safe.</remarks>
public sealed class SimulatedDisk
{
    private readonly SeededRandomSource _random;
    private readonly List<(long Position, byte[]? Bytes)> _unsynced = [];
    private byte[] _durable = [];
    private byte[] _seen = [];
    private int _steps;

    /// <summary>An empty file.</summary>
    /// <param name="seed">Decides what a crash leaves.</param>
    public SimulatedDisk(ulong seed) => _random = new SeededRandomSource(seed, "simulated disk");

    /// <summary>After how many writes, flushes and cuts the process dies, counted from the last restart.</summary>
    public int CrashAfter { get; set; } = int.MaxValue;

    /// <summary>What is durable.</summary>
    public ReadOnlyMemory<byte> Durable => _durable;

    /// <summary>Opens the file after a start or a crash; what was not flushed is gone or torn.</summary>
    public IStorageFile Open()
    {
        _steps = 0;
        LoseUnsynced();
        _seen = _durable;
        return new OpenFile(this);
    }

    /// <summary>Puts an older copy in its place.</summary>
    public void Restore(ReadOnlyMemory<byte> copy) => _durable = copy.ToArray();

    // A write that was not flushed leaves nothing, a part, all of it, or a part that ends in zeros: the length got to the
    // disk and the content did not. A cut that was not flushed (no bytes) happened or did not.
    private void LoseUnsynced()
    {
        foreach ((long position, byte[]? bytes) in _unsynced)
        {
            if (position > _durable.Length)
            {
                break;
            }

            if (bytes is null)
            {
                _durable = _random.Next(2) == 0 ? _durable[..(int)position] : _durable;
                continue;
            }

            int kept = _random.Next(4) == 0 ? bytes.Length : _random.Next(bytes.Length + 1);
            byte[] part = bytes[..kept];
            if (_random.Next(4) == 0)
            {
                // Zeros appear only where the file grew: what was overwritten is either old or new.
                int grown = (int)Math.Clamp(_durable.Length - position, 0, kept);
                part.AsSpan(Math.Max(grown, _random.Next(kept + 1))).Clear();
            }

            _durable = Overwrite(_durable, position, part);
        }

        _unsynced.Clear();
    }

    private void Step()
    {
        if (_steps++ == CrashAfter)
        {
            throw new SimulatedCrashException(CrashAfter);
        }
    }

    private static byte[] Overwrite(byte[] file, long position, ReadOnlySpan<byte> bytes)
    {
        byte[] result = new byte[Math.Max(file.Length, position + bytes.Length)];
        file.CopyTo(result, 0);
        bytes.CopyTo(result.AsSpan((int)position));
        return result;
    }

    private sealed class OpenFile(SimulatedDisk disk) : IStorageFile
    {
        public string Name => "simulated file";

        public byte[] ReadAll() => [.. disk._seen];

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            disk.Step();
            disk._unsynced.Add((position, bytes.ToArray()));
            disk._seen = Overwrite(disk._seen, position, bytes);
        }

        public void SetLength(long length)
        {
            disk.Step();
            disk._unsynced.Add((length, null));
            disk._seen = disk._seen[..(int)length];
        }

        public void Flush()
        {
            disk.Step();
            disk._durable = disk._seen;
            disk._unsynced.Clear();
        }

        public void Dispose() { }
    }
}
