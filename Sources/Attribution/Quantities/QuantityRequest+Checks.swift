import Checkpoints
import VisionTransformer

extension QuantityRequest {
    /// - Throws: where a layer asked for is not in the model.
    func checkLayers(_ trace: Trace) throws(ModelError) {
        for layer in [layers.lowerBound, layers.upperBound] where !(0..<trace.depth).contains(layer) {
            throw .layerOutOfRange(layer, depth: trace.depth)
        }
    }

    /// Goes through the layers asked for, the last first.
    ///
    /// - Parameter isCancelled: asked before each.
    /// - Throws: what `body` throws; `CancellationError`.
    func forEachLayer(_ isCancelled: () -> Bool, _ body: (_ layer: Int) throws -> Void) throws {
        for layer in layers.reversed() {
            if isCancelled() { throw CancellationError() }
            try body(layer)
        }
    }
}

extension HeadSelection {
    /// What is averaged for each value asked for, and which head that is.
    ///
    /// - Throws: where there is no such head.
    func parts(of configuration: ModelConfiguration) throws(ModelError) -> [(head: Int?, heads: Range<Int>)] {
        try parts(of: configuration.heads)
    }

    /// The same of an attention of so many heads.
    func parts(of count: Int) throws(ModelError) -> [(head: Int?, heads: Range<Int>)] {
        switch self {
        case .mean: return [(nil, 0..<count)]
        case .each: return (0..<count).map { ($0, $0..<$0 + 1) }
        case .one(let head):
            guard (0..<count).contains(head) else { throw .headOutOfRange(head, count: count) }
            return [(head, head..<head + 1)]
        }
    }
}

extension QueryToken {
    /// The query rows that are meant.
    ///
    /// - Parameter picture: those that stand for the picture.
    /// - Throws: where there is no such token.
    func rows(of trace: Trace, standingForPicture picture: Range<Int>) throws(ModelError) -> Range<Int> {
        switch self {
        case .picture: return picture
        case .prefix(let token):
            guard (0..<trace.prefixTokens).contains(token) else {
                throw .noSuchToken(
                    trace.prefixTokens == 0 ? "the model has no tokens before the patches"
                        : "token \(token) is out of range: before the patches are the tokens 0 to \(trace.prefixTokens - 1)")
            }
            return token..<token + 1
        case .patch(let patch):
            guard (0..<trace.tokens - trace.prefixTokens).contains(patch) else {
                throw .noSuchToken(
                    "patch \(patch) is out of range: the picture has \(trace.grid.width) columns and \(trace.grid.height) rows of patches")
            }
            return trace.prefixTokens + patch..<trace.prefixTokens + patch + 1
        }
    }
}
