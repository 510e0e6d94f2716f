import Files
import Tensors

/// What pickles of NumPy's arrays, and of PyTorch's tensors among them, refer to beside containers. Each stands for a fixed
/// treatment here; nothing is looked up or run.
enum NumPyName: Sendable, Equatable {
    /// Makes an array that is filled later.
    case reconstruct
    /// An array of bytes and an element type.
    case fromBuffer
    /// A number or text of an element type and its bytes.
    case scalar
    /// An element type, whose byte order may be set later.
    case type
    /// The class of arrays, an argument of `reconstruct`.
    case array
    /// How protocol 2 spells bytes: text of the same code points.
    case encode
    /// PyTorch's storage: bytes that hold a file of `torch.save`'s old layout.
    case storageBytes
    /// A tensor over a storage.
    case tensor

    /// - Returns: nil for a name that is not on the list.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"): self = .reconstruct
        case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"): self = .scalar
        case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"): self = .fromBuffer
        case ("numpy", "dtype"): self = .type
        case ("numpy", "ndarray"): self = .array
        case ("_codecs", "encode"): self = .encode
        case ("torch.storage", "_load_from_bytes"): self = .storageBytes
        case ("torch._utils", "_rebuild_tensor_v2"): self = .tensor
        default: return nil
        }
    }
}

extension PickleMachine {
    /// What a call of one of NumPy's names makes.
    mutating func call(_ name: NumPyName, _ arguments: [PickleValue]) throws(PickleProblem) -> PickleValue {
        switch name {
        case .reconstruct: return make(.array(shape: [], type: .none, data: .none, isFortran: false))
        case .fromBuffer:
            if arguments.count >= 3, let shape = integers(arguments[2]) {
                var isFortran = false
                if arguments.count > 3, case .text(let order) = arguments[3] { isFortran = order == "F" }
                return make(.array(shape: shape, type: arguments[1], data: arguments[0], isFortran: isFortran))
            }
        case .type:
            if case .text(let type)? = arguments.first { return make(.arrayType(name: type, order: "|")) }
        case .scalar:
            if arguments.count == 2, let value = scalar(type: arguments[0], data: arguments[1]) { return value }
        case .encode:
            if case .text(let text)? = arguments.first {
                let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
                try chargeEncoded(bytes.count)
                return make(.bytes(bytes))
            }
        case .storageBytes:
            if case .node(let place)? = arguments.first, case .bytes(let bytes) = heap[place] {
                try chargeEncoded(bytes.count)
                return make(.storage(try TorchFile.storage(in: bytes)))
            }
        case .tensor: return try tensorArray(arguments)
        case .array: break
        }
        throw PickleProblem("rebuilds an array in a way NumPy does not")
    }

    /// Sets the state of an array or an element type; false where the node is neither.
    mutating func setNumPyState(of place: Int, _ state: PickleValue) throws(PickleProblem) -> Bool {
        let parts = tuple(state) ?? []
        switch heap[place] {
        case .array:
            // Version, shape, element type, whether the first index runs fastest, elements.
            guard parts.count == 5, let shape = integers(parts[1]) else {
                throw PickleProblem("sets the state of an array in a way NumPy does not")
            }
            var isFortran = false
            if case .bool(true) = parts[3] { isFortran = true }
            heap[place] = .array(shape: shape, type: parts[2], data: parts[4], isFortran: isFortran)
        case .arrayType(let name, _):
            guard parts.count >= 2, case .text(let order) = parts[1] else {
                throw PickleProblem("sets the state of an element type in a way NumPy does not")
            }
            heap[place] = .arrayType(name: name, order: order)
        default: return false
        }
        return true
    }

    // MARK: Values

    /// The elements of an array of numbers, as they lie in memory; nil for any other value.
    func stored(_ value: PickleValue) -> StoredNumbers? {
        guard case .node(let place) = value, case .array(let shape, .node(let type), .node(let data), let isFortran) = heap[place],
            case .arrayType(let name, let order) = heap[type], case .bytes(let bytes) = heap[data],
            let element = NumPyElement(name), bytes.count % element.size == 0
        else { return nil }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { return nil }
            count = product
        }
        guard count == bytes.count / element.size else { return nil }
        return StoredNumbers(shape: shape, element: element, isBigEndian: order == ">", isFortran: isFortran, bytes: bytes)
    }

    /// The elements of an array of objects, or of a list or tuple; nil for any other value.
    func objects(_ value: PickleValue) -> [PickleValue]? {
        guard case .node(let place) = value else { return nil }
        switch heap[place] {
        case .list(let values), .tuple(let values): return values
        case .array(_, _, .node(let data), _):
            if case .list(let values) = heap[data] { return values }
            return nil
        default: return nil
        }
    }

    /// The members of a dictionary; nil for any other value.
    func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
        guard case .node(let place) = value, case .dictionary(let members) = heap[place] else { return nil }
        return members
    }

    /// A text, or bytes that are one; nil for any other value, and for text of more than `most` bytes.
    func text(_ value: PickleValue, most: Int = .max) -> String? {
        switch value {
        case .text(let text): return text.utf8.count <= most ? text : nil
        case .node(let place):
            if case .bytes(let bytes) = heap[place], bytes.count <= most { return String(validating: bytes, as: UTF8.self) }
            return nil
        default: return nil
        }
    }

    /// A number; nil for any other value.
    func number(_ value: PickleValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .bool(let isTrue): isTrue ? 1 : 0
        default: nil
        }
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard let parts = tuple(value), parts.count <= 32 else { return nil }
        var numbers: [Int] = []
        for part in parts {
            guard case .integer(let number) = part else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// One of NumPy's numbers, or its text of four bytes a character.
    private func scalar(type: PickleValue, data: PickleValue) -> PickleValue? {
        guard case .node(let type) = type, case .arrayType(let name, let order) = heap[type], case .node(let data) = data,
            case .bytes(let bytes) = heap[data]
        else { return nil }
        if name.first == "U", bytes.count % 4 == 0 {
            var text = String.UnicodeScalarView()
            for start in stride(from: 0, to: bytes.count, by: 4) {
                let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * (order == ">" ? 3 - $1 : $1)) }
                guard let scalar = Unicode.Scalar(value) else { return nil }
                if value != 0 { text.append(scalar) }
            }
            return .text(String(text))
        }
        guard let element = NumPyElement(name), bytes.count == element.size else { return nil }
        let number = bytes.withUnsafeBytes { element.value($0, at: 0, isBigEndian: order == ">") }
        return "iu".contains(name.first ?? " ") ? Int(exactly: number).map { .integer($0) } : .number(number)
    }

    /// NumPy's words for the element types of tensors that it has too.
    private static let words: [ElementType: String] = [
        .bool: "b1", .u8: "u1", .i8: "i1", .u16: "u2", .i16: "i2", .u32: "u4", .i32: "i4", .u64: "u8", .i64: "i8", .f16: "f2",
        .f32: "f4", .f64: "f8",
    ]

    /// PyTorch's tensor as an array.
    private mutating func tensorArray(_ arguments: [PickleValue]) throws(PickleProblem) -> PickleValue {
        guard arguments.count >= 4, case .node(let place) = arguments[0], case .storage(let storage) = heap[place],
            case .integer(let start) = arguments[1], let shape = integers(arguments[2]), let strides = integers(arguments[3])
        else { throw PickleProblem("rebuilds a tensor from something else than storage, offset, sizes and strides") }
        let array: StoredArray
        do throws(StoredArray.Problem) {
            array = try StoredArray(
                storage.elementType, shape: shape, strides: strides, start: start, available: storage.count)
        } catch { throw PickleProblem("has a tensor that \(error.reason)") }
        try chargeExpanded(array.count)
        var bytes: [UInt8]
        var word = Self.words[storage.elementType]
        if word != nil {
            let size = storage.elementType.bitCount / 8
            bytes = [UInt8](repeating: 0, count: array.count * size)
            bytes.withUnsafeMutableBytes { target in
                guard let target = target.baseAddress else { return }
                storage.bytes.withBytes { source in
                    guard let source = source.baseAddress else { return }
                    StridedCopy.gather(source + start * size, size: size, shape: shape, strides: strides, into: target)
                }
            }
        } else if storage.elementType.isReadable {
            word = "f4"
            bytes = array.tensor(in: storage.bytes).withUnsafeElements { [UInt8](UnsafeRawBufferPointer($0)) }
        } else {
            throw PickleProblem("has a tensor of \(storage.elementType.rawValue) numbers, which are not supported")
        }
        let type = make(.arrayType(name: word ?? "f4", order: "<")), data = make(.bytes(bytes))
        return make(.array(shape: shape, type: type, data: data, isFortran: false))
    }
}

/// An array of numbers in a pickle.
struct StoredNumbers {
    let shape: [Int]
    let element: NumPyElement
    let isBigEndian: Bool
    let isFortran: Bool
    let bytes: [UInt8]

    var count: Int { bytes.count / element.size }

    /// The elements in C order.
    var doubles: [Double] {
        let values = bytes.withUnsafeBytes { element.doubles($0, isBigEndian: isBigEndian) }
        return isFortran ? NumPyFile.ordered(values, shape: shape) : values
    }

    /// The elements in C order, as Float32.
    var floats: [Float] {
        let values = bytes.withUnsafeBytes { element.floats($0, isBigEndian: isBigEndian) }
        return isFortran ? NumPyFile.ordered(values, shape: shape) : values
    }
}

/// The objects in a `.npy` file of Python objects, with the machine that read them.
struct PickledObjects {
    let machine: PickleMachine
    /// The array's elements: one for a dictionary that was saved.
    let values: [PickleValue]
    /// Bytes of the pickle.
    let byteCount: Int

    /// Reads the file at `path`.
    ///
    /// - Parameter expected: what should be in it, for an error line.
    static func read<R>(
        path: String, expected: String, _ body: (PickledObjects) throws(PickleProblem) -> R
    ) throws(FileError) -> R {
        try FileContent(path: path).withBytes { (bytes) throws(FileError) in
            let header = try NumPyHeader(bytes, path: path)
            guard header.type == "O" else {
                throw FileError(.invalid, path: path, "holds plain numbers; \(expected) was expected")
            }
            do throws(PickleProblem) {
                let pickle = UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
                var machine = PickleMachine(names: .arrays)
                var cursor = ByteCursor(pickle)
                guard case .node(let outer) = try machine.read(&cursor), case .array(_, _, .node(let data), _) = machine.heap[outer],
                    case .list(let values) = machine.heap[data]
                else { throw PickleProblem("does not hold \(expected)") }
                return try body(PickledObjects(machine: machine, values: values, byteCount: pickle.count))
            } catch { throw FileError(.invalid, path: path, error.reason) }
        }
    }
}
