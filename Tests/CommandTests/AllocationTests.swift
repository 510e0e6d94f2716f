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
}
