/// In which order classes are listed.
public enum ClassOrder: String, Sendable, Hashable, CaseIterable {
    /// The most probable first.
    case probability
    case name
    /// Those whose names begin with the same word together, each group where its most probable class is.
    case group
    /// Those first whose probability is farthest above that of the pictures beside this one, as far as those were read.
    case contrast

    /// As the list's title says it.
    var title: String? {
        switch self {
        case .probability: nil
        case .name: "by name"
        case .group: "by first word"
        case .contrast: "against neighbors"
        }
    }
}

extension ExplorerState {
    /// What else than the picture and the filter the list follows; marks do not move what one goes through.
    struct ListBasis: Sendable, Equatable {
        var neighbors: Int
        var rows: Int
    }

    /// The list's basis as things stand.
    var listBasis: ListBasis {
        ListBasis(neighbors: classOrder == .contrast ? neighbors.count : 0, rows: rows)
    }

    /// Lists the classes anew where what the list follows has changed; where it was scrolled to stays.
    mutating func settleList() {
        guard record != nil, listedBy != listBasis else { return }
        let top = listTop
        relist()
        scrollList(top - listTop)
        if let selectedClass { showInList(selectedClass) }
    }

    /// What the list's title says of its order.
    var classOrderTitle: String? {
        classOrder == .contrast && pictures.count < 2 ? "no neighbors" : classOrder.title
    }

    /// The classes that are listed, in their order: ranked by probability, then as chosen; of a list that is longer than the screen
    /// those that are marked when it is made come first.
    func orderedClasses(_ record: PictureRecord) -> [Int] {
        let wanted = ClassFilter(filter), marks = marks, marksOnly = marksOnly && !marks.isEmpty
        var classes = record.ranking.filter { (!marksOnly || marks.contains($0)) && wanted.accepts(model.className($0)) }
        switch classOrder {
        case .probability: break
        case .name:
            let names = classes.map { (index: $0, name: model.className($0).lowercased()) }
            classes = names.sorted { ($0.name, $0.index) < ($1.name, $1.index) }.map(\.index)
        case .group:
            var places: [String: Int] = [:]
            let groups = classes.map { index in
                let word = model.className(index).lowercased().split { " ,_-".contains($0) }.first.map(String.init) ?? ""
                let place = places[word] ?? places.count
                places[word] = place
                return place
            }
            classes = classes.indices.sorted { (groups[$0], $0) < (groups[$1], $1) }.map { classes[$0] }
        case .contrast:
            let contrasts = Dictionary(uniqueKeysWithValues: classes.map { ($0, contrast(of: $0, record) ?? 0) })
            classes = classes.indices.sorted {
                let (a, b) = (contrasts[classes[$0]] ?? 0, contrasts[classes[$1]] ?? 0)
                return a == b ? $0 < $1 : a > b
            }.map { classes[$0] }
        }
        guard !marks.isEmpty, !marksOnly, classes.count > Layout(self).classes?.rows ?? .max else { return classes }
        return classes.filter(marks.contains) + classes.filter { !marks.contains($0) }
    }

    /// The pictures beside this one that were read.
    private var neighbors: [PictureRecord] {
        [picture - 1, picture + 1].compactMap { store[RecordKey(model: modelIndex, picture: $0)] }
    }

    /// A class's probability less the mean of the neighbors'; `nil` where none was read.
    func contrast(of index: Int, _ record: PictureRecord) -> Float? {
        let others = neighbors.compactMap { $0.trace.probabilities.indices.contains(index) ? $0.trace.probabilities[index] : nil }
        guard !others.isEmpty, record.trace.probabilities.indices.contains(index) else { return nil }
        let value = record.trace.probabilities[index] - others.reduce(0, +) / Float(others.count)
        return value.isNaN ? nil : value
    }
}
