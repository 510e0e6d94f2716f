/// Which places of a map its pixels are read at when it is enlarged.
public enum Upsampling: String, Sendable, Hashable, CaseIterable {
    /// The corner patches' middles lie on the corner pixels' (align_corners), as the published code of arXiv 2112.02841 has it.
    case corners
    /// Patches lie where they were cut from the picture (half-pixel centers).
    case centers

    /// For each of `size` pixels the cell before it and how far it is to the next.
    func places(_ size: Int, _ cells: Int) -> [(cell: Int, weight: Float)] {
        let corner = size > 1 ? Float(cells - 1) / Float(size - 1) : 0
        let center = Float(cells) / Float(max(size, 1))
        return (0..<size).map { index in
            let place =
                switch self {
                case .corners: corner * Float(index)
                case .centers: min(max((Float(index) + 0.5) * center - 0.5, 0), Float(cells - 1))
                }
            let cell = min(Int(place), cells - 1)
            return (cell, min(max(place - Float(cell), 0), 1))
        }
    }
}
