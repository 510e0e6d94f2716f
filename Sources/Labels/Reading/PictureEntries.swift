import Files

/// Which of some named entries (lines of a label file, files of a folder) is each picture's.
///
/// Entries mean pictures as ``PictureNames`` says. Of several that mean one picture the closest counts: its own name, else a
/// longer or shorter path, else the same last part.
public struct PictureEntries: Sendable {
    /// What is there of a picture.
    public enum Found: Sendable, Equatable {
        /// The entry at this place.
        case entry(Int)
        case none
        /// Nothing certain; why.
        case unclear(String)
    }

    public let pictures: PictureNames
    /// By the picture's place in ``pictures``.
    public let found: [Found]
    /// Places of the entries that mean no picture.
    public let foreign: [Int]
    /// Entries that name folders which the picture that they are taken for has not.
    public let elsewhere: [(entry: Int, picture: Int)]

    /// - Parameters:
    ///   - entries: the entries' names; of two that are the same to the byte the last counts.
    ///   - pictures: those of the whole run, not of a part of it.
    public init(_ entries: [String], of pictures: PictureNames) {
        var best = [(rank: Int, entries: [Int])?](repeating: nil, count: pictures.names.count)
        var foreign: [Int] = [], doubtful: [Int: Int] = [:]
        func add(_ entry: Int, to picture: Int, rank: Int) {
            guard let former = best[picture], former.rank <= rank else {
                best[picture] = (rank, [entry])
                return
            }
            guard former.rank == rank else { return }
            let others = former.entries.filter { !entries[$0].isSameName(as: entries[entry]) }
            best[picture] = (rank, others + [entry])
        }
        for (entry, text) in entries.enumerated() {
            switch pictures.find(text) {
            case .one(let picture):
                let (own, name) = (pictures.names[picture], PictureNames.name(of: text))
                add(entry, to: picture, rank: own.isSameName(as: text) ? 0 : own.isSameName(as: name) ? 1 : own == name ? 2 : 3)
            case .elsewhere(let picture): add(entry, to: picture, rank: 4)
            case .several(let places): for place in places where doubtful[place] == nil { doubtful[place] = entry }
            case .none: foreign.append(entry)
            }
        }
        self.pictures = pictures
        self.foreign = foreign
        var found: [Found] = [], elsewhere: [(entry: Int, picture: Int)] = []
        for picture in best.indices {
            guard let (rank, entries: own) = best[picture] else {
                found.append(doubtful[picture].map { .unclear("“\(entries[$0])” may be this picture's or another's; name its folder too") } ?? .none)
                continue
            }
            guard own.count == 1 else {
                found.append(.unclear("“\(entries[own[0]])” and “\(entries[own[1]])” may both be this picture's; name its folder too"))
                continue
            }
            found.append(.entry(own[0]))
            if rank == 4 { elsewhere.append((own[0], picture)) }
        }
        self.found = found
        self.elsewhere = elsewhere
    }
}
