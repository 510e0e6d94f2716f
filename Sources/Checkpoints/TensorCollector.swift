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
    private let style: TensorStyle
    /// Of all norms that are asked for.
    var normKind = ParameterSet.Norm.Kind.layer
    /// Full names of what was taken.
    private(set) var used: Set<String> = []
    /// What may go unused, and is reported as ignored.
    private var left: Set<String> = []
    private var missing: [String] = []
    private var misshaped: [String] = []
    private var failure: FileError?

    /// - Parameter prefix: put before every name asked for.
    init(_ archive: any TensorArchive, prefix: String, style: TensorStyle) {
        self.archive = archive
        self.prefix = prefix
        self.style = style
    }

    func info(_ name: String) -> TensorInfo? { archive.info(named: prefix + name) }
    func has(_ name: String) -> Bool { info(name) != nil }
    /// Whether there is a weight of the layer `name`.
    func hasLayer(_ name: String) -> Bool { has(name + style.weight) }
    func hasBias(_ name: String) -> Bool { has(name + style.bias) }
    func hasNorm(_ name: String) -> Bool { has(name + style.normWeight) }

    /// The first name of `candidates` the archive has and `accept` agrees to, as a full name: under the prefix, or above.
    func firstName(beside candidates: [String], accept: (String, TensorInfo) -> Bool) -> String? {
        var scope = prefix
        while true {
            for candidate in candidates {
                if let info = archive.info(named: scope + candidate), accept(info.name, info) { return info.name }
            }
            guard !scope.isEmpty else { return nil }
            scope = scope.dropLast().lastIndex(of: style.separator).map { String(scope[...$0]) } ?? ""
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

    /// A count that the file may keep; 0 where it does not, or in a form that holds none.
    func count(_ name: String) -> Int {
        guard has(name), let numbers = try? archive.integers(named: prefix + name), numbers.count == 1 else { return 0 }
        return max(0, numbers[0])
    }

    /// The elements of a mask, of which some may not be numbers; empty where it cannot be read.
    mutating func mask(_ name: String, _ expected: [Int]) -> [Float]? {
        used.insert(prefix + name)
        guard let info = info(name), info.shape == expected else { return nil }
        return try? archive.tensor(named: info.name).values
    }

    /// Lets the layer `name` go unused.
    mutating func leave(_ name: String) {
        left.insert(prefix + name + style.weight)
        left.insert(prefix + name + style.bias)
    }

    /// Lets every tensor go unused whose name begins so.
    mutating func leave(beginning start: String) {
        for info in archive.tensors where info.name.hasPrefix(prefix + start) { left.insert(info.name) }
    }

    /// A layer's weight and, with `hasBias`, its bias.
    mutating func linear(_ name: String, _ rows: Int, _ columns: Int, hasBias: Bool = true) -> ParameterSet.Linear {
        linear(
            weight: prefix + name + style.weight, bias: hasBias ? prefix + name + style.bias : nil, rows, columns,
            isChecked: false)
    }

    /// A layer whose weight and bias are named with an underscore.
    mutating func packed(_ name: String, _ rows: Int, _ columns: Int, hasBias: Bool) -> ParameterSet.Linear {
        linear(
            weight: prefix + name + "_weight", bias: hasBias ? prefix + name + "_bias" : nil, rows, columns,
            isChecked: false)
    }

    /// A head's weight and bias, by the layer's full name.
    mutating func head(_ fullName: String, _ classes: Int, _ width: Int) -> ParameterSet.Linear {
        let bias = fullName + style.bias
        return linear(weight: fullName + style.weight, bias: bias, classes, width, isChecked: true)
    }

    private mutating func linear(
        weight: String, bias: String?, _ rows: Int, _ columns: Int, isChecked: Bool
    ) -> ParameterSet.Linear {
        switch style {
        case .torch:
            return .init(
                weight: take(fullName: weight, [rows, columns], isChecked: isChecked),
                bias: bias.map { take(fullName: $0, [rows], isChecked: isChecked) })
        case .flax:
            // Heads make a third dimension, on the side of the layer where they are.
            let kernel = flattened(weight, [columns, rows], isChecked: isChecked)
            return .init(
                weight: kernel.shape == [columns, rows] ? kernel.transposed() : kernel,
                bias: bias.map { flattened($0, [rows], isChecked: isChecked) })
        }
    }

    /// The tensor with this name, of whose dimensions neighbors may be split in two.
    mutating func flattened(_ name: String, _ expected: [Int]) -> Tensor { flattened(prefix + name, expected, isChecked: false) }

    /// The same by its full name.
    private mutating func flattened(_ name: String, _ expected: [Int], isChecked: Bool) -> Tensor {
        guard let shape = archive.info(named: name)?.shape, shape.count > expected.count, shape.count <= 4 else {
            return take(fullName: name, expected, isChecked: isChecked)
        }
        // Whether the expected extents are products of neighbors.
        var rest = shape[...]
        for extent in expected {
            var product = 1
            while product < extent, let next = rest.first {
                product = product.multipliedReportingOverflow(by: next).partialValue
                rest = rest.dropFirst()
            }
            if product != extent { return take(fullName: name, expected, isChecked: isChecked) }
        }
        let tensor = take(fullName: name, shape, isChecked: isChecked)
        return rest.isEmpty && tensor.count == expected.reduce(1, *) ? tensor.reshaped(expected) : tensor
    }

    /// The patch embedding, `[width, channels·height·width]` in PyTorch's order.
    ///
    /// - Parameter isBare: whether a linear layer has this order already.
    mutating func patchEmbedding(
        _ name: String, _ width: Int, _ channels: Int, _ patch: ModelConfiguration.Size, hasBias: Bool, isBare: Bool = false
    ) -> ParameterSet.Linear {
        let bias = hasBias ? take(name + style.bias, [width]) : nil
        let depth = channels * patch.height * patch.width
        if info(name + style.weight)?.shape.count == 2 {
            let weight = take(name + style.weight, [width, depth])
            guard weight.count == width * depth, !isBare else { return .init(weight: weight, bias: bias) }
            let ordered = weight.reshaped([width, patch.height, patch.width, channels]).permuted([0, 3, 1, 2])
            return .init(weight: ordered.reshaped([width, depth]), bias: bias)
        }
        switch style {
        case .torch:
            let weight = take(name + style.weight, [width, channels, patch.height, patch.width])
            return .init(weight: weight.count == width * depth ? weight.reshaped([width, depth]) : weight, bias: bias)
        case .flax:
            let kernel = take(name + style.weight, [patch.height, patch.width, channels, width])
            guard kernel.count == width * depth else { return .init(weight: kernel, bias: bias) }
            let ordered = kernel.permuted([3, 2, 0, 1])
            return .init(weight: ordered.reshaped([width, depth]), bias: bias)
        }
    }

    /// A norm of the kind that the model has.
    mutating func norm(_ name: String, _ width: Int) -> ParameterSet.Norm {
        let weight = take(name + style.normWeight, [width])
        let bias = normKind == .layer ? take(name + style.bias, [width]) : Tensor(shape: [width])
        return .init(weight: weight, bias: bias, kind: normKind)
    }

    /// Reports what went wrong, and returns the names of the tensors that were not used.
    ///
    /// Left-over tensors under the prefix are an error, since they would have taken part in the computation, unless
    /// they are empty, integers (counters, indices) or their names begin with one of `ignorable`.
    ///
    /// - Throws: `FileError` naming the first missing, misshaped and unexpected tensors, with a count of each.
    func finish(ignorable: [String]) throws(FileError) -> [String] {
        var ignored: [String] = []
        var unexpected: [String] = []
        for info in archive.tensors where !used.contains(info.name) {
            let local = info.name.dropFirst(prefix.count)
            if info.name.hasPrefix(prefix), !info.shape.contains(0), !info.elementType.isInteger, !left.contains(info.name),
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
