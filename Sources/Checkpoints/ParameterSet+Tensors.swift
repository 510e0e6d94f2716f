import Tensors

extension ParameterSet {
    /// Calls `body` with every tensor and a name that says what it is, in the order of computation. What `body` leaves in
    /// place of a tensor must have its shape.
    ///
    /// Query, key and value weights follow one another, so that where they are laid out in this order they are one matrix.
    public mutating func forEachTensor<E: Error>(_ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        func visit(_ name: String, _ tensor: inout Tensor?) throws(E) {
            guard var found = tensor else { return }
            try body(name, &found)
            tensor = found
        }
        func visit(_ name: String, _ layer: inout Linear?) throws(E) {
            guard var found = layer else { return }
            try found.forEachTensor(name, body)
            layer = found
        }
        func visit(_ name: String, _ norm: inout Norm?) throws(E) {
            guard var found = norm else { return }
            try found.forEachTensor(name, body)
            norm = found
        }
        if var stem {
            try stem.forEachTensor(body)
            self.stem = stem
        }
        try patchEmbedding.forEachTensor("patch embedding", body)
        try visit("patch norm", &patchNorm)
        try body("prefix tokens", &prefix)
        if hasPositions { try body("position embedding", &positions) }
        try visit("norm before", &normBefore)
        for index in blocks.indices {
            let name = "block \(index) "
            try blocks[index].norm1.forEachTensor(name + "norm1", body)
            try body(name + "query weight", &blocks[index].query.weight)
            try body(name + "key weight", &blocks[index].key.weight)
            try body(name + "value weight", &blocks[index].value.weight)
            try visit(name + "query bias", &blocks[index].query.bias)
            try visit(name + "key bias", &blocks[index].key.bias)
            try visit(name + "value bias", &blocks[index].value.bias)
            try visit(name + "query norm", &blocks[index].queryNorm)
            try visit(name + "key norm", &blocks[index].keyNorm)
            if var difference = blocks[index].differential {
                try difference.norm.forEachTensor(name + "head norm", body)
                blocks[index].differential = difference
            }
            try visit(name + "attention norm", &blocks[index].attentionNorm)
            try blocks[index].projection.forEachTensor(name + "projection", body)
            try visit(name + "scale1", &blocks[index].scale1)
            if var behind = blocks[index].outputNorms {
                try behind.attention.forEachTensor(name + "attention output norm", body)
                try behind.feedForward.forEachTensor(name + "MLP output norm", body)
                blocks[index].outputNorms = behind
            }
            if blocks[index].isParallel {
                (blocks[index].norm2, blocks[index].scale2) = (blocks[index].norm1, blocks[index].scale1)
            } else {
                try blocks[index].norm2.forEachTensor(name + "norm2", body)
            }
            try blocks[index].expand.forEachTensor(name + "expand", body)
            try visit(name + "hidden norm", &blocks[index].hiddenNorm)
            try blocks[index].contract.forEachTensor(name + "contract", body)
            if !blocks[index].isParallel { try visit(name + "scale2", &blocks[index].scale2) }
        }
        try visit("norm", &norm)
        if var pool = attentionPool {
            try pool.forEachTensor("pool", body)
            attentionPool = pool
        }
        if var found = merger {
            try found.expand.forEachTensor("merger expand", body)
            try visit("merger contract", &found.contract)
            merger = found
        }
        try visit("pooled norm", &pooledNorm)
        try visit("pre-logits", &preLogits)
        try visit("projection", &projection)
        if var readout {
            try readout.forEachTensor("class map", body)
            self.readout = readout
        }
        try visit("head", &head)
        try visit("distillation head", &distillationHead)
        for index in patchHeads.indices {
            try body("\(PatchHead.prefix)\(patchHeads[index].block) weight", &patchHeads[index].weight)
        }
        if var decoder {
            try decoder.forEachTensor(body)
            self.decoder = decoder
        }
        if var lightDecoder {
            try lightDecoder.forEachTensor(body)
            self.lightDecoder = lightDecoder
        }
    }

    /// Every tensor with its name, as ``forEachTensor(_:)`` visits them.
    public var namedTensors: [(name: String, tensor: Tensor)] {
        var tensors: [(name: String, tensor: Tensor)] = []
        var copy = self
        copy.forEachTensor { tensors.append(($0, $1)) }
        return tensors
    }

    /// Number of parameters: the elements of all tensors, as the file has them.
    public var parameterCount: Int { namedTensors.reduce(parameterSurplus) { $0 + $1.tensor.count } }

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

extension ParameterSet.AttentionPool {
    mutating func forEachTensor<E: Error>(_ name: String, _ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        try body(name + " latent", &latent)
        if var found = query {
            try found.forEachTensor(name + " query", body)
            query = found
        }
        try key.forEachTensor(name + " key", body)
        try value.forEachTensor(name + " value", body)
        try projection.forEachTensor(name + " projection", body)
        guard var found = mlp else { return }
        try found.norm.forEachTensor(name + " norm", body)
        try found.expand.forEachTensor(name + " expand", body)
        try found.contract.forEachTensor(name + " contract", body)
        mlp = found
    }
}

/// A layer of a weight, and maybe a bias.
protocol WeightedLayer {
    var weight: Tensor { get set }
    var bias: Tensor? { get set }
}

extension ParameterSet.Linear: WeightedLayer {}
extension ParameterSet.Convolution: WeightedLayer {}

extension WeightedLayer {
    mutating func forEachTensor<E: Error>(_ name: String, _ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        try body(name + " weight", &weight)
        guard var found = bias else { return }
        try body(name + " bias", &found)
        bias = found
    }
}

extension ParameterSet.Norm {
    mutating func forEachTensor<E: Error>(_ name: String, _ body: (String, inout Tensor) throws(E) -> Void) throws(E) {
        guard hasWeights else { return }
        try body(name + " weight", &weight)
        if kind == .layer { try body(name + " bias", &bias) }
    }
}
