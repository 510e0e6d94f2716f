/// The bookkeeping of a ZIP archive whose files are stored as they are: what stands before each, and the directory behind all.
///
/// The same files always give the same bytes: every date is 1980-01-01. Source: PKWARE's APPNOTE, section 4.3.
package struct ZIPDirectory {
    /// Bytes of the archive so far, without the directory.
    package private(set) var size = 0
    private var entries = 0
    private var directory: [UInt8] = []

    package init() {}

    /// What is to be written of a file; its content follows.
    ///
    /// - Parameter name: with the folders it lies in, between slashes; UTF-8.
    /// - Returns: nil where the archive would take 4 GiB or more, or hold 65,535 files, which the format's plain form cannot hold.
    package mutating func header(_ name: String, _ content: [UInt8]) -> [UInt8]? {
        let name = name.bytes
        let needed = size + directory.count + content.count + 2 * (name.count + 80)
        guard needed < Int(UInt32.max), entries < 0xFFFE, name.count < 0xFFFF else { return nil }
        // Version 2.0, UTF-8 names, stored; midnight of 1980-01-01.
        var common: [UInt8] = []
        common.append(little: 20, bytes: 2)
        common.append(little: 0x0800, bytes: 2)
        common.append(little: 0, bytes: 4)
        common.append(little: 0x21, bytes: 2)
        common.append(little: Int(CRC32.of(content)), bytes: 4)
        common.append(little: content.count, bytes: 4)
        common.append(little: content.count, bytes: 4)
        common.append(little: name.count, bytes: 2)
        common.append(little: 0, bytes: 2)
        var header: [UInt8] = []
        header.append(little: 0x0403_4B50, bytes: 4)
        header += common + name
        directory.append(little: 0x0201_4B50, bytes: 4)
        directory.append(little: 20, bytes: 2)
        directory += common
        directory += [UInt8](repeating: 0, count: 10)
        directory.append(little: size, bytes: 4)
        directory += name
        size += header.count + content.count
        entries += 1
        return header
    }

    /// What stands behind the last file.
    package var end: [UInt8] {
        var end = directory
        end.append(little: 0x0605_4B50, bytes: 4)
        end.append(little: 0, bytes: 4)
        end.append(little: entries, bytes: 2)
        end.append(little: entries, bytes: 2)
        end.append(little: directory.count, bytes: 4)
        end.append(little: size, bytes: 4)
        end.append(little: 0, bytes: 2)
        return end
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: Int, bytes: Int) {
        for byte in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}
