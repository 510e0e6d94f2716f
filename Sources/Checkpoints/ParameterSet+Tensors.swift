import Tensors

extension ParameterSet {
    /// Every tensor with a name that says what it is, in the order of computation.
    public var namedTensors: [(name: String, tensor: Tensor)] {
        var tensors: [(name: String, tensor: Tensor)] = []
        func add(_ name: String, _ tensor: Tensor?) {
            if let tensor { tensors.append((name, tensor)) }
        }
        func add(_ name: String, _ layer: Linear?) {
            add(name + " weight", layer?.weight)
            add(name + " bias", layer?.bias)
        }
        func add(_ name: String, _ norm: Norm?) {
            add(name + " weight", norm?.weight)
            add(name + " bias", norm?.bias)
        }
        add("patch embedding", patchEmbedding)
        add("prefix tokens", prefix)
        add("position embedding", positions)
        add("norm before", normBefore)
        for (index, block) in blocks.enumerated() {
            add("block \(index) norm1", block.norm1)
            add("block \(index) query", block.query)
            add("block \(index) key", block.key)
            add("block \(index) value", block.value)
            add("block \(index) query norm", block.queryNorm)
            add("block \(index) key norm", block.keyNorm)
            add("block \(index) projection", block.projection)
            add("block \(index) scale1", block.scale1)
            add("block \(index) norm2", block.norm2)
            add("block \(index) expand", block.expand)
            add("block \(index) contract", block.contract)
            add("block \(index) scale2", block.scale2)
        }
        add("norm", norm)
        add("pooled norm", pooledNorm)
        add("pre-logits", preLogits)
        add("projection", projection)
        add("head", head)
        add("distillation head", distillationHead)
        tensors += namedFeatureTensors
        return tensors
    }

    /// Number of parameters: the elements of all tensors.
    public var parameterCount: Int { namedTensors.reduce(0) { $0 + $1.tensor.count } }

    /// The first NaN or infinity among the parameters: the tensor's name as in ``namedTensors`` and the element's
    /// row-major position; nil when all are finite.
    ///
    /// Reads every parameter. Loading checks converted and small tensors only, so this is for the moment when a
    /// mapped file is inspected, or logits turn out not to be finite.
    public func firstNonFinite() -> (name: String, index: Int)? {
        for (name, tensor) in namedTensors {
            if let index = tensor.firstNonFinite() { return (name, index) }
        }
        return nil
    }
}
