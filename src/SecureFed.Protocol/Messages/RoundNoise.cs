using SecureFed.Core;

namespace SecureFed.Protocol;

/// <summary>The noise of a round, and what it is meant to hide. spec 05-transport#descriptor-1, 02-privacy#shares-1</summary>
/// <remarks>Immutable. The encoding carries any of these values; <see cref="DescriptorRules"/> says which make a round.</remarks>
/// <param name="Terms">Share variance, examples and divisor, which the ring and the mean follow from.</param>
/// <param name="Unit">Whose presence it hides.</param>
/// <param name="Relation">How neighbouring data sets differ.</param>
/// <param name="SamplingRate">q: with which probability a party takes each of its records, independently and unseen; 1 for all of them.</param>
public sealed record RoundNoise(SumNoise Terms, PrivacyUnit Unit, NeighbouringRelation Relation, double SamplingRate);
