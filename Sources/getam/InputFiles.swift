import Foundation
import GETAM

/// The files and folders that a command reads, none of which its outputs may take the place of.
struct InputFiles: Sendable {
    /// What tells files apart, whatever path or link leads to them.
    private struct Identity: Hashable {
        let device: dev_t
        let number: ino_t

        init?(_ path: String) {
            guard let status = FileSystem.status(path), [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
            (device, number) = (status.st_dev, status.st_ino)
        }
    }

    private var inputs: [(what: String, path: String)] = []
    private var folders: [(what: String, path: String, endings: Set<String>)] = []

    /// Adds a file, where one is named.
    mutating func add(_ what: String, _ path: String?) {
        if let path { inputs.append((what, path)) }
    }

    /// Adds files.
    mutating func add(_ what: String, _ paths: [String]) { inputs += paths.map { (what, $0) } }

    /// Adds a folder, and the files in it with these endings, in lower case.
    mutating func add(_ what: String, folder: String?, _ endings: Set<String>) {
        if let folder { folders.append((what, folder, endings)) }
    }

    /// Adds the folders of pictures and of true labels in a VOC tree, where one is named: a data set stays what it is.
    mutating func add(voc: String?) {
        add("a picture", folder: voc?.appending(part: "JPEGImages"), ImageFile.extensions)
        for name in ["SegmentationClass", "SegmentationClassAug", "SegmentationObject"] {
            add("the data set's", folder: voc?.appending(part: name), ["png"])
        }
    }

    /// What the file at `output` is among the inputs; nil where it is none.
    func input(at output: String) -> String? {
        // What is not there is no input; devices are not replaced.
        guard let place = Identity(output) else { return nil }
        let folder = Identity(output.outerFolder), ending = output.ending ?? ""
        return inputs.first { Identity($0.path) == place }?.what
            ?? folders.first { $0.endings.contains(ending) && folder != nil && Identity($0.path) == folder }?.what
    }

    /// - Throws: a usage failure where the file that an option names is one of the inputs.
    func check(_ option: String, file output: String) throws(CommandFailure) {
        guard let what = input(at: output) else { return }
        throw CommandFailure(.usage, "\(option) \(output): is an input (\(what)) and would be written over; name another file")
    }

    /// - Throws: a usage failure where files with this ending, written to the folder that an option names, would lie among
    ///   inputs of the same ending.
    func check(_ option: String, folder output: String, ending: String) throws(CommandFailure) {
        guard let place = Identity(output) else { return }
        if let what = folders.first(where: { $0.endings.contains(ending) && Identity($0.path) == place })?.what {
            throw CommandFailure(
                .usage, "\(option) \(output): the files would lie among those they are made of (\(what)); name another folder")
        }
    }

    /// - Throws: a usage failure where the file that an option names would be one of those written to a folder.
    static func check(_ option: String, file output: String, notAmong folder: String, ending: String) throws(CommandFailure) {
        guard output.ending == ending, let place = Identity(folder), Identity(output.outerFolder) == place else { return }
        throw CommandFailure(
            .usage, "\(option) \(output): would lie among the files of \(folder), which end in .\(ending) too; name another place")
    }
}

extension String {
    /// The path of the folder that the last part lies in.
    fileprivate var outerFolder: String { folder.isEmpty ? "." : folder }
}
