import ArgumentParser
import GETAM

/// `--class-list`: which class each number of a label map stands for.
enum ClassListChoice: ExpressibleByArgument {
    case voc
    case model
    case file(String)

    init?(argument: String) {
        switch argument {
        case "": return nil
        case "voc": self = .voc
        case "model": self = .model
        default: self = .file(argument)
        }
    }

    /// The list. Only `model` asks for the model.
    func list(model: () throws -> ModelConfiguration) throws -> ClassList {
        switch self {
        case .voc: return .voc
        case .file(let path): return try ClassList(path: path)
        case .model:
            let configuration = try model()
            return try ClassList((0..<configuration.classCount).map(configuration.className))
        }
    }
}

struct ClassListOption: ParsableArguments {
    @Option(
        name: .customLong("class-list"),
        help: ArgumentHelp(
            "Classes of the label maps, number 1 first: voc, model, or a file with a name a line.",
            valueName: "list"),
        completion: .classLists)
    var choice: ClassListChoice = .model
}

/// A class list beside a model: which logit speaks for which number, and what a label's name means.
struct ClassMatch: Sendable {
    let list: ClassList
    private let configuration: ModelConfiguration
    /// The logit of each class of the list; nil where the model lacks the class.
    private let logits: [Int?]

    /// A class of a picture: among the model's logits, and in a label map.
    struct Found: Sendable {
        let logit: Int
        let number: UInt8
    }

    /// - Throws: a usage failure where the model has none of the classes.
    init(_ list: ClassList, isModels: Bool, configuration: ModelConfiguration) throws {
        self.list = list
        self.configuration = configuration
        logits = isModels
            ? list.names.indices.map { $0 }
            // A number as a name must not be taken for an index of the model's.
            : list.names.map { Int($0) == nil ? try? configuration.classIndex($0) : nil }
        if !logits.contains(where: { $0 != nil }) {
            throw CommandFailure(
                .usage, "the model has none of the classes in the class list (\(Self.some(list.names))); "
                    + "choose another --class-list or --model")
        }
    }

    /// The number of each of the model's logits; nil for one that the list lacks.
    var numbers: [UInt8?] {
        var numbers = [UInt8?](repeating: nil, count: configuration.classCount)
        for (place, logit) in logits.enumerated().reversed() {
            if let logit, numbers.indices.contains(logit) { numbers[logit] = UInt8(exactly: place + 1) }
        }
        return numbers
    }

    /// What a label's name means; nil for a class that the list or the model lacks.
    func find(_ name: String) -> Found? {
        let logit = try? configuration.classIndex(name)
        // By name, else as the model understands it, else by number from 0 (vectors of classes without names).
        let place = list.names.firstIndex(of: name)
            ?? (Int(name) == nil ? logit.flatMap { logit in logits.firstIndex { $0 == logit } } : nil)
            ?? Int(name).flatMap { list.names.indices.contains($0) ? $0 : nil }
        guard let place, let logit = logits[place], let number = UInt8(exactly: place + 1) else { return nil }
        return Found(logit: logit, number: number)
    }

    /// The classes whose probability lies above a bound.
    func predicted(_ probabilities: [Float], above bound: Double) -> [Found] {
        logits.enumerated().compactMap { place, logit in
            guard let logit, probabilities.indices.contains(logit), Double(probabilities[logit]) > bound,
                let number = UInt8(exactly: place + 1)
            else { return nil }
            return Found(logit: logit, number: number)
        }
    }

    /// The first few of some names, and how many more there are.
    static func some(_ names: [String], _ count: Int = 5) -> String {
        names.prefix(count).joined(separator: ", ") + (names.count > count ? " and \(names.count - count) more" : "")
    }
}
