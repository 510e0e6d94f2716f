import Glibc

/// The system's calls that take a name, with the bytes of that name (see ``Swift/String/withPath(_:)``); no other place makes them.
package enum FileSystem {
    /// Opens a file; -1 and `errno` where it cannot be.
    package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o666) -> Int32 {
        path.withPath { Glibc.open($0, flags | O_CLOEXEC, mode) }
    }

    /// What stands at a path; nil, and `errno`, where nothing does.
    package static func status(_ path: String, followsLinks: Bool = true) -> stat? {
        var status = stat()
        return path.withPath { followsLinks ? stat($0, &status) : lstat($0, &status) } == 0 ? status : nil
    }

    /// Whether this process may do with the file what `mode` says; `errno` where not.
    package static func allows(_ mode: Int32, _ path: String) -> Bool { path.withPath { access($0, mode) } == 0 }

    /// Renames a file, over another where there is one; false and `errno` where it cannot.
    package static func rename(_ path: String, to other: String) -> Bool {
        path.withPath { from in other.withPath { Glibc.rename(from, $0) } } == 0
    }

    /// Gives a file a second name, which must not be taken; false and `errno` where it cannot.
    package static func link(_ path: String, to other: String) -> Bool {
        path.withPath { from in other.withPath { Glibc.link(from, $0) } } == 0
    }

    /// Removes a file's name; false and `errno` where it cannot.
    @discardableResult
    package static func remove(_ path: String) -> Bool { path.withPath { unlink($0) } == 0 }

    /// The path without links and dots; nil and `errno` where nothing stands there.
    package static func resolved(_ path: String) -> String? {
        guard let real = path.withPath({ realpath($0, nil) }) else { return nil }
        defer { free(real) }
        return String(path: real)
    }

    /// Makes a folder and those it lies in, where they are not there.
    ///
    /// - Throws: `FileError` of kind `.unwritable`, with the system's reason.
    package static func makeFolder(_ path: String) throws(FileError) {
        if path.isFolder || path.withPath({ mkdir($0, 0o777) }) == 0 { return }
        var number = errno
        // Another process may make the same folders.
        if number == EEXIST, path.isFolder { return }
        let outer = path.folder
        if number == ENOENT, !outer.isEmpty, outer != path, !outer.isFolder {
            try makeFolder(outer)
            if path.withPath({ mkdir($0, 0o777) }) == 0 || path.isFolder { return }
            number = errno
        }
        throw FileError(.unwritable, path: path, "the folder cannot be made: \(MappedFile.message(number))")
    }
}

extension stat {
    /// Whether this is of a folder.
    package var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}

extension String {
    /// Whether a folder stands at this path.
    package var isFolder: Bool {
        FileSystem.status(self)?.isFolder ?? false
    }

    /// Whether something stands at this path, and the other path leads to the same.
    package func isSameFile(as other: String) -> Bool {
        guard let one = FileSystem.status(self), let two = FileSystem.status(other) else { return false }
        return one.st_dev == two.st_dev && one.st_ino == two.st_ino
    }
}
