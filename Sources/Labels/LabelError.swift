import Files

/// Why labels cannot be made, read or compared, where no file is to blame.
public enum LabelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Two things that must have one size do not: what, its size, what it is compared with, that one's size.
    case size(String, width: Int, height: Int, expected: String, expectedWidth: Int, expectedHeight: Int)
    /// The numbers of the labels do not fit the maps: as many, all different, 1 to 254.
    case indices(String)
    /// A label name that the class list lacks.
    case unknownClass(String, known: [String])
    /// A number of a setting lies outside its range.
    case setting(String)

    /// One line without a full stop.
    public var description: String {
        switch self {
        case .size(let what, let width, let height, let expected, let expectedWidth, let expectedHeight):
            "\(what) is \(width)×\(height), but \(expected) is \(expectedWidth)×\(expectedHeight)"
        case .indices(let reason), .setting(let reason): reason
        case .unknownClass(let name, let known):
            "no class is named “\(name)”; the list has \(known.prefix(5).joined(separator: ", "))"
                + (known.count > 5 ? " and \(known.count - 5) more" : "") + NearestNames.question(name, among: known)
        }
    }
}
