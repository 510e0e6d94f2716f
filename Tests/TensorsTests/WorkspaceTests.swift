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
        // A quarter more than what was in use at once.
        #expect(workspace.idleCount <= 5 * 200_064 * 5 / 4)
        #expect(workspace.idleCount >= 5 * 200_000)
        workspace.trim()
        #expect(workspace.idleCount == 0)
    }

    /// A pass takes many sizes, some of them for a moment; the second pass finds every block of the first.
    @Test func aSecondPassFindsTheBlocksOfTheFirst() {
        let workspace = Workspace()
        func pass() -> Set<UnsafeMutablePointer<Float>> {
            var kept: [Workspace.Buffer] = [], addresses: Set<UnsafeMutablePointer<Float>> = []
            for layer in 0..<12 {
                let scratch = workspace.take(layer == 0 ? 147_456 : 148_224)
                kept.append(workspace.take(37_056))
                kept.append(workspace.take(120_448))
                addresses.formUnion([scratch.base, kept[kept.count - 1].base, kept[kept.count - 2].base])
            }
            return addresses
        }
        _ = pass()
        let second = pass(), count = workspace.idleCount
        for _ in 0..<5 { #expect(pass() == second) }
        #expect(workspace.idleCount == count)
    }
}
