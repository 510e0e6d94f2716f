import Checkpoints
import Files
import Foundation
import TestSupport
import Testing

/// Pickles made to mislead, byte by byte: each ends in one line that names what is wrong.
@Suite struct HostilePickleTests {
    /// A file of the old layout around the object pickle `body` (without protocol and stop), without storages.
    private static func file(_ body: [UInt8]) -> [UInt8] {
        func pickle(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [0x2E] }
        let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        return pickle(magic) + pickle([0x4D, 0xE9, 0x03]) + pickle([0x7D]) + pickle(body) + pickle([0x5D])
    }

    private static func complaint(_ body: [UInt8]) throws -> String? {
        let folder = try TemporaryFolder()
        let path = try folder.write(file(body), "x.pth")
        return failure { try TorchFile(path: path) }.map(\.description)
    }

    private static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    private static func integer(_ value: Int64) -> [UInt8] {
        [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
    }
    private static func text(_ text: String) -> [UInt8] { [0x58, UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8) }
    /// A storage of `count` floats, and a tensor over it.
    private static func tensor(_ count: Int64, start: Int64, _ shape: [Int64], _ strides: [Int64]) -> [UInt8] {
        func tuple(_ values: [Int64]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }
        let storage = [0x28] + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + integer(count)
            + [0x74, 0x51]
        return global("torch._utils", "_rebuild_tensor_v2") + [0x28] + storage + integer(start) + tuple(shape)
            + tuple(strides) + [0x89, 0x7D, 0x74, 0x52]
    }

    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "getattr"), ("subprocess", "Popen"),
        ("torch", "load"), ("torch.nn.modules.linear", "Linear"), ("numpy", "load"), ("functools", "partial"),
        ("models", "VisionTransformer"),
    ]) func otherNamesAreRefused(_ module: String, _ name: String) throws {
        let found = try Self.complaint(Self.global(module, name) + Self.text("x") + [0x85, 0x52])
        #expect(found?.contains("refers to \(module).\(name), which is not loaded") == true, "\(found ?? "accepted")")
        let stacked = try Self.complaint(Self.text(module) + Self.text(name) + [0x93])
        #expect(stacked?.contains("refers to \(module).\(name)") == true)
    }

    @Test func impossibleTensors() throws {
        let large = Int64.max
        let cases: [([UInt8], String)] = [
            (Self.tensor(4, start: 0, [5], [1]), "reaches element 4 of a storage with 4"),
            (Self.tensor(4, start: 3, [2], [1]), "reaches element 4"),
            (Self.tensor(4, start: large, [1], [1]), "reaches element"),
            (Self.tensor(4, start: 0, [2], [-1]), "negative"),
            (Self.tensor(4, start: -1, [2], [1]), "negative"),
            (Self.tensor(4, start: 0, [-2], [1]), "negative"),
            (Self.tensor(4, start: 0, [large, large], [1, 1]), "impossible shape"),
            (Self.tensor(4, start: 0, [2, 2], [large, 1]), "impossible strides"),
            (Self.tensor(4, start: 0, [3, 2], [large, 1]), "impossible strides"),
            (Self.tensor(large, start: 0, [1], [1]), "a storage of"),
            (Self.tensor(-1, start: 0, [1], [1]), "a storage of -1"),
            (Self.tensor(4, start: 0, [2, 2], [1]), "2 dimensions and 1 strides"),
            (Self.tensor(4, start: 0, [4], [1]), "has no storage"),
            // A terabyte out of one number.
            (Self.tensor(1, start: 0, [1 << 38], [0]), "has no storage"),
        ]
        for (body, expected) in cases {
            let found = try Self.complaint(body)
            #expect(found?.contains(expected) == true, "\(expected): \(found ?? "accepted")")
        }
    }

    @Test func cyclesDepthAndCopies() throws {
        // A list and a dictionary that hold themselves are no trouble: there is nothing in them.
        #expect(try Self.complaint([0x5D, 0x71, 0, 0x68, 0, 0x61]) == nil)
        #expect(try Self.complaint([0x7D, 0x71, 0] + Self.text("x") + [0x68, 0, 0x73]) == nil)
        // A hundred thousand lists inside each other.
        let depth = 100_000
        let deep = [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
        #expect(try Self.complaint(deep)?.contains("nests its containers") == true)
        // Each dictionary holds the one before twice: 2^60 paths, 60 containers.
        var doubling: [UInt8] = [0x7D, 0x71, 0, 0x30]
        for level in UInt8(0)..<60 {
            for key in ["a", "b"] { doubling += (key == "a" ? [0x7D] : []) + Self.text(key) + [0x68, level, 0x73] }
            doubling += [0x71, level + 1, 0x30]
        }
        doubling += [0x68, 60]
        #expect(try Self.complaint(doubling) == nil)
        // A set of ten thousand, copied a thousand times.
        let copy: [UInt8] = Self.global("builtins", "set") + [0x68, 0, 0x85, 0x52, 0x30]
        let copies: [UInt8] = [0x5D, 0x71, 0, 0x28] + [UInt8](repeating: 0x4E, count: 10_000) + [0x65]
            + (0..<1000).flatMap { _ in copy }
        #expect(try Self.complaint(copies)?.contains("copies its containers") == true)
        // Memo places far apart cost nothing.
        #expect(try Self.complaint([0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF]) == nil)
    }

    @Test(arguments: [
        ([0x30], "takes a value where there is none"), ([0x65], "takes a value"), ([0x68, 7], "recalls value 7"),
        ([0x4E, 0x61], "takes a value"), ([0x4E, 0x4E, 0x61], "no list"), ([0x4E, 0x4E, 0x4E, 0x73], "no dictionary"),
        ([0x4E, 0x4E], "values left over"), ([0x28, 0x4E], "values left over"), ([0x58, 0xFF, 0xFF, 0xFF, 0xFF], "ends in the middle"),
        ([0x8E, 0, 0, 0, 0, 0, 0, 0, 0x80], "ends in the middle"), ([0x8B, 0xFF, 0xFF, 0xFF, 0xFF], "ends in the middle"),
        ([0x82, 1], "opcode 130"), ([0x50], "opcode 80"), ([0x4E, 0x51], "by no tuple"), ([0x4E, 0x29, 0x52], "no name"),
    ] as [([UInt8], String)]) func brokenPickles(_ body: [UInt8], _ expected: String) throws {
        let found = try Self.complaint(body)
        #expect(found?.contains(expected) == true, "\(found ?? "accepted")")
    }
}
