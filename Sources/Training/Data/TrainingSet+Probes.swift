extension TrainingSet {
    /// Places of a few pictures that stand for the others while a run is watched: each shows a class that those before it do not,
    /// as far as there are such; the first ones of the set in any case.
    func probes(most: Int = 4) -> [Int] {
        var chosen: [Int] = [], shown: Set<Int> = []
        for (place, picture) in pictures.enumerated() where chosen.count < most && !picture.classes.isSubset(of: shown) {
            chosen.append(place)
            shown.formUnion(picture.classes)
        }
        for place in pictures.indices where chosen.count < most && !chosen.contains(place) { chosen.append(place) }
        return chosen.sorted()
    }
}
