/// How a map is drawn larger than its patches.
public enum Sampling: String, Sendable, Hashable, CaseIterable {
    /// Bilinear between the patch centers.
    case smooth
    /// Every patch a square of one color.
    case patches
}
