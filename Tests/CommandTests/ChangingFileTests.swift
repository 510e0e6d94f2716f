import Files
import Foundation
import Synchronization
import TestSupport
import Testing

/// Files that other programs change while they are read.
@Suite struct ChangingFileTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    private func path(_ name: String) -> String { batch.path(name) }

    /// Pictures are cut and written anew, over and over: errors of those pictures, and nothing worse.
    @Test func picturesRewrittenInPlace() throws {
        let pictures = try BatchFolder.names.map { name in
            (path("images/\(name).jpg"), [UInt8](try Data(contentsOf: URL(filePath: path("images/\(name).jpg")))))
        }
        let writer = Writer()
        let end = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            while !writer.isDone.load(ordering: .relaxed) {
                for (path, bytes) in pictures {
                    let file = open(path, O_WRONLY | O_TRUNC)
                    for start in stride(from: 0, to: bytes.count, by: 4096) {
                        _ = bytes[start..<min(start + 4096, bytes.count)].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    }
                    close(file)
                }
            }
            end.signal()
        }
        for _ in 0..<4 {
            let outcome = try batch.run("out")
            #expect([0, 65].contains(outcome.status), "\(outcome.status) \(outcome.error)")
            let reasons = ["is empty", "ends early", "was changed while it was read", "cannot be decoded", "damaged"]
            for line in outcome.errorLines where line.contains(".jpg: ") {
                #expect(reasons.contains { line.contains($0) }, "\(line)")
            }
        }
        writer.isDone.store(true, ordering: .relaxed)
        end.wait()
        #expect(try batch.run("out").status == 0)
    }

    private final class Writer: Sendable {
        let isDone = Atomic(false)
    }

    /// Of a mapped file that is cut short what is gone reads as zeros, on every thread, and the file says so.
    @Test func mappedFilesCutShort() throws {
        let size = 1 << 20
        let file = try batch.folder.write([UInt8](repeating: 1, count: size), "mapped.bin")
        func sum(_ mapped: MappedFile) -> Int {
            let total = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: 8) { part in
                let own = mapped.withBytes { bytes in bytes[part * size / 8..<(part + 1) * size / 8].reduce(0) { $0 + Int($1) } }
                total.wrappingAdd(own, ordering: .relaxed)
            }
            return total.load(ordering: .relaxed)
        }
        let mapped = try MappedFile(path: file)
        #expect(sum(mapped) == size && mapped.isWhole)
        truncate(file, 10_000)
        #expect(sum(mapped) == 10_000 && !mapped.isWhole)
        #expect(throws: FileError.self) { try mapped.check() }
        // Also where the length is as before, and another file at the same address is watched anew.
        for _ in 0..<3 {
            try Data(repeating: 1, count: size).write(to: URL(filePath: file))
            let again = try MappedFile(path: file)
            #expect(sum(again) == size && again.isWhole)
            let descriptor = open(file, O_WRONLY)
            usleep(20_000)
            _ = write(descriptor, "2", 1)
            close(descriptor)
            #expect(!again.isWhole)
        }
        // Another file under the name is none of its business.
        try Data(repeating: 1, count: size).write(to: URL(filePath: file))
        let kept = try MappedFile(path: file)
        try AtomicFile.write([3], to: file)
        #expect(sum(kept) == size && kept.isWhole)
    }

    /// A model cut short or overwritten under a batch: one line, 65, and no label from what is left of it.
    @Test(arguments: ["truncate -s 5000", "truncate -s 0", "dd if=/dev/zero conv=notrunc bs=1k count=64 status=none of="])
    func aModelChangedInUse(_ change: String) throws {
        let model = try Fixtures.writeModelUsedInPlace(path("model"))
        let command = change.hasSuffix("of=") ? "\(change)'\(model)'" : "\(change) '\(model)'"
        let outcome = try Program.run(
            ["-c", """
                "$@" & pid=$!
                for i in $(seq 3000); do set -- "$0"/*.png; [ -e "$1" ] && break; sleep 0.01; done
                \(command); wait $pid
                """, path("out"), try Program.path.get()] + batch.arguments("out", ["--jobs", "2", "--threads", "2", "-m", path("model")]),
            executable: "/bin/bash")
        #expect(outcome.status == 65 && outcome.isOneLine, "\(outcome.status) \(outcome.error)")
        #expect(outcome.error.contains("model.safetensors: the model was changed while it was in use"), "\(outcome.error)")
        // What was written before is right.
        #expect(try batch.run("whole").status == 0)
        let whole = try batch.contents("whole")
        for (name, bytes) in try batch.contents("out") {
            #expect(!name.hasPrefix("."))
            let (a, b) = (try batch.labels("out", String(name.dropLast(4))), try batch.labels("whole", String(name.dropLast(4))))
            #expect(a == b || bytes == whole[name], "\(name)")
        }
    }
}
