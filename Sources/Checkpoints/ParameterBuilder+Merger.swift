import Files
import Tensors

// What merges patches before the head.
extension ParameterBuilder {
    /// Numbers of a merged token; nil where patches are not merged.
    func mergedWidth(_ collector: TensorCollector) -> Int? {
        guard let names = keys.merger else { return nil }
        let last = collector.hasLayer(names.contract) ? names.contract : names.expand
        return collector.info(last + keys.style.weight)?.shape.first.flatMap { (1...65536).contains($0) ? $0 : nil }
    }

    /// Whether the file has a head of its own, whether it is used or not.
    func hasOwnHead(_ collector: TensorCollector) -> Bool {
        collector.firstName(beside: keys.heads.map { $0 + keys.style.weight }) { _, info in info.shape.count == 2 } != nil
    }

    /// What merges patches, and how many a side of a square.
    ///
    /// - Throws: `FileError` where its first layer does not read a square of patches.
    func merger(
        _ collector: inout TensorCollector, width: Int
    ) throws(FileError) -> (parameters: ParameterSet.PatchMerger, side: Int)? {
        guard let names = keys.merger else { return nil }
        let shape = collector.info(names.expand + keys.style.weight)?.shape ?? []
        let side = Int((Double(shape.last ?? 0) / Double(width)).squareRoot().rounded())
        guard shape.count == 2, (1...65536).contains(shape[0]), (2...64).contains(side), shape[1] == side * side * width else {
            throw invalid("\(detection.prefix)\(names.expand)\(keys.style.weight) is \(shape), expected [hidden, side²·\(width)]")
        }
        var expand = collector.linear(names.expand, shape[0], shape[1])
        if names.hasChannelsFirst { expand.weight = patchByPatch(expand.weight, patches: side * side) }
        guard collector.hasLayer(names.contract), let merged = mergedWidth(collector) else { return (.init(expand: expand), side) }
        return (.init(expand: expand, contract: collector.linear(names.contract, merged, shape[0])), side)
    }

    /// Rows of a square's numbers, channel by channel, as rows of the same numbers, patch by patch.
    private func patchByPatch(_ weight: Tensor, patches: Int) -> Tensor {
        // A request that failed left an empty tensor; finish() will throw.
        guard weight.shape.count == 2, weight.shape[1].isMultiple(of: patches) else { return weight }
        let inputs = weight.shape[1], width = inputs / patches
        return Tensor(shape: weight.shape) { target in
            weight.withUnsafeElements { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                for row in 0..<weight.shape[0] {
                    for channel in 0..<width {
                        let numbers = from + row * inputs + channel * patches
                        for patch in 0..<patches { (to + row * inputs + patch * width + channel).initialize(to: numbers[patch]) }
                    }
                }
            }
        }
    }
}
