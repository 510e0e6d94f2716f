import CZlib
import Checkpoints
import Foundation
import TestSupport
import Testing

/// Zip archives made to mislead, as `.npz` and `.pth`: one line each, in little memory. The program reads them, so that a trap or a
/// large allocation shows.
@Suite struct HostileArchiveTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    // MARK: Archives

    /// An entry, with everything that its two headers state.
    private struct Entry {
        let name: String
        var data: [UInt8]
        var method: UInt16 = 0
        var checksum: UInt32
        var stored: UInt64
        var count: UInt64
        /// Where its own header is said to be; where it is unless given.
        var header: UInt64?

        init(_ name: String, _ content: [UInt8], deflated: Bool = false) {
            self.name = name
            data = deflated ? HostileArchiveTests.deflate(content) : content
            method = deflated ? 8 : 0
            checksum = UInt32(truncatingIfNeeded: crc32_z(0, content, content.count))
            (stored, count) = (UInt64(data.count), UInt64(content.count))
        }

        func with(_ change: (inout Entry) -> Void) -> Entry {
            var copy = self
            change(&copy)
            return copy
        }
    }

    private static func little<N: FixedWidthInteger>(_ value: N) -> [UInt8] {
        (0..<N.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> N($0 * 8)) }
    }

    /// Raw deflate at the best ratio there is, about 1000 to 1 for zeros.
    private static func deflate(_ content: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard deflateInit2_(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return [] }
        defer { deflateEnd(&stream) }
        var (input, output) = (content, [UInt8](repeating: 0, count: content.count / 100 + 1000))
        let made = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
            }
        }
        return Array(output[..<made])
    }

    /// Local headers and data, directory, 64-bit end record where `entries` or `tableStart` need it, end record.
    private static func zip(_ entries: [Entry], tableStart: UInt64? = nil, stated: UInt64? = nil) -> [UInt8] {
        var (file, table): ([UInt8], [UInt8]) = ([], [])
        for entry in entries {
            let place = UInt64(file.count), name = Array(entry.name.utf8)
            func small(_ value: UInt64) -> [UInt8] { little(value > 0xFFFF_FFFE ? UInt32.max : UInt32(value)) }
            let header = entry.header ?? place
            let common = little(UInt16(20)) + little(UInt16(0)) + little(entry.method) + little(UInt32(0)) + little(entry.checksum)
                + small(entry.stored) + small(entry.count) + little(UInt16(name.count))
            var extra: [UInt8] = []
            for value in [entry.count, entry.stored, header] where value > 0xFFFF_FFFE { extra += little(value) }
            if !extra.isEmpty { extra = little(UInt16(1)) + little(UInt16(extra.count)) + extra }
            file += little(UInt32(0x0403_4B50)) + common + little(UInt16(0)) + name + entry.data
            table += little(UInt32(0x0201_4B50)) + little(UInt16(20)) + common + little(UInt16(extra.count)) + little(UInt16(0))
                + little(UInt64(0)) + small(header) + name + extra
        }
        let start = tableStart ?? UInt64(file.count), count = stated ?? UInt64(entries.count)
        let place = UInt64(file.count + table.count)
        file += table
        if start > 0xFFFF_FFFE || count > 0xFFFE {
            file += little(UInt32(0x0606_4B50)) + little(UInt64(44)) + little(UInt16(45)) + little(UInt16(45)) + little(UInt64(0))
                + little(count) + little(count) + little(UInt64(table.count)) + little(start)
            file += little(UInt32(0x0706_4B50)) + little(UInt32(0)) + little(place) + little(UInt32(1))
        }
        let short = count > 0xFFFE ? UInt16.max : UInt16(count)
        return file + little(UInt32(0x0605_4B50)) + little(UInt32(0)) + little(short) + little(short) + little(UInt32(table.count))
            + little(start > 0xFFFF_FFFE ? UInt32.max : UInt32(start)) + little(UInt16(0))
    }

    /// A `.npy` array of `count` zeros with the shape as stated.
    private static func array(_ count: Int, shape: String) -> [UInt8] {
        var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }".utf8)
        header += [UInt8](repeating: 0x20, count: 117 - header.count) + [0x0A]
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.count)) + header + [UInt8](repeating: 0, count: 4 * count)
    }

    /// A pickle of `{key: tensor, …}`, each of `elements` floats of the storage named.
    private static func pickle(_ tensors: [(key: String, storage: String)], elements: Int32) -> [UInt8] {
        func text(_ text: String) -> [UInt8] { [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8) }
        func integer(_ value: Int32) -> [UInt8] { [0x4A] + little(value) }
        var body: [UInt8] = [0x80, 2, 0x7D, 0x28]
        for tensor in tensors {
            body += text(tensor.key) + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + [0x28, 0x28] + text("storage")
            body += Array("ctorch\nFloatStorage\n".utf8) + text(tensor.storage) + text("cpu") + integer(elements) + [0x74, 0x51]
            body += integer(0) + [0x28] + integer(elements) + [0x74, 0x28] + integer(1) + [0x74, 0x89, 0x7D, 0x74, 0x52]
        }
        return body + [0x75, 0x2E]
    }

    // MARK: What happens

    /// The program's line about a file, got in an address space of 150 MB: less than any of the bombs, more than the program's own.
    private func complaint(_ bytes: [UInt8], _ name: String) throws -> String {
        let path = try folder.write(bytes, name)
        let outcome = try Program.run(["inspect", path], addressSpace: 150_000)
        #expect(outcome.status == 65 && outcome.isOneLine, "\(name): status \(outcome.status), \(outcome.error)")
        #expect(outcome.error.utf8.count < 1000)
        return outcome.error
    }

    private static let key = "Transformer/encoderblock_0/LayerNorm_0/scale.npy"

    @Test func theArchivesAreSoundOtherwise() throws {
        let good = Self.array(4, shape: "(4,)")
        for deflated in [false, true] {
            let found = try complaint(Self.zip([Entry(Self.key, good, deflated: deflated)]), "sound.npz")
            #expect(found.contains("is not a Vision Transformer"), "\(found)")
            let torch = try complaint(
                Self.zip([Entry("a/data.pkl", Self.pickle([("x", "0")], elements: 4), deflated: deflated),
                    Entry("a/data/0", [UInt8](repeating: 0, count: 16), deflated: deflated)]), "sound.pth")
            #expect(torch.contains("is not a Vision Transformer"), "\(torch)")
        }
    }

    /// A thousand to one, honestly stated: nothing that is not asked for is inflated.
    @Test func bombs() throws {
        let zeros = Self.array(50 << 20, shape: "(\(50 << 20),)")
        let bomb = Entry(Self.key, zeros, deflated: true)
        #expect(bomb.count > 900 * bomb.stored)
        #expect(try complaint(Self.zip([bomb]), "bomb.npz").contains("is not a Vision Transformer"))
        // In a pickle's place.
        let pickle = Entry("a/data.pkl", [UInt8](repeating: 0x4E, count: 100 << 20), deflated: true)
        #expect(try complaint(Self.zip([pickle]), "pickle.pth").contains("which cannot be right"))
        // A bomb within an archive within an archive is an entry like others.
        let nested = Self.zip([Entry("inner.npz", Self.zip([bomb])), Entry("x.npy", Self.array(4, shape: "(4,)"))])
        #expect(try complaint(nested, "nested.npz").contains("is not a Vision Transformer"))
    }

    /// Sizes that lie, both ways, in a header that is read and in one that must be inflated to be read.
    @Test func lyingSizes() throws {
        let content = Self.array(1000, shape: "(1000,)")
        let whole = Entry(Self.key, content, deflated: true)
        let cases: [(Entry, String)] = [
            (whole.with { $0.count = 1 << 62 }, "is damaged"), (whole.with { $0.count = .max }, "damaged table"),
            (whole.with { $0.count = 1 << 63 }, "damaged table"), (whole.with { $0.stored = 1 << 62 }, "more data than the file has"),
            (whole.with { $0.stored = 1 << 63 }, "damaged table"), (whole.with { $0.stored = 3 }, "is damaged"),
            (whole.with { $0.count = 50 }, "ends within its header"), (whole.with { $0.header = 1 << 62 }, "lies outside the file"),
            (whole.with { $0.header = 1 << 63 }, "damaged table"), (whole.with { $0.header = 5 }, "lies outside the file"),
            (whole.with { $0.count = 5000 }, "is damaged"), (whole.with { $0.method = 12 }, "by method 12"),
            (Entry(Self.key, content).with { $0.count = 1 << 40 }, "damaged table"),
            (Entry(Self.key, Self.array(4, shape: "(1000,)")), "reaches element 999 of"),
            (Entry(Self.key, Self.array(4, shape: "(4611686018427387904, 4)")), "impossible"),
            (Entry(Self.key, Self.array(4, shape: "(9223372036854775808,)")), "shape"),
            (Entry(Self.key, Self.array(4, shape: "(-4,)")), "shape"),
        ]
        for (number, (entry, expected)) in cases.enumerated() {
            let found = try complaint(Self.zip([entry]), "lie-\(number).npz")
            #expect(found.contains(expected), "\(number) \(expected): \(found)")
        }
    }

    /// A size that lies beside one that does not: their sum has no place in a number.
    @Test func lyingSizesBesideHonestOnes() throws {
        let honest = Entry("a.npy", Self.array(10, shape: "(10,)"))
        for lie in [UInt64(Int64.max), 1 << 62, 1 << 40] {
            let lying = Entry(Self.key, Self.array(10, shape: "(10,)"), deflated: true).with { $0.stored = lie }
            #expect(try complaint(Self.zip([honest, lying]), "beside.npz").contains("more data than the file has"))
        }
    }

    @Test func overlapsAndPlaces() throws {
        let one = Entry("a.npy", Self.array(1000, shape: "(1000,)"))
        // A hundred names for one piece of data.
        let many = [one] + (0..<100).map { number in
            Entry("\(number).npy", []).with { ($0.data, $0.stored, $0.count, $0.header) = ([], one.stored, one.count, 0) }
        }
        #expect(try complaint(Self.zip(many), "overlap.npz").contains("its entries overlap"))
        #expect(try complaint(Self.zip([one, one]), "twice.npz").contains("twice"))
        for start in [1 << 40, 1 << 62, 1 << 63, UInt64.max] {
            #expect(try complaint(Self.zip([one], tableStart: start), "table.npz").contains("table of contents"))
        }
        for count in [1 << 20, 1 << 62, UInt64.max] {
            #expect(try complaint(Self.zip([one], stated: count), "count.npz").contains("table"))
        }
    }

    /// Storages that inflate to more or less than the pickle says, or are asked for again and again.
    @Test func deflatedStorages() throws {
        func file(_ content: [UInt8], elements: Int32) throws -> TorchFile {
            let entries = [Entry("a/data.pkl", Self.pickle([("x", "0"), ("y", "1")], elements: elements))]
                + ["0", "1"].map { Entry("a/data/" + $0, content, deflated: true) }
            return try TorchFile(path: try folder.write(Self.zip(entries), "storage.pth"))
        }
        func reason(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        let large = try file([UInt8](repeating: 0, count: 1 << 20), elements: 4)
        #expect(reason { _ = try large.tensor(named: "x") }.contains("has 1048576 bytes, the pickle says 4 elements"))
        let small = try file([0, 0, 0, 0], elements: 1 << 18)
        #expect(reason { _ = try small.tensor(named: "x") }.contains("has 4 bytes, the pickle says 262144 elements"))
        let right = try file([UInt8](repeating: 0, count: 1 << 20), elements: 1 << 18)
        for _ in 0..<100 { #expect(try right.tensor(named: "x").count == 1 << 18) }
        let turns = reason { for _ in 0..<20 { for name in ["y", "x"] { _ = try right.tensor(named: name) } } }
        #expect(turns.contains("over and over"))
    }
}
