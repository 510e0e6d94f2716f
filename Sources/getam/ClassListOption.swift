import ArgumentParser
import GETAM

/// `--class-list`: which class each number of a label map stands for.
enum ClassListChoice: ExpressibleByArgument {
    case voc
    case coco
    case model
    case file(String)

    init?(argument: String) {
        switch argument {
        case "": return nil
        case "voc": self = .voc
        case "coco": self = .coco
        case "model": self = .model
        default: self = .file(argument)
        }
    }

    /// Whether it is the model's own list.
    var isModels: Bool {
        if case .model = self { true } else { false }
    }

    /// As it is written on the command line.
    var word: String {
        switch self {
        case .voc: "voc"
        case .coco: "coco"
        case .model: "model"
        case .file(let path): path
        }
    }

    /// The file that holds the list; nil for the lists that have none.
    var path: String? {
        if case .file(let path) = self { path } else { nil }
    }

    /// The list. Only `model` asks for the model.
    func list(model: () throws -> ModelConfiguration) throws -> ClassList {
        switch self {
        case .voc: return .voc
        case .coco: return .coco
        case .file(let path): return try ClassList(path: path)
        case .model:
            let configuration = try model()
            return try ClassList(configuration.distinctClassNames)
        }
    }
}

struct ClassListOption: ParsableArguments {
    @Option(
        name: .customLong("class-list"),
        help: ArgumentHelp(
            "Classes of the label maps, number 1 first: voc, coco, model, or a file with a name a line.",
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
        if isModels {
            logits = list.names.indices.map { $0 }
            return
        }
        var logits: [Int?] = []
        for name in list.names {
            do throws(UnknownClass) {
                // A number as a name must not be taken for an index of the model's.
                logits.append(Int(name) == nil ? try configuration.classIndex(name) : nil)
            } catch {
                logits.append(nil)
                if !error.candidates.isEmpty { Notes.add("the class list: \(error)") }
            }
        }
        self.logits = logits
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
    ///
    /// - Throws: `UnknownClass` for the name of several classes.
    func find(_ name: String) throws(UnknownClass) -> Found? {
        // By name, else as the model understands it, else by number from 0 (vectors of classes without names).
        if let place = list.names.firstIndex(of: name) {
            if let found = found(at: place) { return found }
            do throws(UnknownClass) { _ = try configuration.classIndex(name) } catch where !error.candidates.isEmpty { throw error } catch {}
            return nil
        }
        let logit: Int
        do throws(UnknownClass) {
            logit = try configuration.classIndex(name)
        } catch {
            // The list may have just one of those with the name.
            let places = logits.indices.filter { logits[$0].map(error.candidates.contains) == true }
            if places.count > 1 { throw error }
            return places.first.flatMap(found) ?? Int(name).flatMap(found)
        }
        if Int(name) == nil, let place = logits.firstIndex(of: logit) { return found(at: place) }
        return Int(name).flatMap(found)
    }

    private func found(at place: Int) -> Found? {
        guard logits.indices.contains(place), let logit = logits[place], let number = UInt8(exactly: place + 1) else { return nil }
        return Found(logit: logit, number: number)
    }

    /// Whether a label's name means a class, or several.
    func knows(_ name: String) -> Bool {
        do throws(UnknownClass) { return try find(name) != nil } catch { return true }
    }

    /// The classes that both the list and the model have.
    var usableNames: [String] { list.names.indices.filter { logits[$0] != nil }.map { list.names[$0] } }

    /// Names that label files are read with: the list's and the model's.
    var knownNames: [String] { list.names + configuration.classNames }

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
