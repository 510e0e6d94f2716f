/// Why a map's quality cannot be told: one line.
public enum QualityError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with the map.
    case map(String)
    /// Why a metric has no figure of this map, though nothing is wrong with it.
    case noFigure(String)
    /// What is wrong with the truth, or that there is none.
    case truth(String)
    /// A number that makes no sense.
    case setting(String)
    /// What the model cannot be asked.
    case model(String)

    public var description: String {
        switch self {
        case .map(let reason), .noFigure(let reason), .truth(let reason), .setting(let reason), .model(let reason): reason
        }
    }
}
