import Images
import Tensors

/// A way to make maps follow the edges of the picture they are maps of. Refiners compose in any order.
public protocol PixelRefiner: Sendable {
    /// Refines maps: same classes, same size. Where the work is ended early their values mean nothing.
    ///
    /// - Parameters:
    ///   - maps: K planes at the picture's resolution.
    ///   - guide: the picture; must have the maps' size.
    ///   - memo: what refiners found of the guide before; renewed.
    ///   - checkpoint: called between the steps of the work; what it throws ends the work and is thrown on.
    func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure)
}

extension PixelRefiner {
    /// The refined maps, beside those they are made of.
    public func refine<Failure>(
        _ maps: PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> PixelMaps {
        var result = maps
        try refine(&result, guide: guide, compute: compute, memo: &memo, checkpoint: checkpoint)
        return result
    }

    /// The refined maps, without a stop on the way.
    public func refine(_ maps: PixelMaps, guide: RGBImage, compute: Compute) -> PixelMaps {
        var memo = RefinerMemo()
        return refine(maps, guide: guide, compute: compute, memo: &memo, checkpoint: {})
    }
}

extension Sequence where Element == any PixelRefiner {
    /// The maps after every refiner, first to last.
    public func refine(_ maps: PixelMaps, guide: RGBImage, compute: Compute) -> PixelMaps {
        reduce(maps) { $1.refine($0, guide: guide, compute: compute) }
    }
}
