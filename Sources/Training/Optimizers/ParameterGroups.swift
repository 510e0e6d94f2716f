import Checkpoints

/// How every tensor of a model that is trained is optimized: its learning rate's factor, and whether its weights decay.
struct ParameterGroups: Sendable {
    struct Group: Sendable {
        /// Places in the arena.
        let range: Range<Int>
        let rateFactor: Float
        let decays: Bool
    }

    let groups: [Group]

    /// - Parameters:
    ///   - headRate: factor for the head and a decoder.
    ///   - layerDecay: factor for each block that lies between a tensor and the head; 1 for none. The embedding lies
    ///     below the first block.
    ///   - trainsDecoder: whether a decoder is trained; one that is not stays as it is, decay and all.
    ///   - patchHeads: the blocks of the patch heads that are trained; the same goes for others.
    init(_ arena: ParameterArena, headRate: Double, layerDecay: Double, trainsDecoder: Bool = false, patchHeads: [Int] = []) {
        let depth = arena.parameters.configuration.depth
        let resting = arena.parameters.patchHeads.map(\.block).filter { !patchHeads.contains($0) }
            .map { "\(ParameterSet.PatchHead.prefix)\($0) " }
        groups = arena.places.filter { place in
            (trainsDecoder || !Self.isDecoder(place.name)) && !Self.isStatistic(place.name)
                && !resting.contains { place.name.hasPrefix($0) }
        }.map { place in
            let below = max(0, depth - Self.level(place.name, depth: depth))
            let factor = Self.isHead(place.name) ? headRate : (0..<below).reduce(1) { factor, _ in factor * layerDecay }
            return Group(range: place.range, rateFactor: Float(factor), decays: Self.decays(place))
        }
    }

    /// Matrices and kernels decay; norms, biases, LayerScale, position embeddings and prefix tokens do not.
    private static func decays(_ place: ParameterArena.Place) -> Bool {
        place.shape.count >= 2 && place.name != "position embedding" && place.name != "prefix tokens"
    }

    private static func isHead(_ name: String) -> Bool {
        ["head ", "distillation head ", "class map ", ParameterSet.PatchHead.prefix].contains { name.hasPrefix($0) } || isDecoder(name)
    }

    private static func isDecoder(_ name: String) -> Bool {
        ["decoder ", "level ", "fusion ", "channel attention ", "squeeze", "excitation", "output", "classifier"].contains { name.hasPrefix($0) }
    }

    /// What a batch norm measures is not optimized.
    private static func isStatistic(_ name: String) -> Bool { name.hasSuffix(" mean") || name.hasSuffix(" variance") }

    /// 0 below the first block, l + 1 in block l, `depth` + 1 above the last.
    private static func level(_ name: String, depth: Int) -> Int {
        if name.hasPrefix("block "), let number = name.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) {
            return number + 1
        }
        let isBelow = ["patch embedding", "prefix tokens", "position embedding", "norm before", "stem", "stage "]
            .contains { name.hasPrefix($0) }
        return isBelow ? 0 : depth + 1
    }
}
