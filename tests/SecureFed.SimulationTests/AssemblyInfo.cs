// One simulation at a time. Thousands of small secrets in pinned memory make the collector run full collections, and each
// of those walks whatever else is alive: beside a round of hundreds of parties every other class takes four times as long.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
