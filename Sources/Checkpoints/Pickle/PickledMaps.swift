import Files
import Tensors

/// Class maps of one picture that NumPy pickled as a dictionary, as irn, CLIP-ES and their kin write them.
package enum PickledMaps {
    /// The arrays of the dictionary in the file at `path`: those of `names` that it has, and those under whole numbers, each
    /// a class's map. Others are not touched.
    package static func read(
        path: String, names: Set<String>
    ) throws(FileError) -> (named: [String: NumPyFloats], numbered: [(number: Int, map: NumPyFloats)]) {
        try PickledObjects.read(path: path, expected: "a pickled dictionary of class maps") { (objects) throws(PickleProblem) in
            guard objects.values.count == 1, let members = objects.machine.members(objects.values[0]) else {
                throw PickleProblem("does not hold a dictionary of class maps")
            }
            var named: [String: NumPyFloats] = [:]
            var numbered: [(number: Int, map: NumPyFloats)] = []
            // An array may stand under several names, but not so that a small file becomes large maps.
            var left = 4 * objects.byteCount
            for (key, value) in members {
                let name = objects.machine.text(key, most: 64)
                var number: Int?
                if case .integer(let index) = key { number = index }
                guard number != nil || name.map(names.contains) == true else { continue }
                let array: NumPyFloats
                if let stored = objects.machine.stored(value) {
                    left -= stored.count
                    guard left >= 0 else { throw PickleProblem("repeats its maps over and over") }
                    array = NumPyFloats(shape: stored.shape, values: stored.floats)
                } else if let values = objects.machine.objects(value), values.count <= objects.byteCount {
                    let numbers = values.compactMap(objects.machine.number)
                    guard numbers.count == values.count else { throw other(name, number) }
                    array = NumPyFloats(shape: [numbers.count], values: numbers.map { Float($0) })
                } else {
                    throw other(name, number)
                }
                if let name { named[name] = array } else if let number { numbered.append((number, array)) }
            }
            return (named, numbered)
        }
    }

    private static func other(_ name: String?, _ number: Int?) -> PickleProblem {
        PickleProblem("holds something else than an array of numbers under '\((name ?? number.map(String.init) ?? "").prefix(100))'")
    }
}
