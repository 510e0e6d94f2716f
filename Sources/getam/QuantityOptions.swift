import ArgumentParser
import GETAM

/// `--method` of `getam map`: any quantity, by its name.
struct QuantityChoice: ExpressibleByArgument, CaseIterable {
    let quantity: any Quantity

    static let allCases: [QuantityChoice] = Quantities.all.map { QuantityChoice(quantity: $0) }
    static var allValueStrings: [String] { Quantities.all.map(\.identifier) }

    private init(quantity: any Quantity) { self.quantity = quantity }

    init?(argument: String) {
        guard let quantity = Quantities.named(argument) else { return nil }
        self.quantity = quantity
    }

    /// The first of all.
    static var standard: QuantityChoice { allCases[0] }

    var defaultValueDescription: String { quantity.identifier }
}

/// `--heads`: their mean, each by itself, or one.
struct HeadChoice: ExpressibleByArgument {
    let selection: HeadSelection

    init?(argument: String) {
        switch argument {
        case "mean": selection = .mean
        case "each": selection = .each
        default:
            guard let head = Int(argument), head >= 0 else { return nil }
            selection = .one(head)
        }
    }

    /// As it is typed.
    var text: String {
        switch selection {
        case .mean: "mean"
        case .each: "each"
        case .one(let head): "\(head)"
        }
    }

    /// Refuses a model that has no such head.
    func check(_ quantities: [any Quantity], with configuration: ModelConfiguration) throws {
        let count = quantities.map { $0.headCount(of: configuration) }.min() ?? configuration.heads
        if case .one(let head) = selection, head >= count {
            throw CommandFailure(.usage, "--heads \(head): the model's heads are 0 to \(count - 1)")
        }
    }
}

/// `--query`: the token that looks, or is looked at.
enum QueryChoice: ExpressibleByArgument, Sendable, Equatable {
    case picture
    /// One of them, from 1.
    case classToken(Int)
    case distillationToken
    case register(Int)
    case patch(column: Int, row: Int)

    init?(argument: String) {
        let argument = TokenName.canonical(argument)
        switch argument {
        case "picture": self = .picture
        case "cls": self = .classToken(1)
        case "dist": self = .distillationToken
        default:
            if argument.hasPrefix("cls"), let number = Int(argument.dropFirst(3)), number > 1 {
                self = .classToken(number)
                return
            }
            if argument.hasPrefix("reg"), let number = Int(argument.dropFirst(3)), number >= 0 {
                self = .register(number)
                return
            }
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let column = parts[0], let row = parts[1], column >= 0, row >= 0 else { return nil }
            self = .patch(column: column, row: row)
        }
    }

    /// As it is typed.
    var text: String {
        switch self {
        case .picture: "picture"
        case .classToken(let number): number == 1 ? "cls" : "cls\(number)"
        case .distillationToken: "dist"
        case .register(let number): "reg\(number)"
        case .patch(let column, let row): "\(column),\(row)"
        }
    }

    /// Refuses a model that has no such token.
    func check(with configuration: ModelConfiguration) throws {
        switch self {
        case .picture, .patch: return
        case .classToken, .distillationToken, .register:
            let names = configuration.tokenNames
            guard !names.contains(text) else { return }
            let there = TokenName.list(names).map { "its tokens beside the patches are \($0)" } ?? "it has none beside its patches"
            throw CommandFailure(.usage, "--query \(text): the model has no such token; \(there)")
        }
    }

    /// The token, of a picture with a grid of patches.
    func token(of configuration: ModelConfiguration, grid: ModelConfiguration.Size) throws -> QueryToken {
        switch self {
        case .picture: return .picture
        case .classToken, .distillationToken, .register:
            guard let place = configuration.tokenNames.firstIndex(of: text) else { throw CommandFailure(.usage, "--query \(text): no such token") }
            return .prefix(place)
        case .patch(let column, let row):
            guard column < grid.width, row < grid.height else {
                throw CommandFailure(
                    .usage, "--query \(text): the picture has \(grid.width) columns and \(grid.height) rows of patches, counted from 0")
            }
            return .patch(row * grid.width + column)
        }
    }
}

/// Which quantity `getam map` shows, and of what.
struct QuantityOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Map method, or another quantity.", valueName: "name"))
    var method = QuantityChoice.standard
    @OptionGroup var subject: SubjectOptions

    var quantity: any Quantity { method.quantity }

    func validate() throws { try subject.validate(for: [quantity]) }

    /// Refuses a model that has no such values.
    func check(with configuration: ModelConfiguration) throws {
        try quantity.check(with: configuration, among: Quantities.all)
        try subject.check([quantity], with: configuration)
    }
}

/// What values are of, beside the picture, the class and the layers.
struct SubjectOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("mean: over all heads; each: every head by itself; a number from 0: one head. (default: mean)", valueName: "head"),
        completion: .list(["mean", "each"]))
    var heads: HeadChoice?
    @Option(
        help: ArgumentHelp(
            "The token that looks: picture, cls, dist, reg0 and on, or a patch's COLUMN,ROW from 0. (default: picture)", valueName: "token"),
        completion: .list(["picture", "cls", "dist"]))
    var query: QueryChoice?
    @Option(
        help: ArgumentHelp(
            "Show what tells the class from another, by name or index, from the nearest three: auto, "
                + "or, by its probability, from all and words of a background: soft-max.",
            valueName: "class"),
        completion: .contrasts)
    var contrast: String?

    /// Refuses what the values shown do not depend on: heads and tokens that one of them has not, a contrast where none has a class.
    func validate(for quantities: [any Quantity]) throws {
        for quantity in quantities {
            let name = quantity.identifier
            if heads != nil, !quantity.axes.contains(.head) { throw ValidationError("--method \(name) has no choice of heads: leave --heads out.") }
            if query != nil, !quantity.axes.contains(.query) { throw ValidationError("--method \(name) is of no token: leave --query out.") }
        }
        if contrast == "soft-max", let first = quantities.first(where: \.sumsLogits) {
            throw ValidationError(
                "--method \(first.identifier) is of sums of logits, and a probability is none: leave --contrast soft-max out.")
        }
        if contrast != nil, !quantities.contains(where: \.needsClass), let first = quantities.first {
            throw ValidationError("--method \(first.identifier) is of no class: leave --contrast out.")
        }
    }

    /// Refuses a model that has no such heads or tokens.
    func check(_ quantities: [any Quantity], with configuration: ModelConfiguration) throws {
        try heads?.check(quantities, with: configuration)
        try query?.check(with: configuration)
    }

    /// What the classes are contrasted with.
    func contrasted(by configuration: ModelConfiguration) throws -> MapRequest.Contrast? {
        guard let contrast else { return nil }
        if contrast == "auto" { return .nearest }
        if contrast == "soft-max" { return .all }
        do { return .other(try configuration.classIndex(contrast)) } catch { throw CommandFailure(.usage, "--contrast: \(error)") }
    }
}
