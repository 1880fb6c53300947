namespace SecureFed;

/// <summary>Cuts a stream into lines, in a buffer of twice the longest line.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class AuditLineStream(Stream stream)
{
    private byte[] _buffer = new byte[1 << 14];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>What came next.</summary>
    internal enum State
    {
        /// <summary>Nothing: the stream is over.</summary>
        End = 0,

        /// <summary>A line.</summary>
        Line = 1,

        /// <summary>Bytes without a line break, and then the stream is over.</summary>
        Incomplete = 2,

        /// <summary>More bytes without a line break than a line has.</summary>
        TooLong = 3,
    }

    /// <summary>The next line, without its line break. It holds until the next call.</summary>
    public State Next(out ReadOnlyMemory<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan((_start + searched).._end).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = _buffer.AsMemory(_start, searched + found);
                _start += searched + found + 1;
                return line.Length > AuditLine.MaximumSizeInBytes ? State.TooLong : State.Line;
            }

            searched = _end - _start;
            if (searched > AuditLine.MaximumSizeInBytes || _isAtEnd)
            {
                line = _buffer.AsMemory(_start, searched);
                return searched > AuditLine.MaximumSizeInBytes ? State.TooLong
                    : searched == 0 ? State.End
                    : State.Incomplete;
            }

            Fill();
        }
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isAtEnd = read == 0;
    }
}
