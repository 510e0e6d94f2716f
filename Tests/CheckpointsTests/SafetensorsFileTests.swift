import Checkpoints
import Files
import Glibc
import Tensors
import Testing
import TestSupport

@Suite struct SafetensorsFileTests {
    /// The error's line for a file of these bytes, or nil when it opens.
    private func complaint(_ bytes: [UInt8]) throws -> String? {
        let folder = try TemporaryFolder()
        let path = try folder.write(bytes, "hostile.safetensors")
        guard let error = failure({ try SafetensorsFile(path: path) }) else { return nil }
        #expect(error.path == path && error.kind == .invalid && !error.description.contains("\n"))
        return error.reason
    }

    private func complaint(header: String, data: Int) throws -> String? {
        try complaint(SafetensorsWriter.file(header: header, data: [UInt8](repeating: 0, count: data)))
    }

    @Test func readsWhatWasWritten() throws {
        var writer = SafetensorsWriter()
        writer.add("a", [2, 3], [1, 2, 3, 4, 5, 6])
        writer.add("scalar", [], [7])
        writer.add("empty", [0, 5], [])
        writer.add("b", "BF16", [3], words: [0x3F80, 0xC020, 0x7F80])
        let folder = try TemporaryFolder()
        let file = try SafetensorsFile(path: folder.write(writer.file(), "a.safetensors"))
        #expect(
            file.tensors.map(\.name) == ["a", "scalar", "empty", "b"]
                || file.tensors.map(\.name) == ["a", "empty", "scalar", "b"])
        #expect(try file.tensor(named: "a").values == [1, 2, 3, 4, 5, 6])
        #expect(try file.tensor(named: "a").shape == [2, 3])
        #expect(try file.tensor(named: "scalar").values == [7])
        #expect(try file.tensor(named: "empty").shape == [0, 5])
        #expect(try file.tensor(named: "b").values == [1, -2.5, .infinity])
        #expect(file.info(named: "b")?.byteCount == 6)
        #expect(throws: FileError.self) { try file.tensor(named: "c") }
    }

    @Test func alignedTensorsAreViewsOfTheFileAndUnalignedOnesAreCopies() throws {
        var writer = SafetensorsWriter()
        writer.add("a", [4], [1, 2, 3, 4])
        let folder = try TemporaryFolder()
        let aligned = try SafetensorsFile(path: folder.write(writer.file(), "aligned.safetensors"))
        let first = try aligned.tensor(named: "a").withUnsafeElements { Int(bitPattern: $0.baseAddress) }
        let second = try aligned.tensor(named: "a").withUnsafeElements { Int(bitPattern: $0.baseAddress) }
        #expect(first == second)
        for padding in 1...3 {
            let file = try SafetensorsFile(path: folder.write(writer.file(padding: padding), "\(padding).safetensors"))
            #expect(try file.tensor(named: "a").values == [1, 2, 3, 4])
        }
    }

    @Test func tensorsOutliveTheFileValue() throws {
        var writer = SafetensorsWriter()
        writer.add("a", [1024], (0..<1024).map(Float.init))
        let folder = try TemporaryFolder()
        func load() throws -> Tensor {
            try SafetensorsFile(path: folder.write(writer.file(), "a.safetensors")).tensor(named: "a")
        }
        #expect(try load().values.reduce(0, +) == 523_776)
    }

    @Test func everyHalfPrecisionNumberIsConvertedExactly() throws {
        var writer = SafetensorsWriter()
        writer.add("half", "F16", [65536], words: Array(0...UInt16.max))
        writer.add("brain", "BF16", [65536], words: Array(0...UInt16.max))
        let folder = try TemporaryFolder()
        let file = try SafetensorsFile(path: folder.write(writer.file(padding: 1), "half.safetensors"))
        let half = try file.tensor(named: "half").values
        let brain = try file.tensor(named: "brain").values
        var wrong: [UInt16] = []
        for word in 0...UInt16.max {
            // By the definition of the format, in double precision.
            let sign: Double = word & 0x8000 == 0 ? 1 : -1
            let exponent = Int(word >> 10 & 31)
            let fraction = Double(word & 1023) / 1024
            let found = half[Int(word)]
            if exponent == 31 {
                if fraction == 0 ? found != Float(sign) * .infinity : !found.isNaN { wrong.append(word) }
            } else {
                let scale = Double(sign: .plus, exponent: exponent == 0 ? -14 : exponent - 15, significand: 1)
                let expected = Float(sign * scale * ((exponent == 0 ? 0 : 1) + fraction))
                if found.bitPattern != expected.bitPattern { wrong.append(word) }
            }
            if brain[Int(word)].bitPattern != UInt32(word) << 16 { wrong.append(word) }
        }
        #expect(wrong.isEmpty)
    }

    @Test func doublesAndIntegers() throws {
        var writer = SafetensorsWriter()
        let doubles = [0.1, -1e300, 3].flatMap { withUnsafeBytes(of: ($0 as Double).bitPattern, Array.init) }
        writer.entries.append(.init(name: "d", type: "F64", shape: [3], bytes: doubles))
        writer.entries.append(.init(name: "i", type: "I8", shape: [2], bytes: [255, 7]))
        writer.entries.append(.init(name: "u", type: "U64", shape: [1], bytes: [UInt8](repeating: 255, count: 8)))
        let folder = try TemporaryFolder()
        let file = try SafetensorsFile(path: folder.write(writer.file(), "d.safetensors"))
        #expect(try file.tensor(named: "d").values == [0.1, -.infinity, 3])
        #expect(try file.integers(named: "i") == [-1, 7])
        #expect(throws: FileError.self) { try file.integers(named: "u") }
        #expect(throws: FileError.self) { try file.tensor(named: "i") }
        #expect(throws: FileError.self) { try file.integers(named: "d") }
    }

    @Test(arguments: [
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, ""),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 12, "belong to no tensor"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "outside the file"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "belong to no tensor"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "ends before it starts"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "data_offsets"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "takes 8 bytes, but"),
        ("{\"a\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "unknown dtype \"F99\""),
        ("{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "takes 1 bytes"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8, "shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}", 8, "shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "impossible shape"),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4,0],\"data_offsets\":[0,0]}}", 0,
            "impossible shape"
        ),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", 8, "outside the file"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "data_offsets"),
        ("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "no dtype"),
        ("{\"a\":[1]}", 8, "not described by an object"),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
            12, "overlaps"
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            4, "twice"
        ),
        (
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            4, "twice"
        ),
        ("{\"__metadata__\":{\"format\":1}}", 0, "__metadata__"),
        ("{\"__metadata__\":{\"format\":\"pt\"}}", 0, ""),
        ("[1,2]", 0, "not a JSON object"),
        ("no JSON", 0, "not valid JSON"),
        ("{\"a\":", 0, "not valid JSON"),
        ("", 0, "not valid JSON"),
    ]) func headers(_ header: String, _ data: Int, _ expected: String) throws {
        let found = try complaint(header: header, data: data)
        if expected.isEmpty {
            #expect(found == nil)
        } else {
            #expect(found?.contains(expected) == true, "\(found ?? "accepted")")
        }
    }

    @Test func lyingHeaderLengths() throws {
        for length in [1000, 100_000_000, 100_000_001, 1 << 40, .max] as [UInt64] {
            let found = try complaint(SafetensorsWriter.file(header: "{}", length: length))
            #expect(found?.contains("header length \(length)") == true)
        }
        #expect(try complaint([]) == "is empty")
    }

    @Test func deepNestingIsRefused() throws {
        let header = "{\"a\":" + String(repeating: "[", count: 100_000)
        #expect(try complaint(header: header, data: 0)?.contains("nested too deeply") == true)
    }

    @Test func aFileCutAtEveryByteIsRefused() throws {
        var writer = SafetensorsWriter()
        writer.add("a", [2, 3], [1, 2, 3, 4, 5, 6])
        writer.add("b", "F16", [3], words: [1, 2, 3])
        let whole = writer.file()
        for count in 0..<whole.count { #expect(try complaint(Array(whole[..<count])) != nil, "\(count)") }
        #expect(try complaint(whole) == nil)
        #expect(try complaint(whole + [0]) != nil)
    }

    @Test func aFileWithEveryByteChangedDoesNotTrap() throws {
        var writer = SafetensorsWriter()
        writer.add("a", [2, 2], [1, 2, 3, 4])
        writer.add("b", "F16", [3], words: [1, 2, 3])
        let whole = writer.file()
        let folder = try TemporaryFolder()
        for position in 0..<whole.count - 22 {
            for value in [0, 0x22, 0x2D, 0x39, 0x7D, 0x80, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[position] = value
                let path = try folder.write(bytes, "changed.safetensors")
                guard let file = try? SafetensorsFile(path: path) else { continue }
                for info in file.tensors {
                    guard let tensor = try? file.tensor(named: info.name) else { continue }
                    #expect(tensor.values.count == info.shape.reduce(1, *))
                }
            }
        }
    }

    @Test func missingFilesAndFolders() throws {
        let folder = try TemporaryFolder()
        #expect { try SafetensorsFile(path: folder.path + "/none") } throws: { ($0 as? FileError)?.kind == .missing }
        #expect { try SafetensorsFile(path: folder.path) } throws: { ($0 as? FileError)?.kind == .invalid }
    }

    @Test func aFIFOIsRefusedAtOnce() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/fifo"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(failure { try SafetensorsFile(path: path) }?.reason == "is not a regular file")
    }

    @Test func namesInErrorsStayOnOneLine() throws {
        let header = "{\"a\\n\\u001b[2J\":{\"dtype\":\"F99\",\"shape\":[],\"data_offsets\":[0,0]}}"
        let folder = try TemporaryFolder()
        let path = try folder.write(SafetensorsWriter.file(header: header), "a.safetensors")
        let line = try #require(failure { try SafetensorsFile(path: path) }).description
        #expect(!line.unicodeScalars.contains { $0.value < 32 } && line.contains("[2J"))
    }
}
