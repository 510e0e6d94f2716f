import Testing
import Tensors

@Suite struct WorkspaceTests {
    @Test func oneSizeIsFoundAgain() {
        let workspace = Workspace()
        let address = { workspace.take(1000).base }
        let first = address()
        for _ in 0..<10 { #expect(address() == first) }
        #expect(workspace.idleCount == 1024)
    }

    @Test func manySizesDoNotPileUp() {
        let workspace = Workspace()
        for size in 1...200 {
            let kept = (0..<5).map { _ in workspace.take(size * 1000) }
            #expect(kept.count == 5)
        }
        // What the last size used, and at most what was in use when it came.
        #expect(workspace.idleCount <= 2 * 5 * 200_064)
        workspace.trim()
        #expect(workspace.idleCount == 0)
    }
}
