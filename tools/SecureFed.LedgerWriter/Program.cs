using System.Globalization;
using System.Text;
using SecureFed;
using SecureFed.Core;
using SecureFed.LedgerWriter;
using SecureFed.Privacy;

// path, name of this life, how many charges, "charge" or "release-first".
if (args is not [string path, string life, string most, "charge" or "release-first"])
{
    Console.Error.WriteLine("usage: <ledger> <life> <charges> charge|release-first");
    return WriterExit.Usage;
}

bool releasesFirst = string.Equals(args[3], "release-first", StringComparison.Ordinal);
using Stream output = Console.OpenStandardOutput();
FileLedger ledger;
try
{
    ledger = FileLedger.Open(path, WrittenLedger.Owner, WrittenLedger.Budget);
}
catch (StorageInUseException)
{
    return WriterExit.InUse;
}

using (ledger)
{
    for (int i = 0; i < int.Parse(most, CultureInfo.InvariantCulture); i++)
    {
        PrivacyCharge charge = WrittenLedger.Charge($"{life}/{i}");
        if (releasesFirst)
        {
            // What a ledger forbids: seen before it is charged, and killed in between.
            Release(charge);
            _ = Console.In.Read();
        }

        ledger.Charge(charge);
        Release(charge);
    }

    // Holds the file until somebody kills it, or until whoever started it is gone.
    _ = Console.In.Read();
}

return WriterExit.Done;

// One write of less than a pipe's atomic size: a reader sees all of a line or nothing of it.
void Release(PrivacyCharge charge)
{
    PrivacyLedger now = ledger.Current;
    output.Write(
        Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{charge.Reference} {now.Entries} {now.Head} {now.Spent:R}\n")
        )
    );
    output.Flush();
}
