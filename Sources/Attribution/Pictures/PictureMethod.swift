import Checkpoints
import Tensors
import VisionTransformer

/// A method that follows gradients to the picture itself, or asks what the model makes of changed pictures: one map for the whole
/// model, which stands for every layer's.
///
/// Pictures are those that the model reads: normalized, so that zero is the mean color of what it was trained on. Values are summed
/// over a patch's pixels and channels.
public protocol PictureMethod: ClassMethod {
    /// A map a target.
    func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap]
}

/// A picture method that follows gradients to the pixels.
public protocol PixelMethod: PictureMethod {}

extension PixelMethod {
    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.head == .none ? ModelConfiguration.headlessObstacle : configuration.pixelObstacle
    }
}

extension PictureMethod {
    public var axes: QuantityAxes { [.target, .layer] }
    public var fusion: MapFusion { .last }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try values(of: trace, model: model, request: request, isCancelled: isCancelled, progress: { _, _ in }, each: each)
    }

    /// As ``Quantity/values(of:model:request:isCancelled:each:)``.
    ///
    /// - Parameters:
    ///   - isCancelled: asked between passes.
    ///   - progress: told between passes how many of how many are done.
    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        progress: (_ done: Int, _ total: Int) -> Void, each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        if isCancelled() { throw CancellationError() }
        guard model.configuration.head != .none else { throw ModelError.noHead }
        // Targets are checked before much is done.
        for target in request.targets { _ = try target.value(of: trace) }
        let maps = try withoutActuallyEscaping(isCancelled) { isCancelled in
            try withoutActuallyEscaping(progress) { progress in
                try self.maps(
                    of: trace, targets: request.targets,
                    passes: PicturePasses(model: model, ablations: trace.ablations, isCancelled: isCancelled, progress: progress))
            }
        }
        for layer in request.layers.reversed() {
            for (position, map) in maps.enumerated() { each(QuantityPlace(target: position, layer: layer), .map(map)) }
        }
    }
}

/// Passes over many pictures made of one. Each has a thread to itself: that takes less time than all threads on every one.
public struct PicturePasses {
    let model: VisionTransformer
    let ablations: HeadAblations
    let isCancelled: () -> Bool
    let progress: (_ done: Int, _ total: Int) -> Void

    /// Calls `body` for every number of `0..<count`, on several threads, and `each` with what it gives, in order, on this one.
    ///
    /// - Throws: what `body` throws; `CancellationError`.
    func forEach<Result>(_ count: Int, _ body: (Int) throws -> Result, each: (Int, Result) -> Void) throws {
        let part = 2 * model.compute.pool.threads
        for start in stride(from: 0, to: count, by: part) {
            if isCancelled() { throw CancellationError() }
            progress(start, count)
            let size = min(part, count - start)
            var results = [Swift.Result<Result, any Error>?](repeating: nil, count: size)
            results.withUnsafeMutableBufferPointer { results in
                guard let out = results.baseAddress else { return }
                model.compute.pool.forEach(size) { place in out[place] = Swift.Result { try body(start + place) } }
            }
            for (place, result) in results.enumerated() {
                if let value = try result?.get() { each(start + place, value) }
            }
        }
        if isCancelled() { throw CancellationError() }
        progress(count, count)
    }

    /// A pass over a changed picture.
    func forward(_ pixels: Tensor) throws -> Trace { try model.forward(pixels, options: ForwardOptions(ablations: ablations)) }

    /// What the targets are for a changed picture.
    func values(_ targets: [ClassTarget], of pixels: Tensor) throws -> [Double] {
        let trace = try forward(pixels)
        return try targets.map { try $0.value(of: trace) }
    }

    /// The same, of a logit its class's probability.
    func probabilities(_ targets: [ClassTarget], of pixels: Tensor) throws -> [Double] {
        try probabilities(targets, of: try forward(pixels))
    }

    func probabilities(_ targets: [ClassTarget], of trace: Trace) throws -> [Double] {
        let known = model.configuration.probability(trace.logits)
        return try targets.map { target in
            if case .logit(let index) = target { return Double(known[index]) }
            return try target.value(of: trace)
        }
    }

    /// The targets' gradients by a picture's pixels, `[targets, channels, height, width]`.
    func gradient(_ targets: [ClassTarget], of pixels: Tensor) throws -> Tensor { try gradient(targets, of: try forward(pixels)) }

    func gradient(_ targets: [ClassTarget], of trace: Trace) throws -> Tensor {
        try model.pixelGradient(
            of: trace, from: Cotangents(logits: ClassTarget.cotangents(targets, of: trace, model.configuration)))
    }
}

extension PatchMap {
    /// The sum over each patch's pixels and channels of what `value` makes of a place in `[channels, height, width]`.
    static func sums(over pixels: Tensor, _ configuration: ModelConfiguration, _ value: (_ place: Int) -> Double) -> PatchMap {
        let patch = configuration.patch, (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2])
        var map = PatchMap.zeros(.init(height: height / patch.height, width: width / patch.width))
        for index in map.values.indices {
            let (top, left) = (index / map.columns * patch.height, index % map.columns * patch.width)
            var sum = 0.0
            for channel in 0..<channels {
                for y in top..<top + patch.height {
                    let line = (channel * height + y) * width
                    for place in line + left..<line + left + patch.width { sum += value(place) }
                }
            }
            map.values[index] = Float(sum)
        }
        return map
    }
}
