import Checkpoints
import Foundation
import TestSupport
import Testing

/// `LoadedModel.fingerprint`: equal for copies, another for every other content.
@Suite struct FingerprintTests {
    private static let files = ["config.json", "model.safetensors"]

    private func copy(_ folder: TemporaryFolder, _ change: (String, inout [UInt8]) -> Void = { _, _ in }) throws -> String {
        for file in Self.files {
            var bytes = Array(try Data(contentsOf: URL(filePath: Fixtures.model("bf16") + "/\(file)")))
            change(file, &bytes)
            try folder.write(bytes, file)
        }
        return try ModelLoader.load(path: folder.path).fingerprint()
    }

    @Test func contentAloneDecides() throws {
        let original = try ModelLoader.load(path: Fixtures.model("bf16")).fingerprint()
        #expect(original.count == 16 && original.allSatisfy { $0.isHexDigit })
        let folder = try TemporaryFolder()
        #expect(try copy(folder) == original)
        // One bit of a weight: at every place within a step of 32 bytes, and in the rest behind the last step.
        var seen: Set<String> = [original]
        for back in 1...70 {
            seen.insert(try copy(folder) { file, bytes in
                if file == "model.safetensors" { bytes[bytes.count - back] ^= 1 }
            })
        }
        // Swapped halves of the same step, and a blank more in the configuration.
        seen.insert(try copy(folder) { file, bytes in
            guard file == "model.safetensors" else { return }
            let end = bytes.count - 64
            for offset in 0..<8 { bytes.swapAt(end + offset, end + 8 + offset) }
        })
        seen.insert(try copy(folder) { file, bytes in if file == "config.json" { bytes.append(0x0A) } })
        #expect(seen.count == 73)
    }
}
