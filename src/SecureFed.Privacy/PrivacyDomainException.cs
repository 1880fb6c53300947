using System.Globalization;

namespace SecureFed.Privacy;

/// <summary>A number lies outside the domain of a privacy function. No number is returned in its place.</summary>
public sealed class PrivacyDomainException : ArgumentException
{
    internal PrivacyDomainException(string parameter, double value, string domain, string remedy)
        : base(
            string.Create(CultureInfo.InvariantCulture, $"{parameter} must be {domain}; got {value:R}. {remedy}"),
            parameter
        ) => (Value, Domain) = (value, domain);

    /// <summary>The same for plans that are made of such numbers.</summary>
    /// <param name="parameter">The number's name.</param>
    /// <param name="value">What was given.</param>
    /// <param name="domain">What is accepted, in words that follow "must be".</param>
    /// <param name="remedy">What to do, as a sentence.</param>
    public static PrivacyDomainException Of(string parameter, double value, string domain, string remedy) =>
        new(parameter, value, domain, remedy);

    /// <summary>The value that was given.</summary>
    public double Value { get; }

    /// <summary>What the function accepts, in words.</summary>
    public string Domain { get; }
}
