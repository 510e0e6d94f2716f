import Checkpoints
import Tensors
import VisionTransformer

extension ParameterSet {
    /// The model with classes in words as further ones, after its own: of a CLIP without a head they become its head. Decoders
    /// and patch heads,
    /// which know nothing of them, are left out.
    ///
    /// - Parameters:
    ///   - texts: embeddings of length one, by the model's own text tower.
    ///   - scale: what cosines are multiplied with where the model says nothing; where both say nothing 100, at which CLIP's training ends.
    ///   - bias: what is added to them then, where the model says nothing: its probabilities are sigmoids (SigLIP).
    /// - Throws: `ModelError` where the model's head knows no texts, they are of another length, or a name is a class's already.
    public func adding(_ texts: TextEmbeddings, scale: Float?, bias: Float? = nil) throws(ModelError) -> ParameterSet {
        guard configuration.head == .zeroShot || configuration.head == .none && (projection != nil || configuration.family == .clip) else {
            if projection != nil {
                // Rows of examples alone are on a scale of their own.
                throw .input(
                    "the model's head is made of examples alone; give a class in words by --text beside --concept, and others can be added")
            }
            throw .input("the model's head is not made of texts' embeddings: no class in words can be added to it")
        }
        let width = head?.weight.shape[1] ?? projection?.weight.shape[0] ?? configuration.width
        guard texts.width == width else { throw .input("the texts' embeddings have \(texts.width) numbers, the model's \(width)") }
        var names = configuration.head == .none ? [] : configuration.distinctClassNames
        for name in texts.names {
            guard !names.contains(name) else { throw .input("the model has a class “\(name)” already") }
            names.append(name)
        }
        var result = self
        let own = configuration.head == .none ? nil : head
        result.head = Linear(
            weight: Tensor(shape: [names.count, width], (own?.weight.values ?? []) + texts.values),
            bias: own?.bias.map { bias in
                Tensor(shape: [names.count], bias.values + Array(repeating: bias.values.last ?? 0, count: texts.names.count))
            })
        result.logitScale = logitScale ?? scale ?? 100
        if configuration.head == .none, let bias {
            result.logitBias = logitBias ?? bias
            result.configuration.probability = .sigmoid
        }
        result.configuration.head = .zeroShot
        result.configuration.classCount = names.count
        result.configuration.classNames = names
        (result.patchHeads, result.decoder, result.lightDecoder) = ([], nil, nil)
        return result
    }

    /// The model with words of the background beside its classes, in place of others; for soft-maxes that are explained
    /// (`ClassTarget.softMax`). They are no classes: nothing that lists or predicts classes knows of them.
    ///
    /// - Parameter texts: embeddings of length one, by the model's own text tower.
    /// - Throws: `ModelError` where the model's head knows no texts, or they are of another length.
    public func adding(background texts: TextEmbeddings) throws(ModelError) -> ParameterSet {
        guard configuration.head == .zeroShot, let head else {
            throw .input(
                "the model's head is not made of texts' embeddings: words of the background have no place beside it; give classes by --text")
        }
        let width = head.weight.shape[1], count = texts.names.count
        guard texts.width == width else { throw .input("the background's embeddings have \(texts.width) numbers, the model's \(width)") }
        var result = self
        result.background = count == 0 ? nil : Linear(
            weight: Tensor(shape: [count, width], texts.values),
            bias: head.bias.map { Tensor(shape: [count], repeating: $0.values.last ?? 0) })
        return result
    }
}
