import Foundation
import GETAM

/// The classes whose scores `getam evaluate --labels` compares: those that the model and the class list both have.
struct ComparedClasses: Sendable {
    /// In the order of the class list.
    let names: [String]
    /// Their places among the model's logits.
    let logits: [Int]
    /// Classes of the list that the model lacks.
    let lacking: [String]
    private let find: @Sendable (String) throws(UnknownClass) -> Int?

    /// - Parameter only: names of the classes that count, with commas between; nil for all.
    /// - Throws: a usage failure where the model has none of the list's classes, or the list none of these.
    init(_ choice: ClassListChoice, only: String?, configuration: ModelConfiguration) throws {
        var names: [String], logits: [Int]
        if case .model = choice {
            (names, logits, lacking) = (configuration.distinctClassNames, Array(0..<configuration.classCount), [])
            find = { name throws(UnknownClass) in
                do throws(UnknownClass) { return try configuration.classIndex(name) } catch where error.candidates.isEmpty { return nil }
            }
        } else {
            let list = try choice.list { configuration }
            let match = try ClassMatch(list, isModels: false, configuration: configuration)
            let known = match.numbers
            names = []
            logits = []
            for (place, name) in list.names.enumerated() {
                guard let logit = known.firstIndex(of: UInt8(exactly: place + 1)) else { continue }
                names.append(name)
                logits.append(logit)
            }
            lacking = list.names.filter { !names.contains($0) }
            find = { name throws(UnknownClass) in try match.find(name)?.logit }
        }
        if let only {
            let wanted: [UInt8]
            do throws(LabelError) {
                wanted = try ClassList(names).numbers(in: only)
            } catch { throw CommandFailure(.usage, "--only: \(error)") }
            let places = Set(wanted.compactMap { $0 > 0 ? Int($0) - 1 : nil }).sorted()
            guard !places.isEmpty else { throw CommandFailure(.usage, "--only \(only): image-level labels have no background") }
            (names, logits) = (places.map { names[$0] }, places.map { logits[$0] })
        }
        (self.names, self.logits) = (names, logits)
    }

    /// The place of the class that a label's name means; nil for one that does not count.
    ///
    /// - Throws: `UnknownClass` for the name of several classes.
    func place(of name: String) throws(UnknownClass) -> Int? { try find(name).flatMap { logits.firstIndex(of: $0) } }
}
