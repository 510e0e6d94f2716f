/// The storages a PyTorch pickle refers to, and the tensors that view them.
struct TorchStorages {
    /// A run of elements, stored apart from the pickle.
    struct Storage: Sendable {
        /// Its name in the archive.
        let key: String
        /// nil where every tensor brings its own.
        let elementType: ElementType?
        /// Elements, or bytes where there is no element type.
        let count: Int
        /// The first element of the run stored under `key`; above 0 for a view of a storage (old layout).
        let start: Int
        /// Elements of the whole run stored under `key`.
        let total: Int
    }

    struct TensorView: Sendable {
        let storage: Int
        let array: StoredArray
    }

    private(set) var storages: [Storage] = []
    private(set) var tensors: [TensorView] = []
    private var places: [String: Int] = [:]

    /// The storage that a persistent identifier means: `("storage", class, key, device, elements[, view])`, where a view is
    /// none or `(key, first element, elements)`.
    mutating func register(_ parts: [PickleValue], view: [PickleValue]?) throws(PickleProblem) -> PickleValue {
        guard parts.count >= 5, case .text("storage") = parts[0], case .global(.storage(let type)) = parts[1],
            case .text(let key) = parts[2], case .integer(let total) = parts[4]
        else { throw PickleProblem("refers to something outside that is no storage") }
        guard total >= 0, total <= 1 << 48 else { throw PickleProblem("has a storage of \(total) elements") }
        var (start, count) = (0, total)
        if let view {
            guard view.count == 3, case .integer(let first) = view[1], case .integer(let size) = view[2], first >= 0,
                size >= 0, first <= total, size <= total - first
            else { throw PickleProblem("has a view outside its storage") }
            (start, count) = (first, size)
        }
        let storage = Storage(key: key, elementType: type, count: count, start: start, total: total)
        if start == 0, count == total {
            if let known = places[key] {
                guard storages[known].total == total, storages[known].elementType == type else {
                    throw PickleProblem("describes storage \"\(key.prefix(100))\" in two ways")
                }
                return .storage(known)
            }
            places[key] = storages.count
        }
        storages.append(storage)
        return .storage(storages.count - 1)
    }

    /// A view of a storage.
    ///
    /// - Parameter type: of the elements, where the storage does not say.
    mutating func tensor(
        _ storage: PickleValue, start: PickleValue, shape: [PickleValue], strides: [PickleValue], type: ElementType?
    ) throws(PickleProblem) -> PickleValue {
        guard case .storage(let place) = storage, case .integer(let start) = start, let shape = Self.integers(shape),
            let strides = Self.integers(strides)
        else { throw PickleProblem("rebuilds a tensor from something else than storage, offset, sizes and strides") }
        let storage = storages[place]
        guard let elementType = storage.elementType ?? type else {
            throw PickleProblem("has a tensor without an element type")
        }
        let available = storage.elementType == nil ? storage.count / (elementType.bitCount / 8) : storage.count
        do throws(StoredArray.Problem) {
            let array = try StoredArray(elementType, shape: shape, strides: strides, start: start, available: available)
            tensors.append(TensorView(storage: place, array: array))
        } catch {
            throw PickleProblem("has a tensor that \(error.reason)")
        }
        return .tensor(tensors.count - 1)
    }

    /// Whole numbers; nil where one is none.
    private static func integers(_ values: [PickleValue]) -> [Int]? {
        var numbers: [Int] = []
        for value in values {
            guard case .integer(let number) = value else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
