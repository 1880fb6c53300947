using SecureFed.Tests.Shared;

namespace SecureFed.ArchitectureTests;

/// <summary>The lists that the banned-symbol analyser enforces at build time, read here for the scan of what was built.</summary>
internal sealed class BannedSymbols
{
    // The compiler's own code for iterators asks which thread runs it; no source line can be told from it.
    private const string IteratorThreadCheck = "System.Environment::get_CurrentManagedThreadId";

    private readonly HashSet<string> _types = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);

    private BannedSymbols() { }

    /// <summary>Reads lists under src by file name.</summary>
    public static BannedSymbols Read(params string[] fileNames)
    {
        BannedSymbols banned = new();
        foreach (string line in fileNames.SelectMany(name => File.ReadLines(RepositoryFolders.InRoot("src", name))))
        {
            string symbol = line.Split(';')[0].Trim();
            if (symbol.Length > 2)
            {
                banned.Add(symbol[0], symbol[2..]);
            }
        }

        return banned;
    }

    /// <summary>Whether the lists forbid a use.</summary>
    public bool Forbids(MemberUse use)
    {
        string member = $"{use.Type}::{use.Member}";
        return member != IteratorThreadCheck && (_types.Contains(use.Type) || _members.Contains(member));
    }

    private void Add(char kind, string symbol)
    {
        if (kind == 'T')
        {
            _types.Add(symbol);
            return;
        }

        string path = symbol.Split('(')[0];
        int dot = path.LastIndexOf('.');
        string prefix = kind == 'P' ? "get_" : string.Empty;
        _members.Add($"{path[..dot]}::{prefix}{path[(dot + 1)..]}");
    }
}
