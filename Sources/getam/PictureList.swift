import Assets
import GETAM

/// The pictures of a run.
struct PictureList: Sendable {
    /// One of them.
    struct Picture: Sendable {
        /// What its outputs are called: the path in the folder named, without extension, or its own name.
        var name: String
        /// Its file; an error where a list names what is not there.
        let file: Result<String, FileError>

        /// - Throws: `FileError` where there is no such picture.
        func path() throws(FileError) -> String { try file.get() }
    }

    let pictures: [Picture]
    /// The names of all pictures among which these were chosen, for labels that name them by their last part.
    let known: [String]
    /// What the user should know of the choice.
    let remarks: [String]

    init(pictures: [Picture], known: [String]? = nil, remarks: [String] = []) {
        self.pictures = pictures
        self.known = known ?? pictures.map(\.name)
        self.remarks = remarks
    }

    /// Files as named, folders replaced by the pictures in them and in their folders (by name, hidden ones left out).
    ///
    /// - Parameter outputs: folders whose files are no pictures.
    /// - Throws: a failure for a word that is neither a file nor a folder with pictures.
    init(_ arguments: [String], leavingOut outputs: [String] = []) throws {
        var pictures: [Picture] = [], files: [Int] = [], remarks: [String] = []
        for argument in arguments {
            if argument == "-" {
                pictures.append(Picture(name: "stdin", file: .success("/dev/stdin")))
            } else if argument.isFolder {
                pictures += try Self.folder(argument, outputs, &remarks)
            } else {
                guard AtomicFile.exists(argument) else {
                    throw CommandFailure(.missingInput, "\(argument.isEmpty ? "\"\"" : argument): no such file or folder")
                }
                files.append(pictures.count)
                pictures.append(Picture(name: PictureNames.name(of: argument.lastPart), file: .success(argument)))
            }
        }
        self.init(pictures: Self.told(apart: pictures, files), remarks: remarks)
    }

    /// The bundled pictures.
    static func bundled() throws -> PictureList {
        guard let bundled = Assets.pictures else {
            throw CommandFailure(
                .missingInput, "the bundled pictures are not beside the program (getam_Assets.resources); name some")
        }
        return try PictureList([bundled])
    }

    /// The paths of those that are there.
    var paths: [String] { pictures.compactMap { try? $0.path() } }

    private static func folder(_ path: String, _ outputs: [String], _ remarks: inout [String]) throws -> [Picture] {
        let folder = try PictureFiles(folder: path, endings: ImageFile.extensions, leavingOut: outputs)
        remarks += folder.unreadable.map { "\($0); left out" }
        let named = folder.named
        guard !named.isEmpty else {
            throw FileError(.missing, path: path, "has no pictures in it (PNG, JPEG, PPM, PGM)")
        }
        return named.flatMap { picture in picture.paths.map { Picture(name: picture.name, file: .success($0)) } }
    }

    /// Names of single files with the folders that tell them apart, where names alone do not.
    static func told(apart pictures: [Picture], _ files: [Int]) -> [Picture] {
        var pictures = pictures
        guard Set(files.map { NameKey(pictures[$0].name) }).count < files.count else { return pictures }
        let parts = files.map { ((try? pictures[$0].path()) ?? "").utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) } }
        guard !parts.joined().contains("..") else { return pictures }
        var shared = parts[0].dropLast().count
        for other in parts {
            let common = zip(parts[0].dropLast(), other.dropLast()).prefix { $0.isSameName(as: $1) }.count
            shared = min(shared, common)
        }
        for (place, parts) in zip(files, parts) {
            pictures[place].name = PictureNames.name(of: parts.dropFirst(shared).filter { $0 != "." }.joined(separator: "/"))
        }
        return pictures
    }

    /// - Throws: a failure where two pictures have one name: their outputs would be one file.
    func checkNames() throws {
        var places: [NameKey: Int] = [:]
        for (place, picture) in pictures.enumerated() {
            guard let earlier = places.updateValue(place, forKey: NameKey(picture.name)),
                let one = try? pictures[earlier].path(), let other = try? picture.path()
            else { continue }
            if one.isSameName(as: other) { throw CommandFailure(.usage, "\(one): named twice") }
            let differs = PictureNames.name(of: one).isSameName(as: PictureNames.name(of: other))
            throw CommandFailure(
                differs ? .badData : .usage,
                differs ? "\(one.folder.isEmpty ? "." : one.folder): \(one.lastPart) and \(other.lastPart) differ only in their extension; "
                    + "name one kind in a list, or move one"
                    : "\(one) and \(other) would be written to one file; they have the same name")
        }
    }

    /// - Throws: a failure where an output would replace a picture.
    func checkKept(by file: (String) -> String, _ option: String) throws {
        for picture in pictures {
            guard let path = try? picture.path(), file(picture.name).isSameFile(as: path) else { continue }
            throw CommandFailure(.usage, "\(option): \(path) would be written over; name another place")
        }
    }
}
