import Checkpoints
import Files
import Foundation
import Labels
import Tensors
import Testing
import TestSupport

/// Label files and class maps as other programs pickle them (Tests/Fixtures/readers, by make_readers.py).
@Suite struct ForeignFileTests {
    private static func path(_ name: String) -> String { Fixtures.path("readers/\(name)") }

    private static func table<Value: Decodable>(_ name: String, _: Value.Type) throws -> [String: Value] {
        try JSONDecoder().decode([String: Value].self, from: Data(contentsOf: URL(filePath: path(name))))
    }

    @Test(arguments: try table("labels.json", [String: [String]].self).sorted { $0.key < $1.key })
    func labels(_ name: String, _ pictures: [String: [String]]) throws {
        let labels = try ImageLabels.read(path: Self.path("labels/\(name)"))
        #expect(labels.entries.count == pictures.count)
        for (picture, classes) in pictures {
            #expect(labels.classes(of: picture) == classes, "\(picture)")
            #expect(labels.classes(of: "folder/\(picture).jpg") == classes, "\(picture)")
        }
        #expect(labels.classes(of: "2007_000033") == nil && labels.classes(of: "other") == nil)
    }

    @Test func numbersOfPictures() {
        let labels = ImageLabels([
            .init("2007000032", ["a"], isNumber: true), .init("9", ["b"], isNumber: true), .init("17", ["c"], isNumber: false),
        ])
        #expect(labels.classes(of: "2007_000032") == ["a"] && labels.classes(of: "2007000032.jpg") == ["a"])
        for name in ["9", "000009", "COCO_val2014_000000000009"] { #expect(labels.classes(of: name) == ["b"], "\(name)") }
        // A text of digits is a name, which only that picture has; no digits are no number.
        #expect(labels.classes(of: "17") == ["c"] && labels.classes(of: "0_17") == nil)
        for name in ["x", "_", "", "9x", "x_9x", "99999999999999999999999"] { #expect(labels.classes(of: name) == nil, "\(name)") }
    }

    @Test(arguments: try table("maps.json", String.self).sorted { $0.key < $1.key })
    func maps(_ name: String, _ kind: String) throws {
        let dump = try ClassMapDump(path: Self.path("maps/\(name)"))
        #expect(dump.keys == [7, 11])
        let expected = try NumPyFile.read(path: Self.path("\(kind).npy"))
        #expect([dump.keys.count, dump.maps.height, dump.maps.width] == expected.shape)
        #expect(dump.maps.values == expected.values.map { Float($0) })
    }

    /// Maps of a quarter of the size, enlarged as PyTorch does.
    @Test func enlarging() throws {
        let dump = try ClassMapDump(path: Self.path("maps/strided.npy"))
        let large = try dump.enlarged(width: 40, height: 30)
        let expected = try NumPyFile.read(path: Self.path("strided.npy")).values.map { Float($0) }
        #expect(large.keys == dump.keys && large.maps.width == 40 && large.maps.height == 30)
        #expect(largestDifference(large.maps.values, expected) < 1e-6)
        #expect(try large.enlarged(width: 40, height: 30) == large)
        // What is larger on one side is left as it is.
        #expect(try dump.enlarged(width: 9, height: 30) == dump)
        #expect(complaint { _ = try dump.enlarged(width: 1 << 14, height: 1 << 14) }.contains("more than a gibibyte"))
    }

    @Test(arguments: try table("refused.json", String.self).sorted { $0.key < $1.key })
    func refused(_ name: String, _ words: String) throws {
        let path = Self.path("refused/\(name)")
        let isMaps = ["maps", "expanded", "shapes", "finite"].contains { name.contains($0) }
        let found = isMaps ? complaint { _ = try ClassMapDump(path: path) } : complaint { _ = try ImageLabels.read(path: path) }
        #expect(found.contains(words) && !found.contains("\n"), "\(found)")
    }

    /// Cut short or with bytes changed, a file is an error of one line or is read; it never traps.
    @Test(arguments: [
        "labels/keys_int32_4.npy", "labels/keys_str_.npy", "labels/tensors_bfloat16.npy", "labels/table_of_pairs.npy", "labels/names.npy",
        "labels/vectors_scalars.npy", "labels/tensors_strided.npy", "maps/psa.npy", "maps/irn.npy", "maps/transposed.npy", "maps/deflated_f2.npz",
    ])
    func damaged(_ name: String) throws {
        let folder = try TemporaryFolder()
        let whole = [UInt8](try Data(contentsOf: URL(filePath: Self.path(name))))
        let isMaps = name.hasPrefix("maps")
        var random = SplitMix(seed: 3), read = 0
        func attempt(_ bytes: [UInt8]) throws {
            let path = try folder.write(bytes, "a")
            let found = isMaps ? complaint { _ = try ClassMapDump(path: path) } : complaint { _ = try ImageLabels.readArrays(path: path) }
            if found.isEmpty { read += 1 }
            #expect(!found.contains("\n") && found.utf8.count < 3000)
        }
        for count in stride(from: 0, to: whole.count, by: max(whole.count / 150, 1)) { try attempt(Array(whole[..<count])) }
        #expect(read == 0)
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0..<Int(random.next() % 3 + 1) {
                // The dictionary is at the front, and there most of what can go wrong.
                let place = Int(random.next() % UInt64(random.next() % 2 == 0 ? whole.count : min(whole.count, 1200)))
                bytes[place] = random.next() % 2 == 0 ? UInt8(truncatingIfNeeded: random.next()) : bytes[place] ^ 1 << UInt8(random.next() % 8)
            }
            try attempt(bytes)
        }
        #expect(read < 1500)
    }
}
