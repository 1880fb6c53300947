namespace SecureFed.IntegrationTests.Storage;

/// <summary>The store in memory keeps the contract.</summary>
public sealed class InMemoryRoundStoreTests : RoundStoreContract
{
    protected override IRoundStore Store { get; } = new InMemoryRoundStore();
}

/// <summary>The store in a folder keeps the contract.</summary>
public sealed class FileRoundStoreTests : RoundStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("securefed-store-").FullName;

    public FileRoundStoreTests() => Store = new FileRoundStore(_folder);

    protected override IRoundStore Store { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
