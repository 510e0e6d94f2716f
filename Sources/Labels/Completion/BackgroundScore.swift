import Glibc

extension LabelCompletion {
    /// (1 − activation)^power as Float32 code computes it: the difference rounded to Float32, then a correctly rounded power.
    static func score(_ activation: Float, _ power: Double) -> Float {
        Float(pow(Double(1 - activation), power))
    }
}
