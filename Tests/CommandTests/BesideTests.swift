import Files
import Foundation
import Synchronization
import TestSupport
import Testing

/// Runs beside one another.
@Suite struct BesideTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    /// What a living program holds its lock on stays; what is nobody's goes.
    @Test func leftoversAreWhatNobodyLocks() throws {
        let live = path(".a.png.live.part"), dead = path(".a.png.dead.part")
        for file in [live, dead, path(".b.png.other.part"), path("a.png.part"), path(".a.png.part")] { try folder.write("half", (file as NSString).lastPathComponent) }
        let holder = open(live, O_RDWR)
        #expect(flock(holder, LOCK_EX) == 0)
        try #require(mkfifo(path(".a.png.fifo.part"), 0o600) == 0)
        AtomicFile.removeLeftovers(of: [path("a.png")])
        let left = try Set(FileManager.default.contentsOfDirectory(atPath: folder.path))
        #expect(left == [".a.png.live.part", ".b.png.other.part", "a.png.part", ".a.png.part", ".a.png.fifo.part"])
        // A program that another test just started may hold a copy of the descriptor: the lock itself is given up.
        flock(holder, LOCK_UN)
        close(holder)
        AtomicFile.removeLeftovers(of: [path("a.png")])
        #expect(!AtomicFile.exists(live))
    }

    /// Files are written while others clear up as fast as they can: all of them get their names.
    @Test func writingWhileOthersClearUp() throws {
        let names = (0..<8).map { path("\($0).bin") }
        let shared = Shared()
        let clearing = (0..<2).map { _ in
            shared.thread { while !shared.isDone.load(ordering: .relaxed) { AtomicFile.removeLeftovers(of: names) } }
        }
        let writing = names.map { name in
            shared.thread {
                for round in 0..<60 {
                    do { try AtomicFile.write([UInt8](repeating: UInt8(round), count: 5000), to: name) } catch {
                        shared.failures.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        for end in writing { end.wait() }
        shared.isDone.store(true, ordering: .relaxed)
        for end in clearing { end.wait() }
        #expect(shared.failures.withLock { $0 } == [])
        for name in names { #expect(try Data(contentsOf: URL(filePath: name)) == Data(repeating: 59, count: 5000)) }
    }

    /// What several threads of a test have in common.
    private final class Shared: Sendable {
        let isDone = Atomic(false)
        let failures = Mutex<[String]>([])

        /// Runs `body` on a thread of its own; the semaphore tells of its end.
        func thread(_ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
            let end = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                body()
                end.signal()
            }
            return end
        }
    }

    /// A temporary file that another program removes, lock or no lock, is written again.
    @Test func whatIsRemovedIsWrittenAgain() throws {
        let target = path("large.bin"), watched = folder.path
        let end = Shared().thread {
            for _ in 0..<20_000 {
                let entries = (try? FileManager.default.contentsOfDirectory(atPath: watched)) ?? []
                if let entry = entries.first(where: { $0.hasSuffix(".part") }) {
                    unlink(watched + "/" + entry)
                    return
                }
                if entries.contains("large.bin") { return }
                usleep(50)
            }
        }
        try AtomicFile.write([UInt8](repeating: 7, count: 64 << 20), to: target)
        end.wait()
        #expect(try FileManager.default.attributesOfItem(atPath: target)[.size] as? Int == 64 << 20)
        #expect(try FileManager.default.contentsOfDirectory(atPath: watched) == ["large.bin"])
    }

    /// Several programs with --resume over the same pictures: every one ends well.
    @Test func severalRunsOverOneFolder() throws {
        let batch = try BatchFolder()
        let outcome = try Program.run(
            ["-c", """
                for i in 1 2 3; do "$@" 2>/dev/null & pids="$pids $!"; done
                for i in 1 2 3 4 5 6; do timeout -s KILL 0.2 "$@" 2>/dev/null; done
                for pid in $pids; do wait $pid || exit 1; done
                """, "bash", try Program.path.get()] + batch.arguments("out", ["--resume", "--jobs", "1"]),
            executable: "/bin/bash")
        #expect(outcome.status == 0, "\(outcome.error)")
        for name in BatchFolder.names { _ = try batch.labels("out", name) }
        #expect(try batch.run("out", ["--resume"]).status == 0)
        #expect(try !batch.entries("out").contains { $0.hasSuffix(".part") })
    }
}
