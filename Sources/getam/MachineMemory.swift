import Foundation
import GETAM

/// How much memory this process may still take: the least of what the machine has to give, of what its control groups leave
/// it, and of its own limits.
enum MachineMemory {
    /// Bytes at hand now; nil where nothing is known of any bound.
    static func atHand() -> Int? { atHand(files: Files(), limits: [RLIMIT_AS, RLIMIT_DATA].map { limit(Int32($0.rawValue)) }) }

    /// Reads the kernel's small files.
    struct Files {
        /// Prepended to every path, for tests.
        var root = ""

        func text(_ path: String) -> String? { try? String(contentsOfFile: root + path, encoding: .utf8) }

        /// The number in a file that holds nothing else; nil for `max` and for a file that is not there.
        func number(_ path: String) -> Int? {
            text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }

        /// The number behind a word at a line's beginning: `MemAvailable:  123 kB`, `inactive_file 123`.
        func number(_ word: String, in path: String) -> Int? {
            for line in text(path)?.split(separator: "\n") ?? [] {
                let words = line.split(whereSeparator: \.isWhitespace)
                if words.count > 1, words[0] == word { return Int(words[1]) }
            }
            return nil
        }
    }

    /// - Parameter limits: this process's largest address space and data segment, in bytes; nil where it has none.
    static func atHand(files: Files, limits: [Int?]) -> Int? {
        var rooms: [Int] = []
        if let kilobytes = files.number("MemAvailable:", in: "/proc/meminfo") { rooms.append(kilobytes << 10) }
        rooms += groups(files)
        for (limit, used) in zip(limits, ["VmSize:", "VmData:"]) {
            if let limit { rooms.append(limit - (files.number(used, in: "/proc/self/status") ?? 0) << 10) }
        }
        return rooms.min().map { max($0, 0) }
    }

    /// What each control group that binds this process leaves it. A group's limit binds all groups in it. Pages of files that
    /// are not in use are given back when they are wanted, so they do not count as used.
    private static func groups(_ files: Files) -> [Int] {
        let lines = files.text("/proc/self/cgroup")?.split(separator: "\n").map(String.init) ?? []
        var rooms: [Int] = []
        func add(_ folder: String, limits: [String], used: String, idle: [String]) {
            guard let limit = limits.compactMap({ files.number("\(folder)/\($0)") }).min(),
                let used = files.number("\(folder)/\(used)")
            else { return }
            rooms.append(limit - used + idle.reduce(0) { $0 + (files.number($1, in: "\(folder)/memory.stat") ?? 0) })
        }
        for path in ancestors(lines.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? "/") {
            add(
                "/sys/fs/cgroup" + path, limits: ["memory.max", "memory.high"], used: "memory.current",
                idle: ["inactive_file", "slab_reclaimable"])
        }
        let first = lines.compactMap { line -> String? in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 && parts[1].split(separator: ",").contains("memory") ? String(parts[2]) : nil
        }.first
        for path in ancestors(first ?? "/") {
            add(
                "/sys/fs/cgroup/memory" + path, limits: ["memory.limit_in_bytes"], used: "memory.usage_in_bytes",
                idle: ["total_inactive_file"])
        }
        return rooms
    }

    /// A group and all that it lies in, without slashes at their ends: `/a/b`, `/a`, and the root, which is empty.
    private static func ancestors(_ path: String) -> [String] {
        var parts = path.split(separator: "/")
        var paths: [String] = []
        while !parts.isEmpty {
            paths.append("/" + parts.joined(separator: "/"))
            parts.removeLast()
        }
        return paths + [""]
    }

    private static func limit(_ resource: __rlimit_resource_t) -> Int? {
        var value = rlimit()
        guard getrlimit(resource, &value) == 0, value.rlim_cur < UInt64(Int.max) else { return nil }
        return Int(value.rlim_cur)
    }

    /// Refuses a picture whose decoding would take more memory than is at hand.
    static func check(_ path: String) throws {
        let size = try ImageFile.size(path: path)
        guard let atHand = atHand(), ImageLimits.default.allow(width: size.width, height: size.height) else { return }
        let bytes = size.width * size.height * ImageLimits.decodingSize
        guard bytes <= atHand else {
            throw CommandFailure(
                .memory, "\(path): takes \(text(bytes)) of memory, of \(text(atHand)) at hand; make it smaller, or more memory free")
        }
    }

    /// `640 MB`, `1.2 GB`, `12 GB`.
    static func text(_ bytes: Int) -> String {
        let bytes = Double(bytes)
        return bytes < 999.5e6 ? "\(Int((bytes / 1e6).rounded())) MB"
            : bytes < 9.95e9 ? String(format: "%.1f GB", bytes / 1e9) : "\(Int((bytes / 1e9).rounded())) GB"
    }
}
