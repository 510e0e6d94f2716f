import GETAM

/// Which classes of each picture `getam compare` makes maps of, and where they truly are.
struct ComparedSubjects: Sendable {
    /// Where the classes are named; nil where the truth or the model says.
    let source: LabelSource?
    let match: ClassMatch
    /// The true label maps; nil where there are none.
    let truth: CompanionFiles?
    /// How those are read.
    let maps: TruthMaps?

    /// A class of a picture.
    struct Subject: Sendable {
        let logit: Int
        let name: String
        /// Where it is; nil without truth.
        let region: TruthRegion?
    }

    /// The classes that are known before the model saw the picture; nil where the model decides.
    ///
    /// - Throws: `FileError`, `UnknownClass`, `QualityError`.
    func subjects(of picture: String, size: (width: Int, height: Int)) throws -> [Subject]? {
        var map: (path: String, labels: IndexedImage)?
        if let truth, let maps {
            let path = try truth.file(of: picture)
            map = (path, try maps.labels(path))
        }
        var found: [ClassMatch.Found] = []
        if let source {
            for name in try source.names(of: picture) ?? [] {
                if let known = try match.find(name), !found.contains(where: { $0.number == known.number }) { found.append(known) }
            }
        } else if let map {
            for number in Set(map.labels.indices).subtracting([0, LabelCompletion.ignored]).sorted() {
                if let known = try match.find(match.list.name(of: number)) { found.append(known) }
            }
        } else {
            return nil
        }
        return try found.map { one in
            let name = match.list.name(of: one.number)
            guard let map else { return Subject(logit: one.logit, name: name, region: nil) }
            do throws(QualityError) {
                return Subject(logit: one.logit, name: name, region: try TruthRegion(map.labels, class: one.number, name: name, of: size))
            } catch { throw FileError(.invalid, path: map.path, "\(error)") }
        }
    }

    /// The names of the classes that the labels say are in a picture; nil where they do not.
    func names(of picture: String) throws -> [String]? {
        guard let source else { return nil }
        var names: [String] = []
        for label in try source.names(of: picture) ?? [] {
            guard let known = try match.find(label) else { continue }
            let name = match.list.name(of: known.number)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}
