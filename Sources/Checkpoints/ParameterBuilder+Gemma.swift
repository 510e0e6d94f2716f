import Files
import Tensors

// What Gemma's towers alone have.
extension ParameterBuilder {
    /// What the patches' mean goes through before it is read; nil where it is read as it is.
    func standardization(_ collector: inout TensorCollector, width: Int) throws(FileError) -> ParameterSet.Standardization? {
        guard let names = keys.standardization else { return nil }
        guard hints.pooling?.value != .patchMean else {
            for name in [names.shift, names.scale] { collector.leave(beginning: name) }
            return nil
        }
        let root = Float(width).squareRoot()
        var result = ParameterSet.Standardization(
            factor: Tensor(shape: [width], [Float](repeating: root, count: width)), shift: Tensor(shape: [width]))
        guard collector.has(names.shift) || collector.has(names.scale) else { return result }
        let shift = collector.take(names.shift, [width]), scale = collector.take(names.scale, [width])
        // A request that failed left an empty tensor; finish() will throw.
        guard shift.count == width, scale.count == width else { return result }
        result.factor = Tensor(shape: [width], scale.values.map { $0 * root })
        result.shift = Tensor(shape: [width], zip(shift.values, scale.values).map { -$0 * $1 })
        return result
    }

    /// - Throws: `FileError` where a layer holds what it reads or gives within bounds: those that are infinite do nothing.
    func checkBounds(_ collector: inout TensorCollector) throws(FileError) {
        for info in archive.tensors where isBound(info.name) {
            let value = collector.mask(String(info.name.dropFirst(detection.prefix.count)), [])?.first ?? 0
            guard abs(value) >= 3e38 else {
                throw invalid("\(info.name) is \(value): layers that hold what they read and give within bounds are not supported")
            }
        }
    }

    /// Whether a tensor of this name is such a bound.
    func isBound(_ name: String) -> Bool { name.hasPrefix(detection.prefix) && keys.bounds.contains { name.hasSuffix($0) } }
}

extension ModelConfiguration.Preprocessing {
    /// That of a model which takes what this gives from 0…1 to −1…1, as one.
    mutating func center() {
        mean = zip(mean, standardDeviation).map { $0 + $1 / 2 }
        standardDeviation = standardDeviation.map { $0 / 2 }
    }
}
