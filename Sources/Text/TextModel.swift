import Checkpoints
import Files
import Tensors

/// Texts to embeddings: a text tower with its tokenizer.
public struct TextModel: Sendable {
    public let tower: TextTower
    public let tokenizer: any Tokenizer
    private let encoder: TextEncoder
    /// What fills a context up.
    private let padding: Int
    /// Whether that stands before a text.
    private let padsLeft: Bool

    /// The model at `path`, a checkpoint with a text tower, and the tokenizer that lies beside it.
    ///
    /// - Parameters:
    ///   - path: as of ``ModelLoader/load(path:head:)``.
    ///   - clipMerges: the merges of CLIP's own tokenizer, which is used where none lies beside; nil where there are none.
    /// - Throws: `FileError` where there is no text tower, no tokenizer, or they do not belong together.
    public init(path: String, clipMerges: String?, compute: Compute) throws(FileError) {
        tower = try TextTowerLoader.load(path: path)
        tokenizer = try Self.tokenizer(tower, clipMerges: clipMerges)
        guard tokenizer.count <= tower.vocabularyCount else {
            throw FileError(
                .invalid, path: tower.path,
                "its text tower knows \(tower.vocabularyCount) tokens, "
                    + "the tokenizer (\(tokenizer.title)) has \(tokenizer.count): they do not belong together")
        }
        encoder = TextEncoder(tower, compute: compute)
        let configPath = tower.folder + "tokenizer_config.json"
        padsLeft = AtomicFile.exists(configPath)
            ? try JSONFields(path: configPath, limit: 16 << 20).string("padding_side") == "left" : false
        // No token of a causal tower sees what fills up, but for one before a class token.
        guard let padding = tower.classToken?.padding ?? tokenizer.padding ?? (tower.isCausal ? 0 : nil) else {
            throw FileError(
                .invalid, path: tower.folder + "tokenizer.json",
                "does not say which token fills texts up (pad_token in tokenizer_config.json)")
        }
        self.padding = min(padding, tower.vocabularyCount - 1)
    }

    private static func tokenizer(_ tower: TextTower, clipMerges: String?) throws(FileError) -> any Tokenizer {
        let folder = tower.folder, isSigLIP = !tower.isCausal
        func there(_ name: String) -> String? { AtomicFile.exists(folder + name) ? folder + name : nil }
        if tower.isHuggingFace {
            if isSigLIP, let path = there("spiece.model") { return try SentencePieceTokenizer(path: path) }
            if let path = there("tokenizer.json") { return try TokenizerFile(path: path, lowercases: isSigLIP) }
            if let vocabulary = there("vocab.json"), let merges = there("merges.txt") {
                return try CLIPTokenizer(vocabulary: vocabulary, merges: merges)
            }
        } else if let cleaning = tower.cleaning {
            guard let known = TextCleaning(rawValue: cleaning) else {
                throw FileError(
                    .invalid, path: folder + "open_clip_config.json",
                    "the cleaning \"\(cleaning)\" (tokenizer_kwargs.clean) is not supported")
            }
            if let path = there("tokenizer.json") { return try TokenizerFile(path: path, cleaning: known) }
            if let path = there("spiece.model") { return try SentencePieceTokenizer(path: path) }
        }
        let isCLIPs = !isSigLIP && tower.cleaning == nil && tower.vocabularyCount == 49408
        guard isCLIPs, let clipMerges else {
            let wanted = isSigLIP ? "spiece.model or tokenizer.json" : "tokenizer.json, or vocab.json and merges.txt"
            throw FileError(
                .missing, path: folder.isEmpty ? "." : folder.withoutTrailingSlash, "has no tokenizer beside the model: \(wanted)")
        }
        return try CLIPTokenizer(merges: clipMerges)
    }

    /// The embeddings of texts, `[texts, embedding]`, not normalized, and how many texts were too long and lost their end.
    public func embeddings(of texts: [String]) -> (embeddings: Tensor, cut: Int) {
        var cut = 0
        let tokens = texts.map { text in
            let (tokens, isCut) = tokenizer.tokens(of: text, length: tower.contextLength)
            if isCut { cut += 1 }
            guard padsLeft, !tower.isCausal else { return tokens }
            return Array(repeating: padding, count: tower.contextLength - tokens.count) + tokens
        }
        return (encoder.embeddings(of: tokens, padding: padding), cut)
    }

    /// The embeddings of classes, each of length one: the mean of its prompts', each of length one, as CLIP's zero-shot
    /// classifiers are made.
    ///
    /// - Returns: the embeddings, and how many prompts were too long and lost their end.
    /// - Throws: `FileError` where a file of parameters changed meanwhile, or a class's embeddings cancel out.
    public func classes(
        _ classes: [TextClass], templates: PromptTemplates = .none
    ) throws(FileError) -> (embeddings: TextEmbeddings, cut: Int) {
        let width = tower.embeddingWidth
        var values: [Float] = []
        var cut = 0
        for group in classes {
            let found = embeddings(of: group.texts(in: templates))
            cut += found.cut
            var sum = [Double](repeating: 0, count: width)
            for row in 0..<found.embeddings.shape[0] {
                let embedding = found.embeddings.rows(row..<row + 1).values
                let length = embedding.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                for index in 0..<width { sum[index] += Double(embedding[index]) / max(length, .leastNormalMagnitude) }
            }
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0, length.isFinite else {
                throw FileError(.invalid, path: tower.path, "makes no embedding of the class \"\(group.name)\"")
            }
            values += sum.map { Float($0 / length) }
        }
        if let path = tower.changedPath { throw FileError(.invalid, path: path, "was changed while it was in use") }
        return (TextEmbeddings(names: classes.map(\.name), values: values, width: width), cut)
    }
}
