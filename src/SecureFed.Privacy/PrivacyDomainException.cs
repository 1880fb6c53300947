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

    /// <summary>The value that was given.</summary>
    public double Value { get; }

    /// <summary>What the function accepts, in words.</summary>
    public string Domain { get; }
}
