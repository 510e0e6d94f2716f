import Files

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
        let expand = collector.linear(names.expand, shape[0], shape[1])
        guard collector.hasLayer(names.contract), let merged = mergedWidth(collector) else { return (.init(expand: expand), side) }
        return (.init(expand: expand, contract: collector.linear(names.contract, merged, shape[0])), side)
    }
}
