import Files

/// A checkpoint that has been read, with everything worth telling about it.
public struct LoadedModel: Sendable {
    public var parameters: ParameterSet
    /// What was assumed or left out, one sentence each.
    public let notes: [String]
    /// Names of tensors that were not used.
    public let ignored: [String]
    /// Every tensor of the file, used or not, in the order of the file.
    public let tensors: [TensorInfo]
    /// The naming scheme found, in words.
    public let familyTitle: String
    /// Why that scheme.
    public let familyReason: String
    /// The weight files and configuration files read, and whatever else the parameters were made of.
    public var files: [String]
    /// Bytes of all tensors in the file.
    public let byteCount: Int
    /// Where each setting that is no tensor's shape was found.
    public let sources: [Setting: SettingSource]
    /// The head's embeddings where they lie in no file.
    var texts: TextEmbeddings?

    public var configuration: ModelConfiguration { parameters.configuration }
}

extension LoadedModel {
    /// A short name to show: the architecture the config names, else the folder or file the weights came from.
    public var displayName: String {
        if let architecture = configuration.architecture { return architecture }
        let parts = (files.first ?? "model").split(separator: "/")
        if let file = parts.last, file != "model.safetensors" { return String(file) }
        return parts.dropLast().last.map(String.init) ?? "model"
    }
}
