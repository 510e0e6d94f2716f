import Attribution

extension MapKey {
    /// Its heads as they are asked for.
    var heads: HeadSelection { head.map(HeadSelection.one) ?? .mean }

    /// The same of a head.
    public func of(head: Int?) -> MapKey {
        var key = self
        key.head = head
        return key
    }

    /// The same of no class.
    var targetless: MapKey {
        var key = self
        key.target = nil
        return key
    }
}

extension Work.Task {
    /// What is said of it at first.
    var stage: String {
        switch self {
        case .open: "reading"
        case .map: "maps"
        case .labels: "labels"
        case .decode: "decoder"
        case .perturb: "region"
        case .judge: "quality"
        case .labelFile: "label file"
        }
    }

    /// Whether it takes seconds rather than moments.
    var isSlow: Bool {
        switch self {
        case .labels, .decode: true
        case .open, .map, .perturb, .judge, .labelFile: false
        }
    }

    var isOfMaps: Bool { if case .map = self { true } else { false } }

    /// The keys of a task that differs from another key's in the class alone.
    func map(picture: Int, like key: MapKey, heads: HeadSelection) -> [MapKey]? {
        guard case .map(picture, let keys, heads) = self, keys.first?.targetless == key.targetless else { return nil }
        return keys
    }

    /// Whether it brings what another asks for.
    func serves(_ task: Work.Task) -> Bool {
        if self == task { return true }
        guard case .map(let picture, let keys, let heads) = self, case .map(picture, let wanted, let wantedHeads) = task else { return false }
        if heads == wantedHeads { return Set(wanted).isSubset(of: keys) }
        guard heads == .each, case .one = wantedHeads else { return false }
        return wanted.allSatisfy { key in
            keys.contains(key.of(head: nil))
        }
    }
}
