using System.Security.Cryptography;

namespace SecureFed;

/// <summary>Small files that are replaced as a whole: a crash leaves the old one or the new one.</summary>
internal static class FolderFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Creates a folder that only its owner enters, where the system knows such a thing.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnersFolder);
        }
    }

    /// <summary>Writes a file that only its owner reads.</summary>
    /// <exception cref="IOException">It was not written; an old one is unchanged.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string beside = path + ".new";
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (FileStream file = new(beside, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>The same for text of ASCII that is secret, whose bytes are wiped afterwards.</summary>
    public static void ReplaceSecret(string path, ReadOnlySpan<char> text)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(text.Length, pinned: true);
        try
        {
            for (int i = 0; i < text.Length; i++)
            {
                bytes[i] = (byte)text[i];
            }

            Replace(path, bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads ASCII text; the caller wipes it when it is secret.</summary>
    /// <exception cref="IOException">It cannot be read, or is longer than such a file is.</exception>
    public static char[] ReadText(string path, int maximumSize)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > maximumSize)
        {
            throw new IOException($"'{path}' has {file.Length} bytes; at most {maximumSize} are expected.");
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)file.Length, pinned: true);
        file.ReadExactly(bytes);
        char[] text = GC.AllocateUninitializedArray<char>(bytes.Length, pinned: true);
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (char)bytes[i];
        }

        CryptographicOperations.ZeroMemory(bytes);
        return text;
    }
}
