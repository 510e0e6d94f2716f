import GETAM
import Training

/// The pictures of a run and the classes that label files name for them.
struct TrainingData {
    let set: TrainingSet
    /// What was left out, for the user.
    private(set) var remarks: [String] = []

    /// - Parameter classes: names of the classes to learn, in the order of the logits.
    /// - Throws: a failure where no picture has an entry, or no entry names a class.
    init(_ list: PictureList, labels path: String, classes: [String]) throws {
        let known = PictureNames(list.known)
        let source = try LabelSource.read(path: path, classes: classes, of: known)
        var indices: [String: Int] = [:]
        for (index, name) in classes.enumerated() { indices[name] = index }
        var pictures: [TrainingSet.Picture] = [], withoutEntry: [String] = [], missing: [String] = []
        var foreign: [String: Int] = [:]
        var knowsAny = false
        for picture in list.pictures {
            let file: String
            do throws(FileError) { file = try picture.path() } catch {
                missing.append("\(error)")
                continue
            }
            guard let names = try source.names(of: picture.name) else {
                withoutEntry.append(picture.name)
                continue
            }
            var present: Set<Int> = []
            for name in names {
                // Vectors of classes without names give numbers from 0.
                let index = indices[name] ?? Int(name).flatMap { classes.indices.contains($0) ? $0 : nil }
                if let index { present.insert(index) } else { foreign[name, default: 0] += 1 }
            }
            knowsAny = knowsAny || !present.isEmpty
            pictures.append(.init(name: picture.name, path: file, classes: present))
        }
        guard !pictures.isEmpty else {
            throw FileError(.invalid, path: path, "has no entry for any of the \(list.pictures.count) pictures")
        }
        guard knowsAny else {
            throw CommandFailure(
                .usage, "no label of the pictures (\(ClassMatch.some(foreign.keys.sorted()))) is a class to learn "
                    + "(\(ClassMatch.some(classes))); choose another --class-list, or mend the labels")
        }
        set = TrainingSet(pictures)
        if !foreign.isEmpty {
            let names = foreign.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
            remarks.append("labels ignored: \(foreign.values.reduce(0, +)) of classes that are not learned: \(ClassMatch.some(names))")
        }
        if !withoutEntry.isEmpty {
            remarks.append("\(withoutEntry.count) pictures have no entry among the labels and are left out: \(ClassMatch.some(withoutEntry))")
        }
        if !missing.isEmpty { remarks.append("\(missing.count) pictures are not there and are left out: \(ClassMatch.some(missing, 1))") }
    }
}
