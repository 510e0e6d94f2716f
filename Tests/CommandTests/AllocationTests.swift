import Foundation
import PTYSupport
import TestSupport
import Testing

/// What passes allocate in the steady state: their results, and nothing else.
@Suite struct AllocationTests {
    /// `getam-bench passes` counts every call of malloc and its kin; the last column is the count of one pass.
    ///
    /// A forward pass may make its trace, logits, features and the list of blocks; a backward pass a map for each class and
    /// layer (12 in the bundled model) and what leads it.
    @Test(.enabled(if: Program.isOptimized, "without optimization Swift allocates closures")) func onlyResults() throws {
        let outcome = try Program.run(
            ["passes", "--repeat", "3", "--threads", "2"], executable: PTYSession.builtProduct("getam-bench"))
        #expect(outcome.status == 0, "\(outcome.error)")
        let counts = outcome.lines.filter { $0.contains("GFLOP") == false && $0.contains(" ms ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        try #require(counts.count == 3, "\(outcome.text)")
        for (count, results) in zip(counts, [0, 12, 36]) { #expect(count >= results && count <= results + 8, "\(outcome.text)") }
    }

    /// A step of training takes no memory: passes, losses, optimizer, moving mean, and the reading of its pictures. libpng and zlib, which
    /// decode the label maps of joint steps, take some of their own.
    @Test(.enabled(if: Program.isOptimized, "without optimization Swift allocates closures")) func stepsTakeNothing() throws {
        let folder = try TemporaryFolder()
        for index in 0..<4 {
            let (width, height) = (96, 64)
            let samples = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* (index + 3) &+ $0 / 97) }
            try Data(Array("P6 \(width) \(height) 255\n".utf8) + samples).write(to: URL(filePath: "\(folder.path)/\(index).ppm"))
        }
        let outcome = try Program.run(
            ["train", "--size", "64", "--batch", "4", "--steps", "12", "--threads", "2", "--images", folder.path],
            executable: PTYSession.builtProduct("getam-bench"))
        #expect(outcome.status == 0, "\(outcome.error)")
        let lines = outcome.lines.filter { $0.contains(" allocations a step") }
        try #require(lines.count == 2, "\(outcome.text)")
        for line in lines { #expect(line.contains(", 0 allocations a step, "), "\(line)") }
        #expect(lines[0].hasSuffix(", 0 of the decoding libraries"), "\(lines[0])")
        // A picture's passes by themselves.
        let passes = outcome.lines.filter { $0.hasPrefix("forward, training") || $0.hasPrefix("backward, training") }
        #expect(passes.count == 2 && passes.allSatisfy { $0.hasSuffix(" 0") }, "\(passes)")
    }
}
