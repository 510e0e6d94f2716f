import Files

/// What the arguments of timm's NaFlexViT say about resampling its position embedding; nil where they say nothing.
struct FlexiblePositions: Sendable {
    /// PyTorch's name of the filter.
    let mode: String?
    let antialias: Bool?
    let alignsCorners: Bool?
    /// Whether a square is resampled, of which the input takes its part.
    let keepsShape: Bool?
    private let path: String

    init(_ arguments: JSONConfig) throws(FileError) {
        mode = try arguments.string("pos_embed_interp_mode")
        antialias = try arguments.bool("pos_embed_antialias")
        alignsCorners = try arguments.bool("pos_embed_align_corners")
        keepsShape = try arguments.bool("pos_embed_ar_preserving")
        path = arguments.path
    }

    /// - Parameter usual: the resampling of a model whose configuration says nothing.
    /// - Throws: `FileError` where it is one that getam has not.
    func resampling(usual: ModelConfiguration.PositionResampling) throws(FileError) -> ModelConfiguration.PositionResampling {
        guard mode != nil || antialias != nil || alignsCorners != nil else { return usual }
        let isBilinear = [.bilinear, .bilinearAntialiased, .bilinearAligned].contains(usual)
        let mode = mode ?? (isBilinear ? "bilinear" : "bicubic")
        let antialias = antialias ?? [.bicubicAntialiased, .bilinearAntialiased].contains(usual)
        switch (mode, antialias, alignsCorners ?? [.bicubicAligned, .bilinearAligned].contains(usual)) {
        case ("bicubic", true, false): return .bicubicAntialiased
        case ("bicubic", false, false): return .bicubic
        case ("bicubic", false, true): return .bicubicAligned
        case ("bilinear", true, false): return .bilinearAntialiased
        case ("bilinear", false, false): return .bilinear
        case ("bilinear", false, true): return .bilinearAligned
        case (let mode, let antialias, let aligned):
            let extras = (antialias ? ", antialiased" : "") + (aligned ? ", corners on corners" : "")
            throw FileError(
                .invalid, path: path, "resampling positions by \"\(mode)\"\(extras) (model_args.pos_embed_interp_mode) is not supported")
        }
    }
}
