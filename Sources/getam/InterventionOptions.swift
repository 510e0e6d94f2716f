import ArgumentParser
import GETAM

/// The heads that take no part in a pass.
struct AblationOptions: ParsableArguments {
    @Option(
        name: .customLong("ablate"),
        help: ArgumentHelp(
            "Make a head's output zero, or with :mean its mean over all tokens: LAYER.HEAD, both counted from 0; repeatable.",
            valueName: "layer.head"),
        completion: .attentionHeads)
    var ablated: [HeadAblation] = []

    /// The heads, which the model must have.
    func checked(_ configuration: ModelConfiguration) throws -> HeadAblations {
        let ablations = HeadAblations(ablated)
        do { try ablations.check(depth: configuration.depth, heads: configuration.heads) } catch {
            throw CommandFailure(.usage, "--ablate: \(error)")
        }
        return ablations
    }
}

/// The patches that take part in a pass.
struct RegionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Remove a box of patches, COLUMN,ROW-COLUMN,ROW from 0 at the top left: their tokens are dropped; repeatable.",
            valueName: "region"))
    var remove: [PatchBox] = []
    @Option(help: ArgumentHelp("Keep a box of patches alone, less what is removed; repeatable.", valueName: "region"))
    var keep: [PatchBox] = []

    /// The patches that take part in a pass over a picture; nil for all.
    func patches(of pixels: Tensor, _ configuration: ModelConfiguration) throws -> Set<Int>? {
        guard !remove.isEmpty || !keep.isEmpty else { return nil }
        let grid = ModelConfiguration.Size(
            height: pixels.shape[1] / configuration.patch.height, width: pixels.shape[2] / configuration.patch.width)
        func patches(_ boxes: [PatchBox], _ option: String) throws -> [Int] {
            do { return try boxes.flatMap { try $0.patches(in: grid) } } catch { throw CommandFailure(.usage, "\(option): \(error)") }
        }
        let kept = keep.isEmpty ? Set(0..<grid.height * grid.width) : Set(try patches(keep, "--keep"))
        let left = kept.subtracting(try patches(remove, "--remove"))
        guard !left.isEmpty else {
            // What is kept is a patch at least.
            throw CommandFailure(
                .usage, (keep.isEmpty ? "--remove leaves" : "--keep and --remove leave")
                    + " no patch of the picture's \(grid.width)×\(grid.height): there is nothing to look at")
        }
        return left
    }
}

extension HeadAblations {
    /// The heads as they are written; nil for none.
    var descriptions: [String]? {
        isEmpty ? nil : words
    }
}

extension HeadAblation: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension PatchBox: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
