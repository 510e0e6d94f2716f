import Files
import Tensors

/// Takes tensors out of an archive by name and shape, and keeps account of what was missing, misshaped or left over.
///
/// A failed request yields an empty tensor and the work goes on, so that one error can name all of them;
/// ``finish(ignorable:)`` must be called, and throws, before any tensor is used.
struct TensorCollector {
    /// Borrowed tensors up to this many elements are checked for NaN and infinity when they are taken; larger ones are
    /// left untouched, so that loading does not read the whole file.
    private static let checkedElements = 1 << 18

    private let archive: any TensorArchive
    private let prefix: String
    private var used: Set<String> = []
    private var missing: [String] = []
    private var misshaped: [String] = []
    private var failure: FileError?

    /// - Parameter prefix: put before every name asked for.
    init(_ archive: any TensorArchive, prefix: String) {
        self.archive = archive
        self.prefix = prefix
    }

    func info(_ name: String) -> TensorInfo? { archive.info(named: prefix + name) }
    func has(_ name: String) -> Bool { info(name) != nil }

    /// The first name of `candidates` the archive has and `accept` agrees to, as a full name: under the prefix, or above.
    func firstName(beside candidates: [String], accept: (String, TensorInfo) -> Bool) -> String? {
        var scope = prefix
        while true {
            for candidate in candidates {
                if let info = archive.info(named: scope + candidate), accept(info.name, info) { return info.name }
            }
            guard !scope.isEmpty else { return nil }
            scope = scope.dropLast().lastIndex(of: ".").map { String(scope[...$0]) } ?? ""
        }
    }

    /// The tensor `name` with the shape `expected`; leading extents of 1 do not matter.
    mutating func take(_ name: String, _ expected: [Int]) -> Tensor { take(fullName: prefix + name, expected) }

    /// The tensor with exactly this name, see ``take(_:_:)``.
    ///
    /// - Parameter isChecked: look for NaN and infinity however large the tensor.
    mutating func take(fullName name: String, _ expected: [Int], isChecked: Bool = false) -> Tensor {
        let nothing = Tensor(shape: [0])
        guard let info = archive.info(named: name) else {
            missing.append(name)
            return nothing
        }
        used.insert(name)
        guard Self.core(info.shape) == Self.core(expected) else {
            misshaped.append("\(name) is \(info.shape), expected \(expected)")
            return nothing
        }
        guard failure == nil else { return nothing }
        do throws(FileError) {
            let tensor = try archive.tensor(named: name)
            let isChecked = isChecked || info.elementType != .f32 || tensor.count <= Self.checkedElements
            if isChecked, let index = tensor.firstNonFinite() {
                throw FileError(
                    .invalid, path: archive.path,
                    "tensor \"\(name)\" holds \(tensor.values[index]) at element \(index): the weights are damaged")
            }
            return tensor.reshaped(expected)
        } catch {
            failure = error
            return nothing
        }
    }

    /// A layer's weight and, with `hasBias`, its bias.
    mutating func linear(_ name: String, _ rows: Int, _ columns: Int, hasBias: Bool = true) -> ParameterSet.Linear {
        .init(
            weight: take(name + ".weight", [rows, columns]), bias: hasBias ? take(name + ".bias", [rows]) : nil)
    }

    /// A head's weight and bias, by the layer's full name.
    mutating func head(_ fullName: String, _ classes: Int, _ width: Int) -> ParameterSet.Linear {
        .init(
            weight: take(fullName: fullName + ".weight", [classes, width], isChecked: true),
            bias: take(fullName: fullName + ".bias", [classes], isChecked: true))
    }

    mutating func norm(_ name: String, _ width: Int) -> ParameterSet.Norm {
        .init(weight: take(name + ".weight", [width]), bias: take(name + ".bias", [width]))
    }

    /// Reports what went wrong, and returns the names of the tensors that were not used.
    ///
    /// Left-over tensors under the prefix are an error, since they would have taken part in the computation, unless
    /// they are integers (counters, indices) or their names begin with one of `ignorable`.
    ///
    /// - Throws: `FileError` naming the first missing, misshaped and unexpected tensors, with a count of each.
    func finish(ignorable: [String]) throws(FileError) -> [String] {
        var ignored: [String] = []
        var unexpected: [String] = []
        for info in archive.tensors where !used.contains(info.name) {
            let local = info.name.dropFirst(prefix.count)
            if info.name.hasPrefix(prefix), !info.elementType.isInteger,
                !ignorable.contains(where: { local.hasPrefix($0) })
            {
                unexpected.append(info.name)
            } else {
                ignored.append(info.name)
            }
        }
        let complaints = [
            Self.list("missing", missing, separator: ", "), Self.list("wrong shape", misshaped, separator: "; "),
            Self.list("unexpected", unexpected, separator: ", "),
        ].compactMap(\.self)
        guard complaints.isEmpty else {
            throw FileError(.invalid, path: archive.path, "does not fit a ViT: " + complaints.joined(separator: "; "))
        }
        if let failure { throw failure }
        return ignored
    }

    private static func list(_ title: String, _ items: [String], separator: String) -> String? {
        guard !items.isEmpty else { return nil }
        let shown = items.prefix(3).map { String($0.prefix(300)) }.joined(separator: separator)
        return "\(items.count) \(title): \(shown)" + (items.count > 3 ? " and \(items.count - 3) more" : "")
    }

    private static func core(_ shape: [Int]) -> ArraySlice<Int> { shape.drop { $0 == 1 } }
}

extension Tensor {
    /// The position of the first element that is NaN or infinite, in row-major order; nil when all are finite.
    func firstNonFinite() -> Int? {
        withUnsafeElements { elements in
            // Without a branch inside, so that it is vectorised; the position is looked for only when there is one.
            var largest: Int32 = 0
            for element in elements { largest = max(largest, Int32(bitPattern: element.bitPattern & 0x7FFF_FFFF)) }
            return largest < 0x7F80_0000 ? nil : elements.firstIndex { !$0.isFinite }
        }
    }
}
