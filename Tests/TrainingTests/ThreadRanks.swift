import Foundation
import Training

/// Ranks that are threads of one process.
final class ThreadRanks: Ranks, @unchecked Sendable {
    let rank: Int
    var count: Int { meeting.count }
    private let meeting: Meeting

    private init(_ rank: Int, _ meeting: Meeting) { (self.rank, self.meeting) = (rank, meeting) }

    /// Runs `body` for each of `count` ranks at once; what each returned, or failed with, in order.
    static func run<Value>(_ count: Int, _ body: @escaping @Sendable (ThreadRanks) throws -> Value) -> [Result<Value, any Error>] {
        let meeting = Meeting(count), ended = DispatchSemaphore(value: 0)
        let results = Results<Value>(), lock = NSLock()
        for rank in 0..<count {
            let thread = Thread {
                let result = Result { try body(ThreadRanks(rank, meeting)) }
                lock.withLock { results.values[rank] = result }
                ended.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        for _ in 0..<count { ended.wait() }
        return (0..<count).compactMap { results.values[$0] }
    }

    private final class Results<Value>: @unchecked Sendable {
        var values: [Int: Result<Value, any Error>] = [:]
    }

    func gather(_ values: [Double]) -> [[Double]] { meeting.meet(rank, values) }

    func exchange(_ own: UnsafePointer<Float>, _ size: Int, into pieces: UnsafeMutablePointer<Float>) {
        let all: [[Float]] = meeting.meet(rank, Array(UnsafeBufferPointer(start: own, count: count * size)))
        for other in 0..<count { for place in 0..<size { pieces[other * size + place] = all[other][rank * size + place] } }
    }

    func share(_ all: UnsafeMutablePointer<Float>, _ size: Int) {
        let pieces: [[Float]] = meeting.meet(rank, Array(UnsafeBufferPointer(start: all + rank * size, count: size)))
        for other in 0..<count { for place in 0..<size { all[other * size + place] = pieces[other][place] } }
    }

    func spread(_ values: UnsafeMutablePointer<Float>, _ size: Int) {
        let all: [[Float]] = meeting.meet(rank, Array(UnsafeBufferPointer(start: values, count: size)))
        for place in 0..<size { values[place] = all[0][place] }
    }

    func leave() { _ = gather([]) }
    func end(status: Int32) {}

    /// Where all bring something and take what all brought.
    private final class Meeting: @unchecked Sendable {
        let count: Int
        private let condition = NSCondition()
        private var brought: [Int: Any] = [:], taken: [Any] = [], round = 0

        init(_ count: Int) { self.count = count }

        func meet<Value>(_ rank: Int, _ value: Value) -> [Value] {
            condition.lock()
            defer { condition.unlock() }
            brought[rank] = value
            if brought.count == count {
                taken = (0..<count).compactMap { brought[$0] }
                brought = [:]
                round += 1
                condition.broadcast()
            } else {
                let mine = round
                while round == mine { condition.wait() }
            }
            return taken.compactMap { $0 as? Value }
        }
    }
}
