import ArgumentParser
import Files
import GETAM

/// `--predict`, `--level`, `--opacity`: a number from 0 to 1 or a percentage.
extension Fraction: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String { "\(value)" }
}

/// `--layers`: `A-B`, or one layer `A`, counted from 0.
extension LayerSpan: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    /// The range, whose last layer the model must have.
    func checked(_ configuration: ModelConfiguration) throws -> ClosedRange<Int> {
        guard range.upperBound < configuration.depth else {
            throw ModelError.layerOutOfRange(range.upperBound, depth: configuration.depth)
        }
        return range
    }
}

/// A map method by its name.
struct MethodChoice: ExpressibleByArgument, CaseIterable {
    let method: any MapMethod

    static let allCases: [MethodChoice] = MapMethods.all.map { MethodChoice(method: $0) }
    static var allValueStrings: [String] { MapMethods.all.map(\.identifier) }

    private init(method: any MapMethod) { self.method = method }

    init?(argument: String) {
        guard let method = MapMethods.named(argument) else { return nil }
        self.method = method
    }

    /// The first method of all.
    static var standard: MethodChoice { allCases[0] }

    var defaultValueDescription: String { method.identifier }
}

/// A map method that makes a map a class, as labels need it, by its name.
struct ClassMethodChoice: ExpressibleByArgument, CaseIterable {
    let method: any MapMethod

    static let allCases: [ClassMethodChoice] = MapMethods.all.filter(\.needsClass).map { ClassMethodChoice(method: $0) }
    static var allValueStrings: [String] { allCases.map(\.method.identifier) }

    private init(method: any MapMethod) { self.method = method }

    init?(argument: String) {
        guard let known = Self.allCases.first(where: { $0.method.identifier == argument }) else { return nil }
        self = known
    }

    var defaultValueDescription: String { method.identifier }
}

/// Standard input and output by their usual name, `-`.
enum DashPath {
    /// What `-` means as a file to read; other names as they are.
    static func input(_ path: String) -> String { path == "-" ? "/dev/stdin" : path }

    /// What `-` means as a file to write; other names as they are.
    static func output(_ path: String) -> String { path == "-" ? "/dev/stdout" : path }
}
