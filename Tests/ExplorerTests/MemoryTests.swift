import Explorer
import Testing
import TestSupport

/// Pictures, maps and labels keep to one limit, and what is shown is never forgotten.
@Suite struct MemoryTests {
    /// The megabytes that `:memory` says.
    private func held(_ explorer: inout ScriptedExplorer) -> (all: Double, limit: Double) {
        explorer.send(.showMemory)
        let words = (explorer.state.message?.text ?? "").split(separator: " ")
        func megabytes(_ place: Int) -> Double {
            guard words.indices.contains(place + 1), let value = Double(words[place]) else { return .infinity }
            return words[place + 1].hasPrefix("KB") ? value / 1000 : words[place + 1].hasPrefix("MB") ? value : value / 1e6
        }
        return (megabytes(1), megabytes(4))
    }

    @Test(arguments: 0..<3) func randomUseKeepsToTheLimit(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let limit = 6_000_000
        var explorer = ScriptedExplorer(pictures: 60, cacheLimit: limit)
        let keys = ["n", "n", "p", "j", "k", "a", "v", "m", "space", "]", "["]
        var most = 0.0
        for step in 0..<1200 {
            explorer.press(keys.randomElement(using: &random) ?? "n")
            guard step % 20 == 0 else { continue }
            let (all, stated) = held(&explorer)
            #expect(stated == Double(limit) / 1e6)
            most = max(most, all)
            #expect(explorer.state.isIdle)
        }
        #expect(most <= Double(limit) / 1e6 && most > Double(limit) / 4e6, "\(most)")
        #expect(explorer.state.cachedPictures < 60)
    }

    @Test func whatTheEngineHoldsIsSaid() {
        var explorer = ScriptedExplorer()
        explorer.send(.engineHolds(bytes: 123_400_000))
        explorer.send(.showMemory)
        #expect(explorer.state.message?.text.contains("passes 123.4 MB") == true)
    }
}
