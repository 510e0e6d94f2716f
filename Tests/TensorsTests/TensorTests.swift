import Synchronization
import Testing
import TestSupport
import Tensors

@Suite struct TensorTests {
    @Test func copiesDoNotShareWrites() {
        let a = Tensor(shape: [2, 3], [0, 1, 2, 3, 4, 5])
        var b = a
        b.withUnsafeMutableElements { $0[0] = 9 }
        #expect(a.values == [0, 1, 2, 3, 4, 5])
        #expect(b.values == [9, 1, 2, 3, 4, 5])
        var row = a.rows(1..<2)
        row.withUnsafeMutableElements { $0[2] = 7 }
        #expect(row.values == [3, 4, 7] && row.shape == [1, 3])
        #expect(a[1, 2] == 5)
        #expect(a.reshaped([3, 2])[2, 0] == 4)
    }

    @Test func borrowedMemoryIsNeverWritten() {
        final class Owner: Sendable {}
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: 2)
        defer { memory.deallocate() }
        memory.initialize(repeating: 1, count: 2)
        var tensor = Tensor(shape: [2], borrowing: memory, owner: Owner())
        tensor.withUnsafeMutableElements { $0[0] = 2 }
        #expect(memory[0] == 1 && tensor.values == [2, 1])
    }

    @Test(arguments: [1, 2, 3, 8])
    func everyIndexRunsOnce(threads: Int) {
        let pool = ThreadPool(threads: threads)
        for count in [0, 1, 2, 7, 1000] {
            let tally = (0..<max(count, 1)).map { _ in Counter() }
            for _ in 0..<50 { pool.forEach(count) { tally[$0].add() } }
            #expect(tally.prefix(count).allSatisfy { $0.value == 50 })
        }
    }

    @Test func loopsInsideLoopsAndFromManyThreads() async {
        let pool = ThreadPool(threads: 3)
        let total = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<100 { pool.forEach(5) { _ in pool.forEach(3) { _ in total.add() } } }
                }
            }
        }
        #expect(total.value == 4 * 100 * 5 * 3)
    }

    @Test func gridResamplingKeepsConstantsAndPlanes() {
        let grid = Tensor(shape: [3, 4, 2]) { values in
            for index in 0..<24 { (values.baseAddress! + index).initialize(to: index % 2 == 0 ? 1 : Float(index / 2 % 4)) }
        }
        let same = GridResampling(from: (3, 4), to: (3, 4), filter: .bicubic(a: -0.75), antialias: false)(grid)
        #expect(relativeDeviation(same.values, grid.values) < 1e-6)
        let wide = GridResampling(from: (3, 4), to: (6, 8), filter: .bilinear, antialias: false)(grid)
        for row in 0..<6 {
            for column in 0..<8 {
                #expect(abs(wide[row, column, 0] - 1) < 1e-6)
                #expect(abs(wide[row, column, 1] - min(max((Float(column) + 0.5) / 2 - 0.5, 0), 3)) < 1e-6)
            }
        }
    }

    final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        func add() { count.wrappingAdd(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }
}
