import Files
import Tensors

/// Labels of pictures that NumPy pickled, such as VOC's `cls_labels.npy`: a dictionary, or an array, list or tuple of
/// dictionaries or of pairs.
///
/// Keys are text, bytes or whole numbers, Python's or NumPy's. Values are vectors: arrays and tensors of any number type, lists
/// and tuples; or lists of class names.
///
/// Read by the machine that reads checkpoints, which here knows, of all names, only those that arrays are rebuilt with.
package enum PickledVectors {
    /// What stands for a picture.
    package enum Key: Sendable, Equatable {
        case text(String)
        case number(Int)
    }

    /// What is said of a picture.
    package enum Value: Sendable, Equatable {
        case vector([Double])
        case names([String])
    }

    /// Every entry of the file at `path`, in its order.
    package static func read(path: String) throws(FileError) -> [(key: Key, value: Value)] {
        try PickledObjects.read(path: path, expected: "a pickled dictionary of vectors") { (objects) throws(PickleProblem) in
            let machine = objects.machine
            // A vector may stand under several names, but not so that a small file becomes a large table; nor may a name.
            var left = 16 * objects.byteCount + 1 << 20
            var entries: [(key: Key, value: Value)] = []
            for (key, value) in try pairs(objects) {
                guard let key = Self.key(key, machine) else { throw PickleProblem("has a key that is neither a name nor a whole number") }
                if case .text(let name) = key { left -= name.utf8.count }
                guard left >= 0 else { throw PickleProblem("repeats its names over and over") }
                guard let (value, size) = Self.value(value, machine, most: left) else {
                    throw PickleProblem("holds something else than vectors of numbers by name")
                }
                left -= size + 1
                guard left >= 0 else { throw PickleProblem("repeats its vectors over and over") }
                entries.append((key, value))
            }
            return entries
        }
    }

    /// Keys and values, whatever holds them.
    private static func pairs(_ objects: PickledObjects) throws(PickleProblem) -> [(key: PickleValue, value: PickleValue)] {
        let machine = objects.machine
        var values = objects.values
        // A list that was saved by itself becomes an array of its elements, or stays one.
        if values.count == 1, machine.members(values[0]) == nil, let inner = machine.objects(values[0]) { values = inner }
        var pairs: [(key: PickleValue, value: PickleValue)] = []
        for value in values {
            if let members = machine.members(value) {
                guard pairs.count + members.count <= objects.byteCount else { throw PickleProblem("repeats its dictionaries over and over") }
                pairs += members
            } else if let pair = machine.objects(value), pair.count == 2 {
                pairs.append((pair[0], pair[1]))
            } else if values.count.isMultiple(of: 2), values.indices.allSatisfy({ $0 % 2 == 1 || key(values[$0], machine) != nil }) {
                // Pairs become an array of two columns, its elements row by row.
                return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
            } else {
                throw PickleProblem("does not hold a dictionary of vectors, nor pairs of a name and a vector")
            }
        }
        return pairs
    }

    private static func key(_ value: PickleValue, _ machine: PickleMachine) -> Key? {
        if case .integer(let number) = value { return .number(number) }
        return machine.text(value).map { .text($0) }
    }

    /// A vector or names, and how many; nil for anything else, and for more than `most`.
    private static func value(_ value: PickleValue, _ machine: PickleMachine, most: Int) -> (Value, Int)? {
        if let numbers = machine.stored(value) {
            return numbers.count <= most ? (.vector(numbers.doubles), numbers.count) : nil
        }
        guard let values = machine.objects(value), values.count <= most else { return nil }
        let numbers = values.compactMap(machine.number)
        if numbers.count == values.count { return (.vector(numbers), numbers.count) }
        var names: [String] = [], size = 0
        for value in values {
            guard let name = machine.text(value, most: most - size) else { return nil }
            names.append(name)
            size += name.utf8.count + 1
        }
        return (.names(names), size)
    }
}
