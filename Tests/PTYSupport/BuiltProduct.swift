#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PTYSession {
    /// The path of a program built with the running tests: it stands beside the test bundle, which is mapped into this
    /// process.
    public static func builtProduct(_ name: String) throws -> String {
        guard let maps = fopen("/proc/self/maps", "r") else { throw Failure("cannot read /proc/self/maps") }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0 {
            guard let line else { break }
            let text = String(cString: line)
            guard let start = text.firstIndex(of: "/"), text.hasSuffix(".xctest\n") else { continue }
            let bundle = text[start...].dropLast()
            guard let end = bundle.lastIndex(of: "/") else { continue }
            let path = "\(bundle[..<end])/\(name)"
            guard access(path, X_OK) == 0 else { throw Failure("\(path) is not there: build it first") }
            return path
        }
        throw Failure("no test bundle in this process")
    }
}
