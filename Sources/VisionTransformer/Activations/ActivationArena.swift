import Checkpoints
import Synchronization
import Tensors

/// All that the passes of a training step keep, in one block of memory: the activations of so many pictures at once, seen through
/// named views with shapes (ActivationTable.swift). Made before the first step; a pass takes a picture's views and gives them back
/// with its trace.
package final class ActivationArena: Sendable {
    /// In the block's order.
    package let places: [ParameterArena.Place]
    /// Elements in the block, gaps included.
    package let count: Int
    /// Pictures that have views.
    package let pictures: Int
    private let grid: VisionTransformer.Grid
    private let taps: Set<Int>
    /// One for each picture; free where nothing else refers to it.
    private let traces: Mutex<[Trace]>
    private let block: MemoryBlock<Float>
    /// Where the block begins.
    var base: UnsafePointer<Float> { UnsafePointer(block.base) }

    init(_ model: VisionTransformer, _ extents: PassExtents, taps: Set<Int>, pictures: Int) {
        let sketch = ArenaPlan()
        for picture in 0..<pictures {
            sketch.picture = picture
            _ = PictureViews(model, extents, taps: taps, in: sketch)
        }
        block = MemoryBlock(count: sketch.count)
        let plan = ArenaPlan(block)
        let traces = (0..<pictures).map { picture in
            plan.picture = picture
            return Trace(
                grid: .init(height: extents.grid.rows, width: extents.grid.columns), prefixTokens: extents.prefix,
                views: PictureViews(model, extents, taps: taps, in: plan))
        }
        (places, count, self.pictures) = (plan.places, plan.count, pictures)
        (grid, self.taps) = (extents.grid, taps)
        self.traces = Mutex(traces)
    }

    /// Gives back what the traces of passes that are over hold beside their views.
    func release() {
        traces.withLock { traces in
            for index in traces.indices where isKnownUniquelyReferenced(&traces[index]) { traces[index].begin() }
        }
    }

    /// A trace with a picture's views, for a pass over `grid` that keeps the tokens after `taps`; nil where the arena is for other
    /// passes, or all its pictures are in use.
    func trace(_ grid: VisionTransformer.Grid, taps: Set<Int>) -> Trace? {
        guard grid == self.grid, taps.isSubset(of: self.taps) else { return nil }
        return traces.withLock { traces in
            for index in traces.indices where isKnownUniquelyReferenced(&traces[index]) {
                atomicMemoryFence(ordering: .acquiring)
                return traces[index]
            }
            return nil
        }
    }
}

/// Lays views side by side: without a block it finds how long that must be, with one it hands them out.
final class ArenaPlan: ActivationMemory {
    private(set) var places: [ParameterArena.Place] = []
    private(set) var count = 0
    /// The picture whose views follow.
    var picture = 0
    private var part = ""
    private let block: MemoryBlock<Float>?

    init(_ block: MemoryBlock<Float>? = nil) { self.block = block }

    /// The views that follow belong to `part`.
    func begin(_ part: String) { self.part = part }

    func view(_ name: StaticString, _ rows: Int, _ columns: Int?, _ depth: Int?) -> Workspace.Buffer {
        let place = ParameterArena.Place(
            name: "picture \(picture) \(part.isEmpty ? "" : part + " ")\(name)", shape: [rows, columns, depth].compactMap(\.self),
            offset: count)
        places.append(place)
        // Whole cache lines.
        let size = max(16, (place.count + 15) & ~15)
        count += size
        return block.map { Workspace.Buffer(size: size, in: $0, at: place.offset) } ?? Workspace.Buffer(planned: size)
    }
}

extension VisionTransformer {
    /// Makes an arena for the activations of passes that keep what the parameters' gradients need; the passes take it from then on.
    ///
    /// - Parameters:
    ///   - size: of the input in pixels.
    ///   - taps: the blocks whose tokens passes may keep.
    ///   - pictures: whose traces stand at once.
    package func reserve(_ size: ModelConfiguration.Size, taps: Set<Int>, pictures: Int) {
        let patch = configuration.patch
        let grid = Grid(rows: size.height / patch.height, columns: size.width / patch.width)
        let arena = ActivationArena(self, extents(grid), taps: taps, pictures: pictures)
        reserved.withLock { $0 = arena }
        workspace.hold()
    }

    /// The arena that passes take; nil where none was made.
    package var activations: ActivationArena? { reserved.withLock { $0 } }

    /// Of passes over `grid`.
    func extents(_ grid: Grid) -> PassExtents {
        PassExtents(sizes: sizes, grid: grid, prefix: configuration.prefixTokens, rotation: rotation(for: grid))
    }
}
