/// The tensors of a pickle under the names their place gives them: keys and positions joined by dots.
///
/// So a state dictionary in a wrapper (`{"model": {…}}`) becomes names with a prefix, as a file of plain names has them.
struct TensorTree {
    /// Names and places among the pickle's tensors, in the order of the file.
    private(set) var tensors: [(name: String, tensor: Int)] = []

    private static let maximumDepth = 64
    private static let maximumName = 1024

    /// Every container is entered once, wherever else it is referred to.
    init(_ root: PickleValue, heap: [PickleNode]) throws(PickleProblem) {
        var seen: Set<Int> = []
        var names: [String: Int] = [:]
        // Depth first, children in order; a list instead of recursion, as deep as a file may be.
        var pending: [(name: String, depth: Int, value: PickleValue)] = [("", 0, root)]
        while let (name, depth, value) = pending.popLast() {
            switch value {
            case .tensor(let tensor):
                if let known = names[name] {
                    tensors[known].tensor = tensor
                } else {
                    names[name] = tensors.count
                    tensors.append((name, tensor))
                }
            case .node(let place):
                guard seen.insert(place).inserted else { continue }
                guard depth < Self.maximumDepth else {
                    throw PickleProblem("nests its containers more than \(Self.maximumDepth) deep")
                }
                func push(_ key: String, _ value: PickleValue) {
                    switch value {
                    case .tensor, .node:
                        let full = name.isEmpty ? key : name + "." + key
                        if full.utf8.count <= Self.maximumName { pending.append((full, depth + 1, value)) }
                    default: break
                    }
                }
                switch heap[place] {
                case .tuple(let values), .list(let values):
                    for (index, value) in values.enumerated().reversed() { push("\(index)", value) }
                case .dictionary(let members):
                    for (key, value) in members.reversed() {
                        switch key {
                        case .text(let text): push(text, value)
                        case .integer(let number): push("\(number)", value)
                        default: break
                        }
                    }
                case .object(let attributes): pending.append((name, depth + 1, attributes))
                case .bytes, .storage, .array, .arrayType: break
                }
            default: break
            }
        }
    }
}
