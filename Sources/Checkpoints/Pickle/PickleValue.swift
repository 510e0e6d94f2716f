/// What a pickle can hold once it is read: numbers, texts and containers; everything else is a token without meaning.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    /// A tuple, list, set, dictionary or object, by its place in the heap. Never holds its content itself, so that cycles
    /// and deep nesting cost nothing.
    case node(Int)
    case global(PickleGlobal)
    /// A storage of the checkpoint, by its place in the list of storages.
    case storage(Int)
    /// A tensor, by its place in the list of tensors.
    case tensor(Int)
    /// Something that is known and of no use here: bytes, a device, a NumPy array.
    case inert
}

/// A container of a pickle.
enum PickleNode: Sendable {
    case tuple([PickleValue])
    /// A list or a set.
    case list([PickleValue])
    /// In the order of insertion; of equal keys the last counts.
    case dictionary([(key: PickleValue, value: PickleValue)])
    /// An object whose class is not known; its attributes once they are set.
    case object(attributes: PickleValue)
    /// Bytes; only where the machine reads arrays, as the three below.
    case bytes([UInt8])
    /// PyTorch's storage.
    case storage(PickledStorage)
    /// A NumPy array: its element type, its elements as bytes or a list; none until they are set.
    case array(shape: [Int], type: PickleValue, data: PickleValue, isFortran: Bool)
    /// NumPy's word for an element type, and its byte order.
    case arrayType(name: String, order: String)
}

/// The elements of a tensor that was pickled by itself, not by torch.save.
struct PickledStorage: Sendable {
    let elementType: ElementType
    /// Number of elements.
    let count: Int
    let bytes: HeldBytes
}

/// Why a pickle cannot be used.
struct PickleProblem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
