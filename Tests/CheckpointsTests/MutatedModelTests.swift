import Checkpoints
import Files
import Foundation
import Testing
import TestSupport

@Suite struct MutatedModelTests {
    /// The same sequence at every run (SplitMix64).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    /// A header or configuration with a few bytes changed loads, or ends in one line; nothing else.
    @Test func changedHeadersAndConfigsEndInOneLine() throws {
        let folder = try TemporaryFolder()
        let weights = SafetensorsWriter.timm().file()
        let weightsPath = try folder.write(weights, "model.safetensors")
        let config = Array(
            """
            {"architecture":"x","global_pool":"token","label_names":["a","b","c"],"problem_type":"y",
             "model_args":{"img_size":12,"patch_size":4,"num_heads":2,"depth":2},
             "pretrained_cfg":{"input_size":[3,12,12],"mean":[0.1,0.2,0.3],"std":[1,2,3],"interpolation":"bilinear"}}
            """.utf8)
        let configPath = try folder.write(config, "config.json")
        let headerCount = weights.count - SafetensorsWriter.timm().entries.reduce(0) { $0 + $1.bytes.count }
        var generator = Generator(state: 2)
        let digits = Array("0123456789-\"[]{},.:e".utf8)
        var (loaded, refused) = (0, 0)
        for round in 0..<3000 {
            let (path, bytes, count) =
                round.isMultiple(of: 4) ? (configPath, config, config.count) : (weightsPath, weights, headerCount)
            let handle = try #require(FileHandle(forUpdatingAtPath: path))
            defer { try? handle.close() }
            var positions: [Int] = []
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<count, using: &generator)
                let value = digits.randomElement(using: &generator) ?? 0
                positions.append(position)
                try handle.seek(toOffset: UInt64(position))
                try handle.write(contentsOf: [value])
            }
            do throws(FileError) {
                _ = try ModelLoader.load(path: folder.path)
                loaded += 1
            } catch {
                refused += 1
                #expect(!error.description.contains("\n") && error.description.utf8.count < 2000)
            }
            for position in positions {
                try handle.seek(toOffset: UInt64(position))
                try handle.write(contentsOf: [bytes[position]])
            }
        }
        #expect(loaded > 20 && refused > 1000)
    }
}
