import Attribution
import Checkpoints
import Files
import Foundation
import Images
import Labels
import Tensors
import Testing
import TestSupport

@Suite struct ExportTests {
    @Test func runLengthsArePycocotools() throws {
        let items = try json("runs").list
        #expect(items.count == 9)
        for (index, item) in items.enumerated() {
            let mask = try mask("runs_\(index)")
            let runs = RunLengths(mask)
            #expect(runs.compressed == item["counts"].text)
            #expect(runs.area == item["area"].number.map { Int($0) } && runs.area == mask.area)
            let box = runs.box
            #expect([box.x, box.y, box.width, box.height] == item["bbox"].integers)
            #expect(runs.mask == mask)
            #expect(RunLengths(width: mask.width, height: mask.height, compressed: runs.compressed) == runs)
            #expect(RunLengths(width: mask.width + 1, height: mask.height, compressed: runs.compressed) == nil)
        }
        #expect(RunLengths(try mask("runs_0")).counts == [13, 3, 3, 3, 3, 3, 13, 1])
        for text in ["P", "\u{1}", "oooooooooooooooooooooooo0", String(repeating: "oooooooooooO", count: 40)] {
            #expect(RunLengths(width: 2, height: 2, compressed: text) == nil)
        }
    }

    @Test func classMapDumps() throws {
        let folder = try TemporaryFolder()
        let maps = PixelMaps(classes: [4, 11], height: 2, width: 3, values: (0..<12).map { Float($0) / 7 })
        let dump = ClassMapDump(keys: [4, 11], maps: maps)
        let path = "\(folder.path)/a.npz"
        let content = try #require(dump.npz)
        try AtomicFile.write(content, to: path)
        #expect(try ClassMapDump(path: path) == dump)
        #expect(dump.npz == content)
        let archive = try NumPyArchive.read(path: path)
        #expect(archive["keys"]?.type == "i8" && archive["maps"]?.shape == [2, 2, 3])
        // NumPy's own archive.
        let foreign = try ClassMapDump(path: fixture("cams_0.npz"))
        #expect(foreign.keys.count == 3 && foreign.maps.height == 40 && foreign.maps.width == 52)
        #expect(try ClassMapDump(path: fixture("compressed.npz")).keys == [0, 1, 2])
        #expect(complaint { _ = try ClassMapDump(path: fixture("cls_labels.npy")) }.contains("holds no class maps"))
        #expect(complaint { _ = try ClassMapDump(path: fixture("annotation.xml")) }.hasSuffix("is not a .npz file"))
        func refused(_ keys: [Int], _ shape: [Int], _ values: [Float]) throws -> String {
            let archive = NumPyArchive.encode([
                ("keys", NumPyFile.encode(shape: [keys.count], keys)), ("maps", NumPyFile.encode(shape: shape, values)),
            ])
            try AtomicFile.write(try #require(archive), to: path)
            return complaint { _ = try ClassMapDump(path: path) }
        }
        #expect(try refused([1], [2, 1, 1], [0, 0]).contains("[K, H, W] were expected"))
        #expect(try refused([1, 1], [2, 1, 1], [0, 0]).contains("different class numbers"))
        #expect(try refused([254], [1, 1, 1], [0]).contains("different class numbers"))
        #expect(try refused([1], [1, 1, 1], [.nan]).contains("not finite"))
        #expect(try refused([], [0, 1, 1], []) == "")
    }

    /// Cut short or with a bit flipped, an archive is an error or says what it said before; it never traps.
    @Test func damagedArchives() throws {
        let whole = try #require(ClassMapDump(keys: [1], maps: PixelMaps(classes: [1], height: 2, width: 2, values: [1, 2, 3, 4])).npz)
        let folder = try TemporaryFolder()
        func decode(_ bytes: [UInt8]) -> [String: NumPyArray]? {
            guard (try? AtomicFile.write(bytes, to: folder.path + "/a.npz")) != nil else { return nil }
            return try? NumPyArchive.read(path: folder.path + "/a.npz")
        }
        #expect(decode(whole)?["maps"]?.values == [1, 2, 3, 4])
        for count in 0..<whole.count { #expect(decode(Array(whole[..<count])) == nil, "\(count) bytes") }
        for position in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[position] ^= 1 << bit
                if let arrays = decode(bytes), let maps = arrays["maps"] { #expect(maps.values == [1, 2, 3, 4]) }
            }
        }
    }
}

@Suite struct NumPyTests {
    @Test(arguments: ["f2", "f8", "i1", "i8", "u2", "b1"])
    func everyTypeIsRead(_ type: String) throws {
        let found = try array("type_\(type)")
        #expect(found.type == type && found.shape == [2, 3])
        let plain: [Double] = ["u2", "b1"].contains(type) ? [0, 1, 2, 3, 4, 5] : [-2, -1, 0, 1, 2, 3]
        #expect(found.values == (type == "b1" ? plain.map { min($0, 1) } : plain))
    }

    @Test func ordersAreUndone() throws {
        #expect(try array("type_big_endian").values == [0, 1, 2, 3, 4, 5])
        let fortran = try array("type_fortran")
        #expect(fortran.shape == [2, 3, 4] && fortran.values == (0..<24).map(Double.init))
    }

    @Test func whatIsWrittenIsRead() throws {
        let values: [Float] = [1.5, -0.0, .infinity, Float.leastNonzeroMagnitude, 3, 7]
        let bytes = NumPyFile.encode(shape: [3, 2], values)
        let read = try bytes.withUnsafeBytes { try NumPyFile.decode($0, path: "array") }
        #expect(read.shape == [3, 2] && read.values == values.map(Double.init))
        let integers = NumPyFile.encode(shape: [2], [-5, 1 << 40])
        #expect(try integers.withUnsafeBytes { try NumPyFile.decode($0, path: "array") }.values == [-5, Double(1 << 40)])
        for count in 0..<bytes.count {
            #expect(throws: FileError.self) { try bytes[..<count].withUnsafeBytes { try NumPyFile.decode($0, path: "array") } }
        }
    }

    @Test func objectsAreRefused() {
        #expect(complaint { _ = try NumPyFile.read(path: fixture("evil.npy")) }.hasSuffix("holds Python objects, not numbers"))
    }
}
