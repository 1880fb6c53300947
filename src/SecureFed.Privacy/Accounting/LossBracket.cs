namespace SecureFed.Privacy;

/// <summary>A number between two proven bounds. spec 02-privacy#loss-2, 02-privacy#loss-3</summary>
/// <param name="Lower">Never above the true number.</param>
/// <param name="Upper">Never below the true number: the one to promise.</param>
/// <param name="IsContinuousEquivalent">
/// True when discrete Gaussian noise was counted as the continuous noise of its parameter: then both bounds are those of the
/// continuous releases and certify nothing about the discrete ones. spec 02-privacy#loss-6
/// </param>
public sealed record LossBracket(double Lower, double Upper, bool IsContinuousEquivalent);
