import Checkpoints
import Tensors

/// What goes back through a model: the derivatives of K scalars by what the forward pass gave, at the sites named.
///
/// Maps are the case of K logits; a training loss is the case of one scalar with values wherever its terms read the model.
public struct Cotangents: Sendable {
    /// Derivatives by the class logits.
    public enum Logits: Sendable {
        case none
        /// The scalars are these logits themselves.
        case classes([Int])
        /// `[K, classes]`, or with those by the logits of the background's words behind `[K, classes + words]`.
        case values(Tensor)
    }

    public var logits: Logits
    /// Derivatives by all tokens after a block, `[K, N, D]`, by the block's number; the prefix tokens come first.
    public var tokens: [Int: Tensor]
    /// Derivatives by a block's attention after soft-max, `[K, heads, N, N]`, by the block's number.
    public var attention: [Int: Tensor]
    /// Derivatives of one scalar by the maps after stages of a hybrid model's stem, by the stage's number; they count where the
    /// gradients of parameters are wanted.
    package var stages: [Int: FeatureMap] = [:]
    /// Memory of earlier derivatives by tokens, which serves again.
    private var spare: [Int: Tensor] = [:]

    public init(logits: Logits = .none, tokens: [Int: Tensor] = [:], attention: [Int: Tensor] = [:]) {
        self.logits = logits
        self.tokens = tokens
        self.attention = attention
    }

    /// The number of scalars; nil where nothing is given, or not for the same number everywhere.
    var count: Int? {
        var first: Int?
        switch logits {
        case .none: break
        case .classes(let classes): first = classes.count
        case .values(let values): first = values.shape.first ?? 0
        }
        func isEven(_ sites: [Int: Tensor]) -> Bool {
            for values in sites.values {
                let count = values.shape.first ?? 0
                if count != first ?? count { return false }
                first = count
            }
            return true
        }
        return isEven(tokens) && isEven(attention) ? first : nil
    }

    /// The lowest block with a site; nil for the head alone.
    var lowestSite: Int? {
        guard let lowest = tokens.keys.min() else { return attention.keys.min() }
        return min(lowest, attention.keys.min() ?? lowest)
    }

    // MARK: Those of one scalar that are added up term by term

    /// Begins anew; memory serves again.
    package mutating func clear() {
        for (block, values) in tokens { spare[block] = values }
        tokens.removeAll(keepingCapacity: true)
        attention.removeAll(keepingCapacity: true)
        stages.removeAll(keepingCapacity: true)
    }

    /// Where the derivatives of one scalar by `count` logits are put.
    package mutating func logitsGradient(count: Int) -> UnsafeMutablePointer<Float> {
        if case .values(let values) = logits, values.hasShape(1, count) { return values.sum }
        let values = Tensor(shape: [1, count])
        logits = .values(values)
        return values.sum
    }

    /// Where the derivatives of one scalar by the tokens after a block are added up, `[1, count, width]`: zeros at first.
    package mutating func tokensGradient(after block: Int, count: Int, width: Int) -> UnsafeMutablePointer<Float> {
        // What was given there is this pass's alone, and may be added to.
        if let values = tokens[block], values.hasShape(1, count, width) { return values.sum }
        let values: Tensor
        if let known = spare.removeValue(forKey: block), known.hasShape(1, count, width) {
            values = known
            values.sum.update(repeating: 0, count: count * width)
        } else {
            values = Tensor(shape: [1, count, width])
        }
        tokens[block] = values
        return values.sum
    }
}

extension Tensor {
    /// Whether the shape is this one.
    func hasShape(_ a: Int, _ b: Int) -> Bool { shape.count == 2 && shape[0] == a && shape[1] == b }
    func hasShape(_ a: Int, _ b: Int, _ c: Int) -> Bool { shape.count == 3 && shape[0] == a && shape[1] == b && shape[2] == c }
}

/// Which gradients a backward pass is to yield.
public struct BackwardWants: Sendable {
    /// The lowest layer whose attention gradients are wanted, with all above it; nil for none.
    public var attentionDownTo: Int?
    /// Of those, the query rows.
    public var rows: QueryRows
    /// The lowest block whose gradient by norm 1's output is wanted, with all above it; nil for none.
    public var inputsDownTo: Int?
    /// The blocks after which the tokens' gradient is wanted; ``embedding`` for before the first.
    public var tokens: Set<Int>
    /// Where the gradients of all parameters are added up, for the sum of the K scalars; nil where they are not wanted.
    public var parameters: ParameterArena?

    public init(
        attentionDownTo: Int? = nil, rows: QueryRows = .classToken, tokens: Set<Int> = [], inputsDownTo: Int? = nil,
        parameters: ParameterArena? = nil
    ) {
        self.inputsDownTo = inputsDownTo
        self.attentionDownTo = attentionDownTo
        self.rows = rows
        self.tokens = tokens
        self.parameters = parameters
    }

    /// Stands for what gives the first block its tokens, as a block before it.
    public static let embedding = -1

    /// The lowest block that the pass must enter; below 0 where it goes through the embedding.
    func lowestBlock(depth: Int) -> Int {
        if parameters != nil { return -1 }
        return min(attentionDownTo ?? depth, inputsDownTo ?? depth, (tokens.min() ?? depth) + 1, depth)
    }
}

/// The gradient of the tokens after a block, lent for the length of a call.
public struct TokenGradient {
    /// The block's number.
    public let layer: Int
    /// Position of the scalar among the K that go back.
    public let position: Int
    /// `[N, D]`, row by row.
    public let values: UnsafeBufferPointer<Float>
}

/// What a block reads after its norm 1, x, and a scalar's gradient by it, lent for the length of a call.
public struct InputGradient {
    /// The block's number.
    public let layer: Int
    /// Position of the scalar among the K that go back.
    public let position: Int
    /// All tokens; the prefix tokens come first.
    public let tokens: Int
    /// Tokens before the first patch.
    public let prefixTokens: Int
    /// Numbers a token.
    public let width: Int

    let inputBase: UnsafePointer<Float>
    let inputStride: Int
    let gradientBase: UnsafePointer<Float>

    /// A token's x, `width` numbers.
    public func input(_ token: Int) -> UnsafeBufferPointer<Float> {
        precondition((0..<tokens).contains(token))
        return UnsafeBufferPointer(start: inputBase + token * inputStride, count: width)
    }

    /// ∂ scalar / ∂ a token's x.
    public func gradient(_ token: Int) -> UnsafeBufferPointer<Float> {
        precondition((0..<tokens).contains(token))
        return UnsafeBufferPointer(start: gradientBase + token * width, count: width)
    }
}

/// What a forward pass keeps, and how it is run, beside what the maps ask for.
public struct ForwardOptions: Sendable {
    /// What the gradients of the parameters need: about 4·N·D floats more a block.
    public var keepsForParameters: Bool
    /// All tokens of the last block, though the head reads few of them: needed where a cotangent or a want concerns them.
    public var keepsAllTokens: Bool
    /// The blocks after which the residual stream is kept, for a decoder.
    public var taps: Set<Int> = []
    /// What every block's attention and MLP are multiplied with before they are added to the residual stream (stochastic
    /// depth); empty for 1.
    public var branchFactors: [BranchFactors]
    /// Heads whose output is replaced; the way back is that of the pass so changed.
    public var ablations: HeadAblations = .none

    public struct BranchFactors: Sendable, Equatable {
        public var attention: Float
        public var feedForward: Float
        public init(attention: Float = 1, feedForward: Float = 1) {
            self.attention = attention
            self.feedForward = feedForward
        }
    }

    public init(
        keepsForParameters: Bool = false, keepsAllTokens: Bool = false, branchFactors: [BranchFactors] = [], taps: Set<Int> = [],
        ablations: HeadAblations = .none
    ) {
        self.taps = taps
        self.ablations = ablations
        self.keepsForParameters = keepsForParameters
        self.keepsAllTokens = keepsAllTokens
        self.branchFactors = branchFactors
    }

    /// What the maps ask for and no more.
    public static let maps = ForwardOptions()
    /// What a training step asks for.
    public static let training = ForwardOptions(keepsForParameters: true)
}
