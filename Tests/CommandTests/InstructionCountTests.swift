import Foundation
import TestSupport
import Testing

/// What a pass costs, in instructions.
@Suite struct InstructionCountTests {
    /// Within 3 % of the committed figures, where valgrind is installed.
    @Test(.enabled(if: Program.isOptimized, "the figures are those of a release build"))
    func passesCostWhatTheyDid() throws {
        let script = Fixtures.root.appending(path: "Tests/Scripts/count-instructions.sh").path
        let outcome = try Program.run(["/bin/sh", script, try Program.path.get()], executable: "/usr/bin/env")
        #expect(outcome.status == 0 || outcome.status == 77, "\(outcome.text)\(outcome.error)")
    }
}
