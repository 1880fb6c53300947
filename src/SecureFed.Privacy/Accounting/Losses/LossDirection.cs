namespace SecureFed.Privacy;

/// <summary>Which of two neighbouring data sets an adversary's evidence speaks for. The worse one is the guarantee. spec 02-privacy#loss-1</summary>
public enum LossDirection
{
    /// <summary>The one with the unit, against the one from which it was removed.</summary>
    Removing = 1,

    /// <summary>The one without the unit, against the one to which it was added.</summary>
    Adding = 2,
}
