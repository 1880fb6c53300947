namespace SecureFed.Samples.Shared;

/// <summary>The second comparison of a demonstration: the small network, trained by the same rounds as the logistic model.</summary>
/// <param name="Plan">The plan of its rounds.</param>
/// <param name="Secure">The secure training.</param>
/// <param name="Baselines">What it is compared with.</param>
public sealed record NetworkResult(AggregationPlan Plan, TrainingResult Secure, HospitalBaselines Baselines)
{
    /// <summary>|secure − plain| in AUC on the held-out rows.</summary>
    public double Gap => Math.Abs(Secure.Evaluation.Auc!.Value - Baselines.Plain.Evaluation.Auc!.Value);
}
