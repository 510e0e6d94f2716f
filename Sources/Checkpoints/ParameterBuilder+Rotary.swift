import Files
import Glibc
import Tensors

// Rotary position embeddings.
extension ParameterBuilder {
    /// What names of timm's tensors suggest where no architecture is named: DINOv3's where registers stand for positions that are
    /// added, EVA-02's where the blocks are EVA-02's.
    func suggestedRotary(
        _ collector: TensorCollector, _ sizes: Sizes, hasPositions: Bool, registers: Int
    ) -> (rotary: ModelConfiguration.Rotary, epsilon: Float?, title: String)? {
        guard keys.dialect == .timm, keys.style == .torch, keys.family == .timm else { return nil }
        let first = stem(0)
        if let name = keys.rotaryFrequencies, collector.has(name) { return (.mixed(columnsFirst: true), nil, "RoPE-ViT") }
        if !hasPositions, registers > 0, scaleName(keys.scale1, block: 0, in: collector) != nil { return (.dinov3(), 1e-5, "DINOv3") }
        let isApart = collector.has(first + "attn.q_proj.weight") || collector.has(first + "attn.q_bias")
        guard hasPositions, isApart, sizes.mlp.isGated else { return nil }
        return (.axial(reference: 16), nil, "EVA-02")
    }

    /// Radians a unit of place, `[2, layers or 1, heads or 1, head width / 2]`; where halves of heads are turned
    /// apart, those are the heads.
    func rotaryFrequencies(
        _ rotary: ModelConfiguration.Rotary, _ collector: inout TensorCollector, heads: Int, width: Int, depth: Int
    ) throws(FileError) -> Tensor {
        let headWidth = width / heads, half = headWidth / 2, count = headWidth / 4
        guard headWidth.isMultiple(of: 4) else {
            throw invalid("has heads \(headWidth) wide, whose quarters a rotary position embedding would need")
        }
        guard let base = rotary.base else {
            guard let name = keys.rotaryFrequencies, collector.has(name) else {
                throw invalid("has no frequencies of its rotary position embedding (\(keys.rotaryFrequencies ?? "rope.freqs"))")
            }
            return collector.take(name, [2, depth, heads, half])
        }
        var values = (0..<count).map { Float(pow(Double(base), -Double($0) / Double(count))) }
        if let name = keys.rotaryPeriods, collector.has(name) {
            let periods = collector.take(name, [count]).values
            if periods.count == count { values = periods.map { 1 / $0 } }
            guard values.allSatisfy(\.isFinite) else { throw invalid("\(detection.prefix)\(name) holds a period of 0") }
        }
        let nothing = [Float](repeating: 0, count: count)
        if rotary.splitsHeads {
            let first = (0..<heads).flatMap { _ in values + nothing }, second = (0..<heads).flatMap { _ in nothing + values }
            return Tensor(shape: [2, 1, 2 * heads, count], first + second)
        }
        return Tensor(shape: [2, 1, 1, half], values + nothing + nothing + values)
    }
}
