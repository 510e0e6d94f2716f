import Attribution

/// What is known of the probed patch: the value shown, and the same along every axis that it has.
struct ProbeAnswer {
    let value: Float
    /// 1 for the largest of the map.
    let rank: Int
    let patches: Int
    /// By layer; `nil` where it is not there yet, empty where a layer's value means nothing of its own.
    let layers: [Float?]
    /// By head of the layer shown, or of the fused map; empty where there are none.
    let heads: [Float?]
    /// Of the classes marked, then of those listed first.
    let classes: [(index: Int, value: Float?)]
}

extension ExplorerState {
    /// How many classes the probe tells of.
    private static let probedClasses = 3

    /// The value, its rank and the layers: what is there without asking for more.
    var probeValue: (value: Float, rank: Int, patches: Int, layers: [Float?])? {
        guard let patch = probedPatch, let values = shown?.map.map.values, values.indices.contains(patch) else { return nil }
        let value = values[patch]
        return (value, values.reduce(1) { $1 > value ? $0 + 1 : $0 }, values.count, probedLayers.map { $0?.map.values[patch] })
    }

    /// Every layer's map, where a layer's value means something of its own.
    private var probedLayers: [RangedMap?] {
        guard subtracted == nil, let maps = mapKey.flatMap({ record?.maps[$0] }), maps.count > 1 else { return [] }
        return maps
    }

    var probeAnswer: ProbeAnswer? {
        guard let patch = probedPatch, let known = probeValue else { return nil }
        func value(_ change: (inout Place) -> Void) -> Float? {
            var place = place
            change(&place)
            return self.value(of: place).map { $0.map.values[patch] }
        }
        return ProbeAnswer(
            value: known.value, rank: known.rank, patches: known.patches, layers: known.layers,
            heads: probedHeads.map { head in value { $0.head = head } },
            classes: classesOfProbe.map { index in (index, value { $0.classIndex = index }) })
    }

    /// Whether there is room for the answer.
    var showsProbe: Bool { probe != nil && Layout(self).probe != nil }

    private var probedPatch: Int? {
        guard let probe, let trace = record?.trace else { return nil }
        return probe.row * trace.gridColumns + probe.column
    }

    private var probedHeads: Range<Int> {
        method?.axes.contains(.head) == true && headCount > 1 && subtracted == nil ? 0..<headCount : 0..<0
    }

    private var classesOfProbe: [Int] {
        guard method?.needsClass == true, model.hasClasses, subtracted == nil else { return [] }
        // What takes passes by the dozen is not made for a number beside the map.
        if method?.takesManyPasses == true {
            return listed.filter { $0 == selectedClass || hasMap(ofClass: $0) }.prefix(Self.probedClasses).map { $0 }
        }
        let first = (listed.filter(marks.contains) + listed.filter { !marks.contains($0) }).prefix(Self.probedClasses)
        guard let selectedClass, !first.contains(selectedClass) else { return Array(first) }
        return [selectedClass] + first.dropLast()
    }

    /// Whether the map of a class in the place of the one shown is there.
    private func hasMap(ofClass index: Int) -> Bool {
        var place = place
        place.classIndex = index
        return mapKey(of: place).map { isComplete($0, picture: picture) } ?? false
    }

    /// Lines that the answer takes.
    var probeLines: Int { 1 + (probedLayers.isEmpty ? 0 : 1) + (probedHeads.isEmpty ? 0 : 1) + classesOfProbe.count }

    /// The maps that the answer is made of: the heads of the class shown, then the other classes.
    var probeKeys: (heads: [MapKey], classes: [MapKey]) {
        guard probedPatch != nil, let key = mapKey else { return ([], []) }
        return (probedHeads.map { key.of(head: $0) }, classesOfProbe.compactMap { index in
            var place = place
            place.classIndex = index
            return mapKey(of: place)
        })
    }

    /// What the answer lacks.
    var missingOfProbe: Work.Task? {
        let (heads, classes) = probeKeys
        if let key = heads.first(where: { !isComplete($0, picture: picture) }) {
            return .map(picture: picture, keys: [key.of(head: nil)], heads: .each)
        }
        let missing = classes.filter { !isComplete($0, picture: picture) }
        return missing.first.map { .map(picture: picture, keys: missing, heads: $0.heads) }
    }
}
