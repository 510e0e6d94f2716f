/// What OpenCLIP does with a text before it is cut into tokens.
public enum TextCleaning: String, Sendable, CaseIterable {
    /// Words with single blanks between them.
    case whitespace
    /// The same in lower case; that of CLIP's own tokenizer.
    case lower
    /// The same without punctuation; that of SigLIP's.
    case canonicalize

    /// The text made clean: ftfy's mending first, but for texts that were decoded wrongly, which stay as they are.
    func callAsFunction(_ text: String) -> String {
        let mended = TextMending.unescaped(TextMending.unescaped(TextMending.mended(text))).trimmed()
        switch self {
        case .whitespace: return mended.withSingleBlanks
        case .lower: return mended.withSingleBlanks.loweredWithFinalSigma
        case .canonicalize: return Self.canonical(mended.replacing(bytes: "_", with: " ")).withSingleBlanks
        }
    }

    /// Without ASCII's punctuation, in lower case.
    static func canonical(_ text: String) -> String {
        String(text.unicodeScalars.filter { !$0.isASCIIPunctuation }).loweredWithFinalSigma
    }
}
