import Foundation
import GETAM

/// The files and folders that a command reads, none of which its outputs may take the place of.
struct InputFiles: Sendable {
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
        guard let place = FileIdentity(output) else { return nil }
        let folder = FileIdentity(output.outerFolder), ending = output.ending ?? ""
        return inputs.first { FileIdentity($0.path) == place }?.what
            ?? folders.first { $0.endings.contains(ending) && folder != nil && FileIdentity($0.path) == folder }?.what
    }

    /// - Throws: a usage failure where the file that an option names is one of the inputs.
    func check(_ option: String, file output: String) throws(CommandFailure) {
        guard let what = input(at: output) else { return }
        throw CommandFailure(.usage, "\(option) \(output): is an input (\(what)) and would be written over; name another file")
    }

    /// - Parameters:
    ///   - files: names of files written to the folder that an option names.
    ///   - parts: names of folders in it whose files come and go.
    /// - Throws: a usage failure where one of them is an input.
    func check(_ option: String, folder output: String, files: [String], parts: [String] = []) throws(CommandFailure) {
        func refusal(_ what: String, _ path: String) -> CommandFailure {
            CommandFailure(.usage, "\(option) \(output): would write over \(path), an input (\(what)); name another folder")
        }
        for file in files.map({ output.appending(part: $0) }) {
            if let what = input(at: file) { throw refusal(what, file) }
        }
        for place in parts.compactMap({ FileIdentity(output.appending(part: $0)) }) {
            if let input = inputs.first(where: { FileIdentity($0.path.outerFolder) == place }) { throw refusal(input.what, input.path) }
        }
    }

    /// - Throws: a usage failure where an input lies in the folder that an option names, or in a folder in it.
    func check(_ option: String, tree output: String) throws(CommandFailure) {
        guard let place = FileSystem.resolved(output) else { return }
        for (what, path) in inputs + folders.map({ ($0.what, $0.path) }) {
            guard let input = FileSystem.resolved(path), input == place || input.hasPrefix(place.appending(part: "")) else { continue }
            throw CommandFailure(.usage, "\(option)=\(output): holds \(path), an input (\(what)); name another folder")
        }
    }

    /// - Throws: a usage failure where files with this ending, written to the folder that an option names, would lie among
    ///   inputs of the same ending.
    func check(_ option: String, folder output: String, ending: String) throws(CommandFailure) {
        guard let place = FileIdentity(output) else { return }
        if let what = folders.first(where: { $0.endings.contains(ending) && FileIdentity($0.path) == place })?.what {
            throw CommandFailure(
                .usage, "\(option) \(output): the files would lie among those they are made of (\(what)); name another folder")
        }
    }

    /// - Throws: a usage failure where the file that an option names would be one of those written to a folder.
    static func check(_ option: String, file output: String, notAmong folder: String, ending: String) throws(CommandFailure) {
        guard output.ending == ending, let place = FileIdentity(folder), FileIdentity(output.outerFolder) == place else { return }
        throw CommandFailure(
            .usage, "\(option) \(output): would lie among the files of \(folder), which end in .\(ending) too; name another place")
    }
}

extension String {
    /// The path of the folder that the last part lies in.
    var outerFolder: String { folder.isEmpty ? "." : folder }
}
