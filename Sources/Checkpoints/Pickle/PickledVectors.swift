import Files
import Tensors

/// The dictionary of NumPy vectors in an object array such as VOC's `cls_labels.npy`.
///
/// Read by the machine that reads checkpoints, which here knows, of all names, only those that NumPy rebuilds arrays with.
package enum PickledVectors {
    /// Name and elements of every entry of the file at `path`.
    package static func read(path: String) throws(FileError) -> [(name: String, vector: [Double])] {
        try MappedFile(path: path).withBytes { (bytes) throws(FileError) in
            let header = try NumPyHeader(bytes, path: path)
            guard header.type == "O" else {
                throw FileError(.invalid, path: path, "holds plain numbers; a pickled dictionary of vectors was expected")
            }
            do throws(PickleProblem) {
                return try read(UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...]))
            } catch { throw FileError(.invalid, path: path, error.reason) }
        }
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(PickleProblem) -> [(name: String, vector: [Double])] {
        var machine = PickleMachine(names: .vectors)
        var cursor = ByteCursor(bytes)
        guard case .node(let outer) = try machine.read(&cursor), case .array(_, .node(let data)) = machine.heap[outer],
            case .list(let objects) = machine.heap[data], objects.count == 1, case .node(let inner) = objects[0],
            case .dictionary(let members) = machine.heap[inner]
        else { throw PickleProblem("does not hold one dictionary of vectors") }
        // A vector may stand under several names, but not so that a small file becomes a large table.
        var left = 16 * bytes.count + 1 << 20
        var entries: [(String, [Double])] = []
        for (key, value) in members {
            guard case .text(let name) = key, let vector = machine.numbers(value) else {
                throw PickleProblem("holds something else than vectors of numbers by name")
            }
            left -= vector.count + 1
            guard left >= 0 else { throw PickleProblem("repeats its vectors over and over") }
            entries.append((name, vector))
        }
        return entries
    }
}

/// What NumPy's pickles of arrays refer to. Each stands for a fixed treatment here; nothing is looked up or run.
enum NumPyName: Sendable, Equatable {
    /// Makes an array that is filled later.
    case reconstruct
    /// An array of bytes and an element type.
    case fromBuffer
    /// An element type, whose byte order may be set later.
    case type
    /// The class of arrays, an argument of `reconstruct`.
    case array
    /// How protocol 2 spells bytes: text of the same code points.
    case encode

    /// - Returns: nil for a name that is not on the list.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"): self = .reconstruct
        case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"): self = .fromBuffer
        case ("numpy", "dtype"): self = .type
        case ("numpy", "ndarray"): self = .array
        case ("_codecs", "encode"): self = .encode
        default: return nil
        }
    }
}

extension PickleMachine {
    /// What a call of one of NumPy's names makes.
    mutating func call(_ name: NumPyName, _ arguments: [PickleValue]) throws(PickleProblem) -> PickleValue {
        switch name {
        case .reconstruct: return make(.array(type: .none, data: .none))
        case .fromBuffer:
            if arguments.count >= 2 { return make(.array(type: arguments[1], data: arguments[0])) }
        case .type:
            if case .text(let type)? = arguments.first { return make(.arrayType(name: type, order: "|")) }
        case .encode:
            if case .text(let text)? = arguments.first {
                let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
                try chargeEncoded(bytes.count)
                return make(.bytes(bytes))
            }
        case .array: break
        }
        throw PickleProblem("rebuilds an array in a way NumPy does not")
    }

    /// Sets the state of an array or an element type; false where the node is neither.
    mutating func setNumPyState(of place: Int, _ state: PickleValue) throws(PickleProblem) -> Bool {
        let parts = tuple(state) ?? []
        switch heap[place] {
        case .array:
            // Version, shape, element type, order, elements.
            guard parts.count == 5 else { throw PickleProblem("sets the state of an array in a way NumPy does not") }
            heap[place] = .array(type: parts[2], data: parts[4])
        case .arrayType(let name, _):
            guard parts.count >= 2, case .text(let order) = parts[1] else {
                throw PickleProblem("sets the state of an element type in a way NumPy does not")
            }
            heap[place] = .arrayType(name: name, order: order)
        default: return false
        }
        return true
    }

    /// The elements of an array; nil for any other value, and where they are not numbers.
    func numbers(_ value: PickleValue) -> [Double]? {
        guard case .node(let place) = value, case .array(.node(let type), .node(let data)) = heap[place],
            case .arrayType(let name, let order) = heap[type], case .bytes(let bytes) = heap[data],
            let element = NumPyElement(name), bytes.count % element.size == 0
        else { return nil }
        return bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / element.size).map { element.value(bytes, at: $0 * element.size, isBigEndian: order == ">") }
        }
    }
}
