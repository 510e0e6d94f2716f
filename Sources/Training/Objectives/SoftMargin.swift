import Glibc

/// The multi-label soft margin: for logits y and targets t of 0 or 1, the mean over the classes of
/// −(t·log σ(y) + (1 − t)·log σ(−y)) (PyTorch's `multilabel_soft_margin_loss`).
enum SoftMargin {
    /// The loss of one picture.
    ///
    /// - Parameter gradient: where its derivatives by the logits times `weight` are put.
    static func evaluate(
        _ logits: UnsafeBufferPointer<Float>, classes: Set<Int>, weight: Float, into gradient: UnsafeMutablePointer<Float>
    ) -> Double {
        var value = 0.0
        let share = 1 / Double(max(logits.count, 1))
        for (index, logit) in logits.enumerated() {
            let isThere = classes.contains(index)
            // log(1 + e^−z) without overflow, z the logit towards the target.
            let z = isThere ? Double(logit) : -Double(logit)
            value += (max(-z, 0) + log1p(exp(-abs(z)))) * share
            let sigmoid = 1 / (1 + exp(-Double(logit)))
            gradient[index] = Float((sigmoid - (isThere ? 1 : 0)) * share) * weight
        }
        return value
    }
}
