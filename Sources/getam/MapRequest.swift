import Foundation
import GETAM

/// Which maps `getam map` makes of a picture.
struct MapRequest: Sendable {
    let method: any MapMethod
    /// The classes named; empty is the most probable one.
    let classes: [Int]
    let layers: ClosedRange<Int>
    /// Whether the layers are kept apart.
    let perLayer: Bool
    let input: InputOptions

    /// The maps of one picture.
    struct Maps {
        let picture: RGBImage
        /// A row a class, of one map or one a layer.
        let maps: [[PatchMap]]
        /// The classes of the rows; empty for a method that needs none.
        let classes: [Int]
        let logits: [Float]
    }

    /// Runs the passes.
    ///
    /// - Parameter repeats: how often; what each took is added to the timings.
    func maps(path: String, with model: VisionTransformer, repeats: Int = 1, timings: inout Timings) throws -> Maps {
        let configuration = model.configuration
        let (picture, pixels) = try timings.measure(.decode) {
            let picture = try InputOptions.picture(path)
            return (picture, try input.tensor(picture, for: configuration))
        }
        var maps: [[PatchMap]] = [], wanted = classes, logits: [Float] = []
        for _ in 0..<repeats {
            let trace = try timings.measure(.forward) { try model.forward(pixels) }
            logits = trace.logits
            if let method = method as? any ClassFreeMethod {
                maps = [try timings.measure(.map) { try model.layerMaps(of: trace, method: method, layers: layers) }]
                continue
            }
            guard let method = method as? any ClassMethod else { continue }
            if wanted.isEmpty { wanted = logits.indices.max { logits[$0] < logits[$1] }.map { [$0] } ?? [] }
            maps = try timings.measure(.backward) {
                try model.layerMaps(of: trace, classes: wanted, method: method, layers: layers)
            }
        }
        if !perLayer { maps = maps.map { method.fusion.fused($0).map { [$0] } ?? [] } }
        return Maps(picture: picture, maps: maps, classes: wanted, logits: logits)
    }

    /// The layers that the map at a place of its row is of.
    func layers(at offset: Int) -> ClosedRange<Int> {
        perLayer ? layers.lowerBound + offset...layers.lowerBound + offset : layers
    }

    /// `fused 6-11  cat  getam`: what the map at a place is of.
    func title(_ maps: Maps, row: Int, offset: Int, _ configuration: ModelConfiguration) -> String {
        let range = layers(at: offset)
        let layer = range.count == 1 ? "layer \(range.lowerBound)" : "fused \(range.lowerBound)-\(range.upperBound)"
        // A method that needs no class has one row of maps, which is no class's.
        let name = maps.classes.indices.contains(row) ? "  " + configuration.distinctClassNames[maps.classes[row]] : ""
        return "\(layer)\(name)  \(method.identifier)"
    }
}
