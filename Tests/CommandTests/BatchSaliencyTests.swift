import Foundation
import Images
import Labels
import TestSupport
import Testing

/// `getam label` with saliency that it computes itself.
@Suite struct BatchSaliencyTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    private func preset(_ kind: String) throws -> String {
        try batch.write(#"{"version":1,"saliency":{"from":"\#(kind)"},"completion":{"opening":0}}"#, "\(kind).json")
    }

    /// What is salient by each kind: a picture without a class is unknown there, background elsewhere.
    private func masks(_ kind: String) throws -> [String: [Bool]] {
        let nothing = try batch.write(BatchFolder.names.joined(separator: "\n"), "nothing.txt")
        let outcome = try batch.run("mask-\(kind)", ["--labels", nothing, "--preset", try preset(kind)])
        #expect(outcome.status == 0, "\(outcome.error)")
        var masks: [String: [Bool]] = [:]
        for name in BatchFolder.names {
            let labels = try batch.labels("mask-\(kind)", name)
            #expect(Set(labels.indices).isSubset(of: [0, 255]))
            masks[name] = labels.indices.map { $0 == 255 }
        }
        return masks
    }

    @Test func everyKindIsWhatItSays() throws {
        var found: [String: [String: [Bool]]] = [:]
        for kind in ["none", "barrier", "tokens", "intersection", "union", "mean"] { found[kind] = try masks(kind) }
        for name in BatchFolder.names {
            func mask(_ kind: String) throws -> [Bool] { try #require(found[kind]?[name]) }
            #expect(try !mask("none").contains(true))
            let (barrier, tokens) = (try mask("barrier"), try mask("tokens"))
            #expect(try zip(barrier, tokens).map { $0 && $1 } == mask("intersection"), "\(name)")
            #expect(try zip(barrier, tokens).map { $0 || $1 } == mask("union"), "\(name)")
            for kind in ["barrier", "tokens", "mean"] { #expect(try Set(mask(kind)) == [false, true], "\(kind) of \(name)") }
        }
        #expect(Set(found.values).count == 6)
        // The label of known classes is what the same mask, read from files, makes.
        for kind in ["barrier", "tokens", "intersection", "union", "mean"] {
            #expect(try batch.run("out-\(kind)", ["--preset", try preset(kind)]).status == 0)
            #expect(try batch.run("files-\(kind)", ["--preset", try preset(kind), "--saliency", batch.path("mask-\(kind)")]).status == 0)
            for name in BatchFolder.names {
                #expect(try batch.labels("out-\(kind)", name) == batch.labels("files-\(kind)", name), "\(kind) of \(name)")
            }
        }
        #expect(try batch.labels("out-barrier", "03-dog") != batch.labels("out-tokens", "03-dog"))
    }
}
