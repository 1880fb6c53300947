namespace SecureFed.Core;

/// <summary>Whose presence a promise hides. spec 02-privacy#event-1, 07-registry#privacy-units</summary>
public enum PrivacyUnit
{
    /// <summary>One record of a party, for example one patient's row.</summary>
    Record = 1,

    /// <summary>One party with everything it holds.</summary>
    Client = 2,
}
