import Files

/// A setting of a model that tensors do not hold as such, and whose origin is told.
public enum Setting: String, Sendable, CaseIterable, Codable {
    case heads, inputSize, positions, head, probability, classNames, activation, normEpsilon, preprocessing, interpolation, crop
}

/// Where a setting was found.
public enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    /// A field of a configuration beside the weights.
    case field(path: String, name: String)
    /// What timm builds under the name that the configuration gives the architecture.
    case architecture(String)
    /// The same by the name of the file or its folder.
    case fileName(String)
    /// Names or shapes of tensors.
    case tensors(String)
    /// What all models with these names have.
    case family(String)
    /// The head, or the names beside it, that took the place of the file's.
    case givenHead(path: String)
    /// A guess, which a note tells of.
    case assumed

    public var description: String {
        switch self {
        case .field(let path, let name): "\(path.lastPart): \(name)"
        case .architecture(let name): "architecture \(name)"
        case .fileName(let name): "file or folder name \(name)"
        case .tensors(let what): "tensors: \(what)"
        case .family(let title): "as always in \(title)"
        case .givenHead(let path): path
        case .assumed: "assumed"
        }
    }
}
