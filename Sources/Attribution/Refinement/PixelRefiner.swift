import Images
import Tensors

/// A way to make maps follow the edges of the picture they are maps of. Refiners compose in any order.
public protocol PixelRefiner: Sendable {
    /// The refined maps: same classes, same size.
    ///
    /// - Parameters:
    ///   - maps: K planes at the picture's resolution.
    ///   - guide: the picture; must have the maps' size.
    func refine(_ maps: PixelMaps, guide: RGBImage, compute: Compute) -> PixelMaps
}

extension Sequence where Element == any PixelRefiner {
    /// The maps after every refiner, first to last.
    public func refine(_ maps: PixelMaps, guide: RGBImage, compute: Compute) -> PixelMaps {
        reduce(maps) { $1.refine($0, guide: guide, compute: compute) }
    }
}
