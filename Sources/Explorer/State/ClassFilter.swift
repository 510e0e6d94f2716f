/// Which class names are listed: those that hold every word typed, and none with `!` before it.
struct ClassFilter {
    private let wanted: [String]
    private let unwanted: [String]

    init(_ text: String) {
        let words = text.lowercased().split(separator: " ").map(String.init)
        unwanted = words.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }.filter { !$0.isEmpty }
        wanted = words.filter { !$0.hasPrefix("!") }
    }

    func accepts(_ name: String) -> Bool {
        guard !(wanted.isEmpty && unwanted.isEmpty) else { return true }
        let name = name.lowercased()
        return wanted.allSatisfy(name.contains) && !unwanted.contains(where: name.contains)
    }
}
