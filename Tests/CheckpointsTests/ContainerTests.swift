import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// PyTorch and NumPy files written by the libraries themselves (Tests/FuzzCheckpoints/make_corpus.py), whole and damaged.
@Suite struct ContainerTests {
    static let corpus = Fixtures.root + "/Tests/FuzzCheckpoints/corpus/"
    static let files = [
        "vit.pth", "vit-legacy.pth", "vit-deflated.pth", "everything.pth", "everything-4.pth", "legacy.pth", "script.pt",
        "vit.safetensors", "flax.npz", "flax-deflated.npz", "array.npy",
    ]

    static func read(_ path: String) throws {
        if path.hasSuffix(".npy") {
            _ = try NumPyFile.read(path: path)
        } else if path.hasSuffix(".npz") {
            try readAll(try NPZFile(path: path))
        } else if path.hasSuffix(".safetensors") {
            try readAll(try SafetensorsFile(path: path))
        } else {
            try readAll(try TorchFile(path: path))
        }
    }

    private static func readAll(_ archive: some TensorArchive) throws {
        for info in archive.tensors where info.elementType.isReadable { _ = try archive.tensor(named: info.name) }
    }

    @Test(arguments: ["vit.pth", "vit-legacy.pth", "vit-deflated.pth"]) func theSameModelInEveryLayout(_ name: String) throws {
        let expected = try ModelLoader.load(path: Self.corpus + "vit.safetensors")
        let found = try ModelLoader.load(path: Self.corpus + name)
        #expect(found.configuration == expected.configuration && found.ignored.isEmpty)
        for (a, b) in zip(found.parameters.namedTensors, expected.parameters.namedTensors) {
            #expect(a.name == b.name && a.tensor.shape == b.tensor.shape && a.tensor.values == b.tensor.values)
        }
        #expect(found.notes.contains { $0.contains("\"model.\", which was stripped") } == (name == "vit.pth"))
    }

    @Test(arguments: ["everything.pth", "everything-4.pth", "legacy.pth"]) func everyTypeAndView(_ name: String) throws {
        let file = try TorchFile(path: Self.corpus + name)
        let base = (0..<12).map(Float.init)
        #expect(try file.tensor(named: "a").values == base && file.tensor(named: "a").shape == [3, 4])
        let transposed = try file.tensor(named: "b")
        #expect(transposed.shape == [4, 3] && transposed.values == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
        #expect(try file.tensor(named: "c").values == [3, 4, 5, 6])
        #expect(try file.tensor(named: "p").values == [1, 1])
        for type in ["torch.float64", "torch.float16", "torch.bfloat16"] {
            #expect(try file.tensor(named: type).values == [0, 0], "\(type)")
        }
        let types: [(String, ElementType)] = [
            ("int64", .i64), ("int32", .i32), ("int16", .i16), ("int8", .i8), ("uint8", .u8), ("bool", .bool),
        ]
        for (type, expected) in types { #expect(file.info(named: "torch." + type)?.elementType == expected) }
        if name != "legacy.pth" {
            #expect(file.info(named: "torch.uint16")?.elementType == .u16)
            #expect(file.info(named: "torch.float8_e4m3fn")?.elementType == .f8E4M3)
        }
        #expect(failure { try file.tensor(named: "torch.int64") }?.reason.contains("is I64") == true)
        #expect(failure { try file.tensor(named: "n") }?.reason.contains("no tensor") == true)
        #expect(!file.tensors.contains { $0.name.hasPrefix("args") || $0.name.hasPrefix("array") })
    }

    @Test func torchScriptArchivesGiveTheirParameters() throws {
        let file = try TorchFile(path: Self.corpus + "script.pt")
        #expect(file.info(named: "weight")?.shape == [3, 2] && file.info(named: "bias")?.shape == [3])
    }

    @Test(arguments: ["flax.npz", "flax-deflated.npz"]) func arrays(_ name: String) throws {
        let file = try NPZFile(path: Self.corpus + name)
        #expect(file.tensors.map(\.name) == ["cls", "Transformer/encoderblock_0/LayerNorm_0/scale", "f"])
        #expect(try file.tensor(named: "f").shape == [2, 3] && file.tensor(named: "cls").values == [1, 1, 1, 1])
        #expect(file.info(named: "Transformer/encoderblock_0/LayerNorm_0/scale")?.elementType == .f16)
        #expect(try NumPyFile.read(path: Self.corpus + "array.npy").values == [0, 1, 2, 3, 4, 5])
    }

    /// Cut off at every byte: one line, or, where only padding is gone, the same content.
    @Test(arguments: files) func truncatedAnywhere(_ name: String) throws {
        let bytes = try MappedFile(path: Self.corpus + name).withBytes { Array($0) }
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, name)
        var accepted = 0
        for count in stride(from: bytes.count - 1, through: 0, by: -1) {
            #expect(truncate(path, count) == 0)
            do {
                try Self.read(path)
                accepted += 1
            } catch let error as FileError {
                #expect(!error.description.contains("\n") && error.description.utf8.count < 1000)
            }
        }
        #expect(accepted == 0)
    }
}
