import Attribution

extension PatchClasses {
    /// The classes that patches have, with their share of the patches, most first.
    var shares: [(index: Int, share: Float)] {
        var counts: [Int: Int] = [:]
        for index in classes { counts[index, default: 0] += 1 }
        return counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
            .map { ($0.key, Float($0.value) / Float(max(classes.count, 1))) }
    }
}

extension ExplorerState {
    /// What classes are drawn as without color, each as a letter that no other of them has: first the picture's most probable, which have
    /// theirs in every layer, then those that patches have.
    func letters(of found: PatchClasses) -> [UInt8: Unicode.Scalar] {
        guard colorDepth == .mono else { return [:] }
        var seen: Set<UInt8> = []
        let classes = (record?.ranking.prefix(12) ?? []) + found.shares.map(\.index)
        return FewColors.letters(
            classes.map { (PanePainter.number(ofClass: $0), model.className($0)) }.filter { seen.insert($0.0).inserted }.prefix(26)
                .map { (number: $0.0, name: $0.1) })
    }
}
