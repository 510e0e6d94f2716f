/// Reads a pickle (protocols 2 to 5) into values, in time and memory proportional to its length.
///
/// Source: Lib/pickletools.py of CPython, which documents every opcode. Names are compared with ``PickleGlobal``'s list and
/// any other is an error; no name is ever resolved, so nothing a file says can be run.
struct PickleMachine {
    /// Far above any checkpoint: one of 1000 tensors takes some 40,000 steps.
    private static let maximumSteps = 4_000_000

    /// Which names a pickle may refer to.
    enum Names: Sendable {
        /// ``PickleGlobal``'s: of a checkpoint, whose arrays and bytes are of no use.
        case checkpoint
        /// ``NumPyName``'s, and those of containers: of arrays, whose elements are kept.
        case arrays
    }

    private let names: Names
    var heap: [PickleNode] = []
    /// What tensors and storages the pickle refers to.
    var storages = TorchStorages()

    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// Elements copied from one container to another.
    private var copied = 0
    /// Bytes made of text, elements made of tensors, and how many bytes the pickle has.
    private var encoded = 0
    private var expanded = 0
    private var encodable = 0

    init(names: Names = .checkpoint) { self.names = names }

    /// Reads one pickle up to its end, leaving `cursor` behind it; returns what it holds.
    mutating func read(_ cursor: inout ByteCursor) throws(PickleProblem) -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        encodable = cursor.remaining
        guard cursor.read(UInt8.self) == 0x80, let version = cursor.read(UInt8.self) else {
            throw PickleProblem("does not begin as a pickle of protocol 2 or later")
        }
        guard (2...5).contains(version) else { throw PickleProblem("uses pickle protocol \(version); 2 to 5 can be read") }
        for _ in 0..<Self.maximumSteps {
            let position = cursor.position
            guard let opcode = cursor.read(UInt8.self) else { throw PickleProblem("ends in the middle of its pickle") }
            if opcode == 0x2E {
                let value = try pop()
                guard stack.isEmpty, marks.isEmpty else { throw PickleProblem("has values left over at the end of its pickle") }
                return value
            }
            do throws(PickleProblem) {
                try step(opcode, &cursor)
            } catch {
                throw PickleProblem("\(error.reason) (byte \(position) of the pickle)")
            }
        }
        throw PickleProblem("has a pickle of more than \(Self.maximumSteps) steps")
    }

    /// The elements of a tuple; nil for any other value.
    func tuple(_ value: PickleValue) -> [PickleValue]? {
        guard case .node(let place) = value, case .tuple(let values) = heap[place] else { return nil }
        return values
    }

    mutating func make(_ node: PickleNode) -> PickleValue {
        heap.append(node)
        return .node(heap.count - 1)
    }

    // MARK: Steps

    private mutating func step(_ opcode: UInt8, _ cursor: inout ByteCursor) throws(PickleProblem) {
        switch opcode {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"):
            guard let top = stack.last, stack.count > marks.last ?? 0 else { throw Self.underflow }
            stack.append(top)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "J"), UInt8(ascii: "K"), UInt8(ascii: "M"), 0x8A, 0x8B, UInt8(ascii: "G"):
            stack.append(try Self.number(opcode, &cursor))
        case UInt8(ascii: "X"), 0x8C, 0x8D, UInt8(ascii: "U"), UInt8(ascii: "T"):
            stack.append(.text(try Self.text(opcode, &cursor)))
        case UInt8(ascii: "B"), UInt8(ascii: "C"), 0x8E, 0x96:
            let bytes = try Self.bytes(opcode, &cursor)
            stack.append(names == .arrays ? make(.bytes(Array(bytes))) : .inert)
        case UInt8(ascii: ")"): stack.append(make(.tuple([])))
        case 0x85, 0x86, 0x87: try makeTuple(count: Int(opcode) - 0x84)
        case UInt8(ascii: "t"): stack.append(make(.tuple(try popToMark())))
        case UInt8(ascii: "]"), 0x8F: stack.append(make(.list([])))
        case UInt8(ascii: "l"), 0x91: stack.append(make(.list(try popToMark())))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"), 0x90: try append(try popToMark())
        case UInt8(ascii: "}"): stack.append(make(.dictionary([])))
        case UInt8(ascii: "d"):
            let items = try popToMark()
            stack.append(make(.dictionary([])))
            try setItems(items)
        case UInt8(ascii: "s"):
            let value = try pop()
            try setItems([try pop(), value])
        case UInt8(ascii: "u"): try setItems(try popToMark())
        case UInt8(ascii: "q"), UInt8(ascii: "r"), 0x94: try memorize(opcode, &cursor)
        case UInt8(ascii: "h"), UInt8(ascii: "j"):
            let place = opcode == UInt8(ascii: "h") ? cursor.readInt(UInt8.self) : cursor.readInt(UInt32.self)
            guard let place else { throw Self.cut }
            guard let value = memo[place] else { throw PickleProblem("recalls value \(place), which was never kept") }
            stack.append(value)
        case UInt8(ascii: "c"): try global(&cursor)
        case 0x93:
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
                throw PickleProblem("names a global by something else than text")
            }
            stack.append(.global(try known(module, name)))
        case UInt8(ascii: "R"), 0x81:
            let arguments = try pop()
            stack.append(try call(try pop(), arguments))
        case 0x92:
            _ = try pop()
            let arguments = try pop()
            stack.append(try call(try pop(), arguments))
        case UInt8(ascii: "b"): try build()
        case UInt8(ascii: "Q"):
            let identifier = try pop()
            guard let parts = tuple(identifier) else { throw PickleProblem("refers to something outside by no tuple") }
            stack.append(try storages.register(parts, view: parts.count > 5 ? tuple(parts[5]) : nil))
        case 0x95: guard cursor.skip(8) else { throw Self.cut }
        case 0x80: guard cursor.skip(1) else { throw Self.cut }
        default: throw PickleProblem("uses opcode \(opcode), which no checkpoint needs")
        }
    }

    private static let underflow = PickleProblem("takes a value where there is none")
    private static let cut = PickleProblem("ends in the middle of its pickle")

    private mutating func pop() throws(PickleProblem) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw Self.underflow }
        return value
    }

    private mutating func popToMark() throws(PickleProblem) -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw Self.underflow }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func makeTuple(count: Int) throws(PickleProblem) {
        guard stack.count - count >= marks.last ?? 0 else { throw Self.underflow }
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        stack.append(make(.tuple(values)))
    }

    private mutating func append(_ values: [PickleValue]) throws(PickleProblem) {
        guard let target = stack.last, stack.count > marks.last ?? 0 else { throw Self.underflow }
        if case .inert = target { return }
        guard case .node(let place) = target, case .list(var list) = heap[place] else {
            throw PickleProblem("appends to something that is no list")
        }
        heap[place] = .list([])  // so that the list is not copied
        list += values
        heap[place] = .list(list)
    }

    private mutating func setItems(_ items: [PickleValue]) throws(PickleProblem) {
        guard items.count.isMultiple(of: 2) else { throw PickleProblem("has a key without a value") }
        guard let target = stack.last, stack.count > marks.last ?? 0 else { throw Self.underflow }
        if case .inert = target { return }
        guard case .node(let place) = target, case .dictionary(var members) = heap[place] else {
            throw PickleProblem("sets an item of something that is no dictionary")
        }
        heap[place] = .dictionary([])
        for index in stride(from: 0, to: items.count, by: 2) { members.append((items[index], items[index + 1])) }
        heap[place] = .dictionary(members)
    }

    private mutating func memorize(_ opcode: UInt8, _ cursor: inout ByteCursor) throws(PickleProblem) {
        let place: Int?
        switch opcode {
        case UInt8(ascii: "q"): place = cursor.readInt(UInt8.self)
        case UInt8(ascii: "r"): place = cursor.readInt(UInt32.self)
        default: place = memo.count
        }
        guard let place else { throw Self.cut }
        guard let top = stack.last, stack.count > marks.last ?? 0 else { throw Self.underflow }
        memo[place] = top
    }

    private mutating func global(_ cursor: inout ByteCursor) throws(PickleProblem) {
        guard let module = cursor.readLine(limit: 1024), let name = cursor.readLine(limit: 1024) else { throw Self.cut }
        stack.append(
            .global(try known(String(decoding: module, as: UTF8.self), String(decoding: name, as: UTF8.self))))
    }

    private func known(_ module: String, _ name: String) throws(PickleProblem) -> PickleGlobal {
        if names == .arrays {
            if let name = NumPyName(module: module, name: name) { return .numpy(name) }
            switch PickleGlobal(module: module, name: name) {
            case .dictionary: return .dictionary
            case .defaultDictionary: return .defaultDictionary
            case .list: return .list
            default:
                throw PickleProblem("refers to \(module.prefix(100)).\(name.prefix(100)), which is not loaded: only arrays of numbers are")
            }
        }
        guard let global = PickleGlobal(module: module, name: name) else {
            throw PickleProblem(
                "refers to \(module.prefix(100)).\(name.prefix(100)), which is not loaded: only tensors, containers and numbers are; "
                    + "save the model's state_dict() alone")
        }
        return global
    }

    // MARK: Calls

    private mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(PickleProblem) -> PickleValue {
        guard case .global(let global) = function else { throw PickleProblem("calls something that is no name") }
        guard let arguments = tuple(arguments) else { throw PickleProblem("calls with arguments that are no tuple") }
        switch global {
        case .dictionary: return make(.dictionary(try pairs(arguments.first)))
        case .defaultDictionary: return make(.dictionary([]))
        case .list:
            if case .node(let place)? = arguments.first, case .list(let values) = heap[place] {
                try charge(values.count)
                return make(.list(values))
            }
            return make(.list([]))
        case .first: return arguments.first ?? .inert
        case .inert: return .inert
        case .tensor: return try tensor(arguments, type: nil)
        case .typedTensor:
            guard arguments.count > 6, case .global(.type(let type)) = arguments[6] else {
                throw PickleProblem("rebuilds a tensor without an element type")
            }
            return try tensor(arguments, type: type)
        case .fromType:
            guard arguments.count >= 3, case .global(let inner) = arguments[0], inner != .fromType else {
                throw PickleProblem("rebuilds a tensor by something that is no name")
            }
            return try call(.global(inner), arguments[2])
        case .module: return make(.object(attributes: .none))
        case .numpy(let name): return try call(name, arguments)
        case .storage, .type: throw PickleProblem("calls an element type")
        }
    }

    private mutating func tensor(_ arguments: [PickleValue], type: ElementType?) throws(PickleProblem) -> PickleValue {
        guard arguments.count >= 4, let shape = tuple(arguments[2]), let strides = tuple(arguments[3]) else {
            throw PickleProblem("rebuilds a tensor without sizes and strides")
        }
        return try storages.tensor(arguments[0], start: arguments[1], shape: shape, strides: strides, type: type)
    }

    /// The members of a dictionary, or of a list of pairs, as old dictionaries are written.
    private mutating func pairs(
        _ value: PickleValue?
    ) throws(PickleProblem) -> [(key: PickleValue, value: PickleValue)] {
        guard case .node(let place)? = value else { return [] }
        switch heap[place] {
        case .dictionary(let members):
            try charge(members.count)
            return members
        case .list(let values):
            try charge(values.count)
            return values.compactMap { pair in
                guard case .node(let place) = pair else { return nil }
                switch heap[place] {
                case .tuple(let parts) where parts.count == 2: return (parts[0], parts[1])
                case .list(let parts) where parts.count == 2: return (parts[0], parts[1])
                default: return nil
                }
            }
        default: return []
        }
    }

    /// Accounts for elements that a few bytes of pickle copy.
    private mutating func charge(_ elements: Int) throws(PickleProblem) {
        copied += elements
        guard copied <= Self.maximumSteps else { throw PickleProblem("copies its containers over and over") }
    }

    /// Accounts for bytes made of text or bytes: of an honest pickle no more than its own, each being used once.
    mutating func chargeEncoded(_ bytes: Int) throws(PickleProblem) {
        encoded += bytes
        guard encoded <= encodable else { throw PickleProblem("copies its texts over and over") }
    }

    /// Accounts for elements of tensors, which may view one storage often.
    mutating func chargeExpanded(_ elements: Int) throws(PickleProblem) {
        expanded += elements
        guard expanded <= encodable else { throw PickleProblem("has tensors that repeat their elements over and over") }
    }

    private mutating func build() throws(PickleProblem) {
        let state = try pop()
        guard let target = stack.last, stack.count > marks.last ?? 0 else { throw Self.underflow }
        switch target {
        case .node(let place):
            if case .object = heap[place] {
                heap[place] = .object(attributes: state)
            } else if try setNumPyState(of: place, state) {
                break
            }
        // A state dictionary's `_metadata`, the attributes of a tensor: of no use here.
        case .tensor, .inert: break
        default: throw PickleProblem("sets the state of something that has none")
        }
    }

    // MARK: Literals

    private static func number(_ opcode: UInt8, _ cursor: inout ByteCursor) throws(PickleProblem) -> PickleValue {
        switch opcode {
        case UInt8(ascii: "J"): if let value = cursor.readInt(Int32.self) { return .integer(value) }
        case UInt8(ascii: "K"): if let value = cursor.readInt(UInt8.self) { return .integer(value) }
        case UInt8(ascii: "M"): if let value = cursor.readInt(UInt16.self) { return .integer(value) }
        case UInt8(ascii: "G"): if let bits = cursor.read(UInt64.self) { return .number(Double(bitPattern: bits.byteSwapped)) }
        default:
            let count = opcode == 0x8A ? cursor.readInt(UInt8.self) : cursor.readInt(UInt32.self)
            if let count, let bytes = cursor.read(count: count) {
                guard let last = bytes.last else { return .integer(0) }
                guard count <= 8 else { return .inert }
                var value = last >= 0x80 ? -1 : 0
                for byte in bytes.reversed() { value = value << 8 | Int(byte) }
                return .integer(value)
            }
        }
        throw cut
    }

    private static func text(_ opcode: UInt8, _ cursor: inout ByteCursor) throws(PickleProblem) -> String {
        let count =
            switch opcode {
            case 0x8C, UInt8(ascii: "U"): cursor.readInt(UInt8.self)
            case 0x8D: cursor.readInt(UInt64.self)
            default: cursor.readInt(UInt32.self)
            }
        guard let count, let bytes = cursor.read(count: count) else { throw cut }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func bytes(_ opcode: UInt8, _ cursor: inout ByteCursor) throws(PickleProblem) -> UnsafeRawBufferPointer {
        let count =
            switch opcode {
            case UInt8(ascii: "C"): cursor.readInt(UInt8.self)
            case UInt8(ascii: "B"): cursor.readInt(UInt32.self)
            default: cursor.readInt(UInt64.self)
            }
        guard let count, let bytes = cursor.read(count: count) else { throw cut }
        return bytes
    }
}
