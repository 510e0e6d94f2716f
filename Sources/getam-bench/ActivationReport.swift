import Foundation
import GETAM

/// What the passes of a training run have for memory, view by view.
struct ActivationReport {
    private let lanes: [(arena: ActivationArena, between: [(size: Int, buffers: Int)])]

    init(_ lanes: [(arena: ActivationArena, between: [(size: Int, buffers: Int)])]) { self.lanes = lanes }

    /// - Parameter isWhole: whether every view of a picture gets a line.
    func run(isWhole: Bool) throws {
        func mebibytes(_ floats: Int) -> Double { Double(floats) * 4 / 1_048_576 }
        for (index, (arena, between)) in lanes.enumerated() {
            let own = arena.places.prefix { $0.name.hasPrefix("picture 0 ") }
            try Output.line(String(
                format: "activations at once %d: %d picture%@ of %d views, %.1f MiB; between them %d pieces, %.1f MiB", index, arena.pictures,
                arena.pictures == 1 ? "" : "s", own.count, mebibytes(arena.count), between.reduce(0) { $0 + $1.buffers },
                mebibytes(between.reduce(0) { $0 + $1.size * $1.buffers })))
            guard isWhole, index == 0 else { continue }
            for place in own {
                let shape = place.shape.map(String.init).joined(separator: " × ")
                try Output.line(String(
                    format: "     %@ %@ %10.3f MiB", place.name.dropFirst(10).padding(toLength: 40, withPad: " ", startingAt: 0),
                    shape.padding(toLength: 20, withPad: " ", startingAt: 0), mebibytes(place.count)))
            }
        }
    }
}
