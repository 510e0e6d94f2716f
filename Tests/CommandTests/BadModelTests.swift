import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that cannot be used: one line, and the status that says why.
@Suite struct BadModelTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Every command answers alike.
    private func expect(_ model: String, _ status: Int32, _ words: [String]) throws {
        for command in [["classify", Fixtures.cat], ["map", Fixtures.cat], [Fixtures.cat], ["inspect"]] {
            let outcome = try Program.run(command + ["-m", model], addressSpace: 400_000)
            #expect(outcome.status == status && outcome.isOneLine, "\(command): \(outcome.status) \(outcome.error)")
            for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
        }
    }

    @discardableResult
    private func model(_ writer: SafetensorsWriter, config: String? = nil) throws -> String {
        try folder.write(writer.file(), "model.safetensors")
        if let config { try folder.write(config, "config.json") }
        return folder.path
    }

    @Test func missing() throws {
        try expect(folder.path + "/none", 66, ["none", "no such file"])
        try expect(folder.path, 66, ["model.safetensors"])
        try folder.write("", "pytorch_model.bin")
        try expect(folder.path, 65, ["pytorch_model.bin", "is empty"])
        try expect(Fixtures.cat, 65, ["not a safetensors file"])
        try expect(try folder.write("", "empty.safetensors"), 65, ["empty.safetensors"])
        try expect(try folder.write([UInt8](repeating: 0x50, count: 3), "short.safetensors"), 65, ["short.safetensors"])
    }

    /// A layer before the head that is a number, not a matrix.
    @Test func preLogitsWithoutShape() throws {
        var writer = SafetensorsWriter.timm()
        writer.add("pre_logits.fc.weight", [], [1])
        try expect(try model(writer), 65, ["1 unexpected: pre_logits.fc.weight"])
    }

    /// A published hybrid whose stem lacks its last stage.
    @Test func hybridOfTwoStages() throws {
        let whole = try SafetensorsFile(path: Fixtures.path("published/hybrid/model.safetensors"))
        var writer = SafetensorsWriter()
        for info in whole.tensors where info.elementType.isReadable && !info.name.contains(".stages.2.") {
            let tensor = try whole.tensor(named: info.name)
            writer.add(info.name, tensor.shape, tensor.values)
        }
        writer.reshape("pretrained.model.patch_embed.proj.weight", [48, 64, 1, 1])
        try expect(try model(writer, config: #"{"num_heads": 3}"#), 65, ["stem of 2 stages"])
    }

    @Test func lyingHeaders() throws {
        let good = SafetensorsWriter.timm().file()
        for length in [UInt64(good.count), .max, 1 << 40, 0, 1] {
            let bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + good.dropFirst(8)
            try expect(try folder.write(bytes, "lying.safetensors"), 65, ["lying.safetensors"])
        }
        try expect(try folder.write(Array(good.dropLast(100)), "cut.safetensors"), 65, ["cut.safetensors"])
    }

    @Test(arguments: [
        // Overlapping, beyond the file, backwards, not the shape's size, huge, negative, no numbers.
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}}"#, 8),
        (#"{"a":{"dtype":"F32","shape":"x","data_offsets":[0,8]}}"#, 8), (#"{"a":7}"#, 0), (#"[1,2]"#, 0), (#"{"a":"#, 0), ("{}", 0),
    ])
    func brokenHeaders(header: String, data: Int) throws {
        let bytes = SafetensorsWriter.file(header: header, data: [UInt8](repeating: 0, count: data))
        try expect(try folder.write(bytes, "broken.safetensors"), 65, ["broken.safetensors"])
    }

    @Test func wrongTensors() throws {
        var writer = SafetensorsWriter.timm()
        for index in writer.entries.indices where writer.entries[index].name == "blocks.0.attn.qkv.weight" {
            writer.entries[index].type = "I64"
            writer.entries[index].bytes += writer.entries[index].bytes
        }
        try expect(try model(writer), 65, ["I64"])
        writer = .timm()
        for name in ["norm.weight", "blocks.1.mlp.fc1.bias"] { writer.remove(name) }
        try expect(try model(writer), 65, ["norm.weight", "blocks.1.mlp.fc1.bias"])
        writer = .timm()
        writer.reshape("blocks.1.attn.proj.weight", [64, 32])
        try expect(try model(writer), 65, ["blocks.1.attn.proj.weight", "[64, 32]"])
        // Many are cut to a few names and a count.
        writer = .timm()
        for entry in writer.entries where entry.name.hasPrefix("blocks.") && entry.name.hasSuffix("bias") { writer.remove(entry.name) }
        let many = try Program.run(["inspect", try model(writer)])
        #expect(many.status == 65 && many.isOneLine && many.error.utf8.count < 600 && many.error.contains("more"), "\(many.error)")
        // Names that would drive the terminal do not.
        writer = .timm()
        writer.entries[0].name = "cls\\u001b[31m\\ntoken"
        try expect(try model(writer), 65, [])
    }

    @Test(arguments: [Float.nan, .infinity])
    func weightsThatAreNotFinite(_ value: Float) throws {
        for name in ["head.weight", "blocks.0.attn.qkv.weight"] {
            var writer = SafetensorsWriter.timm()
            for index in writer.entries.indices where writer.entries[index].name == name {
                writer.entries[index].bytes.replaceSubrange(0..<4, with: withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init))
            }
            try expect(try model(writer), 65, ["damaged", name])
        }
    }

    @Test(arguments: [
        "", "not json", "{", "[]", "7", #"{"model_args":7}"#, #"{"model_args":{"num_heads":"three"}}"#,
        #"{"model_args":{"num_heads":7}}"#, #"{"model_args":{"num_heads":0}}"#, #"{"model_args":{"num_heads":-1}}"#,
        #"{"model_args":{"num_heads":1e300}}"#, #"{"pretrained_cfg":{"mean":"gray"}}"#,
        #"{"pretrained_cfg":{"mean":[0.5,0.5,0.5],"std":[0,0,0]}}"#, #"{"label_names":7}"#,
    ])
    func brokenConfigs(_ text: String) throws {
        try expect(try model(.timm(), config: text), 65, ["config.json"])
    }

    @Test func shardsThatAreMissing() throws {
        try FileManager.default.removeItem(atPath: folder.path)
        try FileManager.default.copyItem(atPath: Fixtures.model("hf_quick_gelu"), toPath: folder.path)
        try FileManager.default.removeItem(atPath: folder.path + "/model-00003-of-00004.safetensors")
        try expect(folder.path, 66, ["model-00003-of-00004.safetensors"])
        try expect(folder.path + "/model.safetensors.index.json", 66, ["model-00003-of-00004.safetensors"])
        try folder.write("{}", "model.safetensors.index.json")
        try expect(folder.path, 65, ["weight_map"])
    }

    @Test func modelWithoutHead() throws {
        for command in ["classify", "map"] {
            let outcome = try Program.run([command, Fixtures.cat, "-m", Fixtures.model("dino_keys")])
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("head"))
        }
    }

    /// Names from a file do not drive the terminal.
    @Test func controlCharactersInClassNames() throws {
        let path = try model(.timm(), config: #"{"label_names":["a\u001b[31mb","c\u0007","d\ne"],"model_args":{"num_heads":1}}"#)
        for command in [["classify"], ["map"], []] {
            let outcome = try Program.run(command + [Fixtures.cat, "-m", path])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(!outcome.output.contains(0x1B) && !outcome.output.contains(0x07), "\(command): \(outcome.text.debugDescription)")
            if command == ["classify"] { #expect(outcome.lines.count == 3) }
        }
    }

    /// Notes are for success; a failure is one line.
    @Test func notesAreWithheldOnFailure() throws {
        let path = try model(.timm())
        let good = try Program.run(["classify", Fixtures.cat, "-m", path])
        #expect(good.status == 0 && !good.errorLines.isEmpty && good.errorLines.allSatisfy { $0.hasPrefix("getam: ") }, "\(good.error)")
        let map = try Program.run(["map", Fixtures.cat, "-m", path, "-o", folder.path + "/map.npy"])
        #expect(map.status == 0 && map.error == good.error)
        let bad = try Program.run(["classify", folder.path + "/none.png", "-m", path])
        #expect(bad.status == 66 && bad.isOneLine)
        let unknown = try Program.run(["map", Fixtures.cat, "-m", path, "-c", "cat"])
        #expect(unknown.status == 64 && unknown.isOneLine)
        let picture = try Program.run([Fixtures.path("images/hostile/text.png"), "-m", path])
        #expect(picture.status == 65 && picture.isOneLine)
    }

    @Test func noSuchInstructionSet() throws {
        let outcome = try Program.run(["classify", Fixtures.cat], environment: ["GETAM_FEATURES": "avx513"])
        #expect(outcome.status == 0 && outcome.text.hasPrefix("cat ") && outcome.errorLines.count == 1)
        #expect(outcome.error.hasPrefix("getam: warning: GETAM_FEATURES=avx513: "))
        let lowered = try Program.run(["classify", Fixtures.cat], environment: ["GETAM_FEATURES": "portable"])
        #expect(lowered.status == 0 && lowered.error.isEmpty)
    }

    /// Without its library the program goes on, and says which it missed.
    @Test func noMatrixProductLibrary() throws {
        let outcome = try Program.run(["classify", Fixtures.cat], environment: ["GETAM_BLAS": "/nonexistent"])
        #expect(outcome.status == 0 && outcome.text.hasPrefix("cat ") && outcome.errorLines.count == 1)
        #expect(outcome.error.hasPrefix("getam: warning: /nonexistent: "))
        let quiet = try Program.run(["classify", Fixtures.cat], environment: ["GETAM_BLAS": "builtin"])
        #expect(quiet.status == 0 && quiet.error.isEmpty && quiet.output == outcome.output)
        let failing = try Program.run(["classify", "none.png"], environment: ["GETAM_BLAS": "/nonexistent"])
        #expect(failing.status == 66 && failing.isOneLine)
    }
}
