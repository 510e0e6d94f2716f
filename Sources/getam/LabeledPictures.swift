import GETAM

/// A set of pictures with the classes that label files name for them.
struct LabeledPictures: Sendable {
    struct Entry: Sendable {
        let picture: PictureList.Picture
        /// Places of the classes that the picture shows; an error where its annotation cannot be read.
        let classes: Result<Set<Int>, FileError>
    }

    /// The pictures that are known, and those that are not there, in the order of the list.
    private(set) var entries: [Entry] = []
    /// Names of pictures that the labels do not know.
    private(set) var withoutEntry: [String] = []
    /// How often labels name classes that do not count.
    private var foreign: [String: Int] = [:]

    /// - Parameters:
    ///   - path: of the label file, or the folder of annotations.
    ///   - find: the place of the class that a name means; nil for one that does not count.
    /// - Throws: `FileError` where a name may mean several classes.
    init(
        _ pictures: [PictureList.Picture], _ source: LabelSource, path: String, find: (String) throws(UnknownClass) -> Int?
    ) throws(FileError) {
        var places: [String: Int?] = [:]
        for picture in pictures {
            guard (try? picture.path()) != nil else {
                entries.append(Entry(picture: picture, classes: .success([])))
                continue
            }
            let names: [String]?
            do throws(FileError) {
                names = try source.names(of: picture.name)
            } catch where error.kind == .missing {
                names = nil
            } catch {
                entries.append(Entry(picture: picture, classes: .failure(error)))
                continue
            }
            guard let names else {
                withoutEntry.append(picture.name)
                continue
            }
            var classes: Set<Int> = []
            for name in names {
                let place: Int?
                if let known = places[name] {
                    place = known
                } else {
                    do throws(UnknownClass) {
                        place = try find(name)
                    } catch { throw FileError(.invalid, path: path, "\(picture.name): \(error)") }
                    places[name] = .some(place)
                }
                if let place { classes.insert(place) } else { foreign[name, default: 0] += 1 }
            }
            entries.append(Entry(picture: picture, classes: .success(classes)))
        }
    }

    /// - Parameters:
    ///   - path: of the labels.
    ///   - what: what the pictures are: "pictures".
    ///   - role: what the classes are: "a class to learn".
    /// - Throws: a failure where no picture has an entry, or no entry names one of the classes.
    func check(path: String, classes: [String], what: String = "pictures", role: String) throws {
        let known = entries.filter { (try? $0.picture.path()) != nil }
        // What is not there is told with its own words.
        guard !known.isEmpty || withoutEntry.isEmpty else {
            throw FileError(.invalid, path: path, "has no entry for any of the \(withoutEntry.count) \(what)")
        }
        let read = known.compactMap { try? $0.classes.get() }
        guard !read.isEmpty, read.allSatisfy(\.isEmpty) else { return }
        guard !foreign.isEmpty else {
            throw FileError(.invalid, path: path, "names no class for any of the \(read.count) \(what)")
        }
        throw CommandFailure(
            .usage, "no label of the \(what) (\(ClassMatch.some(foreign.keys.sorted()))) is \(role) "
                + "(\(ClassMatch.some(classes))); choose another --class-list, or mend the labels")
    }

    /// What was left out, for the user.
    ///
    /// - Parameter fate: what is wrong with the classes that do not count: "that are not learned".
    func remarks(_ fate: String) -> [String] {
        var lines: [String] = []
        if !foreign.isEmpty {
            let names = foreign.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
            lines.append("labels ignored: \(foreign.values.reduce(0, +)) of classes \(fate): \(ClassMatch.some(names))")
        }
        if !withoutEntry.isEmpty {
            let isOne = withoutEntry.count == 1
            lines.append(
                "\(withoutEntry.count) \(isOne ? "picture has" : "pictures have") no entry among the labels and \(isOne ? "is" : "are") left out: "
                    + ClassMatch.some(withoutEntry))
        }
        return lines
    }
}
