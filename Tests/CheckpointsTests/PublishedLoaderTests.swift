import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

/// Published checkpoints with a tensor renamed, or its extents in another order: one error, or a tensor that is not read.
@Suite struct PublishedLoaderTests {
    /// A fixture's bytes, header and data apart.
    struct Original {
        let header: String
        let data: Data
        let names: [String]

        init(_ name: String) throws {
            let path = TestSupport.Fixtures.path("published/\(name)/model.safetensors")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
            data = bytes[(8 + length)...]
            names = try SafetensorsFile(path: path).tensors.map(\.name)
        }

        /// Loads the model with another header.
        func load(_ header: String, in folder: TemporaryFolder) throws -> LoadedModel {
            _ = try folder.write("{\"num_heads\": 3}", "config.json")
            return try ModelLoader.load(
                path: folder.write(SafetensorsWriter.file(header: header, data: Array(data)), "model.safetensors"))
        }
    }

    @Test(arguments: ["vitb", "distilled", "hybrid", "acr"])
    func everyTensorThatIsReadIsNeeded(_ name: String) throws {
        let folder = try TemporaryFolder()
        let original = try Original(name)
        let whole = try original.load(original.header, in: folder)
        var (needed, free) = (0, 0)
        for tensor in original.names {
            let renamed = original.header.replacingOccurrences(of: "\"\(tensor)\"", with: "\"\(tensor)_\"")
            #expect(renamed != original.header)
            do {
                let model = try original.load(renamed, in: folder)
                // Without its marks a model may be one of another kind, and its tensors then are left over.
                #expect(whole.ignored.contains(tensor) || model.ignored.count > whole.ignored.count, "\(tensor)")
                free += 1
            } catch let error as FileError {
                #expect(error.kind == .invalid && !whole.ignored.contains(tensor), "\(tensor): \(error)")
                needed += 1
            }
        }
        #expect(needed > original.names.count / 2 && free >= whole.ignored.count)
    }

    @Test(arguments: ["vitb", "hybrid", "acr"])
    func extentsInAnotherOrderAreRefused(_ name: String) throws {
        let folder = try TemporaryFolder()
        let original = try Original(name)
        let whole = try original.load(original.header, in: folder)
        for tensor in whole.tensors where !whole.ignored.contains(tensor.name) {
            let core = tensor.shape.filter { $0 > 1 }
            guard core != core.reversed() else { continue }
            let start = try #require(original.header.range(of: "\"\(tensor.name)\":"))
            let shape = try #require(
                original.header.range(of: "\"shape\":[", range: start.upperBound..<original.header.endIndex))
            let end = try #require(original.header[shape.upperBound...].firstIndex(of: "]"))
            let header = original.header.replacingCharacters(
                in: shape.upperBound..<end, with: tensor.shape.reversed().map(String.init).joined(separator: ","))
            let error = #expect(throws: FileError.self, "\(tensor.name) \(tensor.shape)") {
                try original.load(header, in: folder)
            }
            #expect(error?.kind == .invalid)
        }
    }
}
