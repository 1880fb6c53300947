using System.Reflection;

namespace SecureFed.Samples.Shared;

/// <summary>When and by what a report was written; given to the page, so that the same result makes the same page.</summary>
/// <param name="Written">The time.</param>
/// <param name="Version">The version of the library.</param>
public sealed record ReportStamp(DateTimeOffset Written, string Version)
{
    /// <summary>Now, by this program.</summary>
    public static ReportStamp Now()
    {
        string version =
            typeof(AggregationPlan)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion
            ?? "unknown";

        // What follows the plus names a build, not a version.
        return new ReportStamp(TimeProvider.System.GetUtcNow(), version.Split('+')[0]);
    }
}
