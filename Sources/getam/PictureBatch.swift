import Foundation
import GETAM
import Synchronization

/// What a batch does with each of its pictures.
protocol PictureWork: Sendable {
    /// What one job computes with.
    associatedtype Engine: Sendable

    /// What is there already of the picture at `path`; asked for only where a run is resumed.
    func standing(_ name: String, path: String) throws -> Standing
    /// - Throws: a failure where the picture's files could not be written, before anything is computed.
    func check(_ name: String) throws
    /// Makes the picture's files.
    func make(_ name: String, path: String, with engine: Engine) throws
    /// Removes what a killed run has left of these pictures' files.
    func removeLeftovers(of names: [String])
    /// Told of a picture that is left out because its files are there.
    func leftOut(_ name: String, path: String)
    /// Told of a picture that failed; its path is nil where it is not there.
    func failed(_ name: String, path: String?, _ error: any Error)
    /// How much of the pictures now being made is done, each counting at most 1; 0 where that is not followed.
    var underway: Double { get }
}

extension PictureWork {
    var underway: Double { 0 }
}

/// Pictures on their way through a work, several at a time.
final class PictureBatch<Work: PictureWork>: Sendable {
    let pictures: [PictureList.Picture]
    let work: Work
    let resumes: Bool

    private let next = Atomic<Int>(0)
    private let summary = Mutex(BatchSummary())

    init(_ pictures: [PictureList.Picture], _ work: Work, resumes: Bool) {
        self.pictures = pictures
        self.work = work
        self.resumes = resumes
    }

    /// Works on all pictures, one job an engine, until done, interrupted, or at an obstacle.
    ///
    /// - Parameter showsProgress: not where lines of the pictures come out on the same terminal.
    func run(_ engines: [Work.Engine], showsProgress: Bool = true) -> BatchSummary {
        if resumes { work.removeLeftovers(of: pictures.map(\.name)) }
        let interruption = Interruption()
        var progress = Progress(total: pictures.count)
        let group = DispatchGroup()
        var started = 0
        for engine in engines {
            group.enter()
            let isStarted = JobThread.start { [self] in
                run(engine, interruption)
                group.leave()
            }
            if isStarted {
                started += 1
            } else {
                group.leave()
            }
        }
        // Without threads of their own the pictures are worked on here.
        if started == 0, let engine = engines.first { run(engine, interruption) }
        while group.wait(timeout: .now() + .milliseconds(200)) == .timedOut {
            guard showsProgress else { continue }
            let now = summary.withLock { $0 }
            progress.show(done: now.made, skipped: now.resumed, failed: now.failures.count, underway: work.underway)
        }
        progress.finish()
        return summary.withLock { summary in
            summary.milliseconds = progress.elapsed
            summary.signal = interruption.signal
            return summary
        }
    }

    private func run(_ engine: Work.Engine, _ interruption: Interruption) {
        while interruption.signal == nil, summary.withLock({ $0.obstacle == nil }) {
            let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard position < pictures.count else { return }
            let name = pictures[position].name
            var found: String?
            do {
                let path = try pictures[position].path()
                found = path
                if OutputNotes.isLabelMap(path) {
                    summary.withLock { $0.labelMaps.append((position, path)) }
                    work.failed(name, path: path, FileError(.invalid, path: path, "is a label map made by getam, no picture"))
                    continue
                }
                let standing = resumes ? try work.standing(name, path: path) : .nothing
                if case .same = standing {
                    summary.withLock { $0.resumed += 1 }
                    work.leftOut(name, path: path)
                    continue
                }
                try work.check(name)
                try work.make(name, path: path, with: engine)
                summary.withLock { summary in
                    summary.made += 1
                    if case .other = standing { summary.remade += 1 }
                }
            } catch is CancellationError where interruption.signal != nil {
                return
            } catch {
                work.failed(name, path: found, error)
                summary.withLock { $0.add(error, of: name, at: position) }
            }
        }
    }
}
