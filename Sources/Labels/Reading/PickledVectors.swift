import Files
import Tensors

/// The dictionary of NumPy vectors in an object array such as VOC's `cls_labels.npy`.
///
/// Pickle is a small machine's program. This one knows numbers, texts, tuples, lists, dictionaries, and of all functions
/// only those that NumPy rebuilds arrays with, which it carries out itself; anything else is refused, nothing is called.
/// Protocols 2 to 5.
enum PickledVectors {
    /// Name and elements of every entry.
    static func read(path: String) throws(FileError) -> [(String, [Double])] {
        try MappedFile(path: path).withBytes { (bytes) throws(FileError) in
            let header = try NumPyHeader(bytes, path: path)
            guard header.type == "O" else {
                throw FileError(.invalid, path: path, "holds plain numbers; a pickled dictionary of vectors was expected")
            }
            var machine = PickleMachine(UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...]), path: path)
            let result = try machine.run()
            guard case .array(let outer) = result, case .list(let objects)? = outer.data, objects.values.count == 1,
                case .dictionary(let dictionary) = objects.values[0]
            else { throw FileError(.invalid, path: path, "does not hold one dictionary of vectors") }
            var entries: [(String, [Double])] = []
            for (key, value) in dictionary.entries {
                guard case .text(let name) = key, case .array(let array) = value, let numbers = array.numbers else {
                    throw FileError(.invalid, path: path, "holds something else than vectors of numbers by name")
                }
                entries.append((name, numbers))
            }
            return entries
        }
    }
}

/// What can lie on the machine's stack.
private indirect enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case text(String)
    case bytes([UInt8])
    case tuple([PickleValue])
    case list(PickleList)
    case dictionary(PickleDictionary)
    case function(String)
    case type(PickleType)
    case array(PickleArray)
}

// Objects, because the machine may fill them after it has put them elsewhere.
private final class PickleList { var values: [PickleValue] = [] }
private final class PickleDictionary { var entries: [(PickleValue, PickleValue)] = [] }

private final class PickleType {
    let name: String
    var order = "|"
    init(_ name: String) { self.name = name }
}

private final class PickleArray {
    var type: PickleType?
    var data: PickleValue?

    /// The elements; nil where they are not numbers of a known type.
    var numbers: [Double]? {
        guard let type, case .bytes(let bytes)? = data else { return nil }
        let size: Int
        switch type.name {
        case "b1", "u1", "i1": size = 1
        case "f4", "i4": size = 4
        case "f8", "i8": size = 8
        default: return nil
        }
        guard bytes.count % size == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: size).map { start in
            let bits = (0..<size).reduce(UInt64(0)) {
                $0 | UInt64(bytes[start + $1]) << UInt64(8 * (type.order == ">" ? size - 1 - $1 : $1))
            }
            return switch type.name {
            case "f4": Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case "f8": Double(bitPattern: bits)
            case "i4": Double(Int32(truncatingIfNeeded: bits))
            case "i8": Double(Int64(truncatingIfNeeded: bits))
            case "i1": Double(Int8(truncatingIfNeeded: bits))
            default: Double(bits)
            }
        }
    }
}

private struct PickleMachine {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private var position = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    init(_ bytes: UnsafeRawBufferPointer, path: String) {
        self.bytes = bytes
        self.path = path
    }

    private func failure(_ reason: String) -> FileError {
        FileError(.invalid, path: path, "its pickled part \(reason) at byte \(position)")
    }

    private mutating func number(_ count: Int) throws(FileError) -> Int {
        guard bytes.count - position >= count else { throw failure("ends too early") }
        defer { position += count }
        return Int(truncatingIfNeeded: (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) })
    }

    private mutating func content(_ lengthBytes: Int) throws(FileError) -> [UInt8] {
        let length = try number(lengthBytes)
        guard length >= 0, bytes.count - position >= length else { throw failure("ends too early") }
        defer { position += length }
        return Array(bytes[position..<position + length])
    }

    private mutating func text(_ lengthBytes: Int) throws(FileError) -> PickleValue {
        .text(String(decoding: try content(lengthBytes), as: UTF8.self))
    }

    private mutating func line() throws(FileError) -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw failure("ends too early") }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    private mutating func pop() throws(FileError) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw failure("is malformed") }
        return value
    }

    private mutating func popToMark() throws(FileError) -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw failure("is malformed") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func fetch(_ key: Int) throws(FileError) {
        guard let value = memo[key] else { throw failure("is malformed") }
        stack.append(value)
    }

    private mutating func store(_ key: Int) throws(FileError) {
        guard let value = stack.last else { throw failure("is malformed") }
        memo[key] = value
    }

    private mutating func tuple(_ count: Int) throws(FileError) {
        var values: [PickleValue] = []
        for _ in 0..<count { values.insert(try pop(), at: 0) }
        stack.append(.tuple(values))
    }

    mutating func run() throws(FileError) -> PickleValue {
        while true {
            let code = UInt8(truncatingIfNeeded: try number(1))
            switch code {
            case 0x80: _ = try number(1)  // PROTO
            case 0x95: _ = try number(8)  // FRAME
            case UInt8(ascii: "."): return try pop()
            case UInt8(ascii: "("): marks.append(stack.count)
            case UInt8(ascii: "N"): stack.append(.none)
            case 0x88: stack.append(.bool(true))
            case 0x89: stack.append(.bool(false))
            case UInt8(ascii: "K"): stack.append(.integer(try number(1)))
            case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
            case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
            case 0x8A:  // LONG1
                let digits = try content(1)
                guard digits.count <= 7 else { throw failure("holds a number too large") }
                var value = digits.indices.reduce(0) { $0 | Int(digits[$1]) << (8 * $1) }
                if let last = digits.last, last >= 0x80 { value -= 1 << (8 * digits.count) }
                stack.append(.integer(value))
            case UInt8(ascii: "X"): stack.append(try text(4))
            case 0x8C: stack.append(try text(1))
            case 0x8D: stack.append(try text(8))
            case UInt8(ascii: "U"): stack.append(try text(1))
            case UInt8(ascii: "T"): stack.append(try text(4))
            case UInt8(ascii: "C"): stack.append(.bytes(try content(1)))
            case UInt8(ascii: "B"): stack.append(.bytes(try content(4)))
            case 0x8E, 0x96: stack.append(.bytes(try content(8)))
            case UInt8(ascii: ")"): stack.append(.tuple([]))
            case 0x85: try tuple(1)
            case 0x86: try tuple(2)
            case 0x87: try tuple(3)
            case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
            case UInt8(ascii: "]"): stack.append(.list(PickleList()))
            case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
            case UInt8(ascii: "a"):
                let value = try pop()
                try append([value])
            case UInt8(ascii: "e"):
                let values = try popToMark()
                try append(values)
            case UInt8(ascii: "s"):
                let value = try pop(), key = try pop()
                try insert([key, value])
            case UInt8(ascii: "u"):
                let values = try popToMark()
                try insert(values)
            case UInt8(ascii: "q"): try store(try number(1))
            case UInt8(ascii: "r"): try store(try number(4))
            case 0x94: try store(memo.count)  // MEMOIZE
            case UInt8(ascii: "h"): try fetch(try number(1))
            case UInt8(ascii: "j"): try fetch(try number(4))
            case UInt8(ascii: "c"):
                let module = try line()
                try push(function: module + "." + (try line()))
            case 0x93:  // STACK_GLOBAL
                guard case .text(let name) = try pop(), case .text(let module) = try pop() else { throw failure("is malformed") }
                try push(function: module + "." + name)
            case UInt8(ascii: "R"):
                guard case .tuple(let arguments) = try pop(), case .function(let name) = try pop() else {
                    throw failure("is malformed")
                }
                stack.append(try call(name, arguments))
            case UInt8(ascii: "b"): try build()
            default: throw failure("uses an operation that vectors do not need, \(code),")
            }
        }
    }

    private mutating func push(function name: String) throws(FileError) {
        let known = [
            "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.ndarray", "numpy.dtype",
            "_codecs.encode", "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
        ]
        guard known.contains(name) else { throw failure("names '\(name.prefix(80))', which vectors do not need,") }
        stack.append(.function(name))
    }

    private func call(_ name: String, _ arguments: [PickleValue]) throws(FileError) -> PickleValue {
        switch name {
        case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct": return .array(PickleArray())
        case "numpy.dtype":
            if case .text(let type)? = arguments.first { return .type(PickleType(type)) }
        case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
            if arguments.count >= 2, case .bytes = arguments[0], case .type(let type) = arguments[1] {
                let array = PickleArray()
                (array.type, array.data) = (type, arguments[0])
                return .array(array)
            }
        case "_codecs.encode":
            // How protocol 2 spells bytes: text of the same code points.
            if case .text(let text)? = arguments.first { return .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
        default: break
        }
        throw failure("is malformed")
    }

    private mutating func build() throws(FileError) {
        guard case .tuple(let state) = try pop(), let target = stack.last else { throw failure("is malformed") }
        switch target {
        case .array(let array):
            guard state.count == 5, case .type(let type) = state[2] else { throw failure("is malformed") }
            (array.type, array.data) = (type, state[4])
        case .type(let type):
            guard state.count >= 2, case .text(let order) = state[1] else { throw failure("is malformed") }
            type.order = order
        default: throw failure("is malformed")
        }
    }

    private func append(_ values: [PickleValue]) throws(FileError) {
        guard case .list(let list)? = stack.last else { throw failure("is malformed") }
        list.values += values
    }

    private func insert(_ values: [PickleValue]) throws(FileError) {
        guard values.count % 2 == 0, case .dictionary(let dictionary)? = stack.last else { throw failure("is malformed") }
        for index in stride(from: 0, to: values.count, by: 2) { dictionary.entries.append((values[index], values[index + 1])) }
    }
}
