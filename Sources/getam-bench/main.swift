#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// Times of getam's stages: `getam-bench frames [COUNT]`, run in the package's folder; `getam-bench refine [SIZE [THREADS]]`.
var arguments = CommandLine.arguments.dropFirst()
let descriptions = "assets/terminfo"
switch arguments.popFirst() {
case "frames":
    let count = arguments.popFirst().flatMap { Int($0) } ?? 300
    do {
        for depth in FrameBenchmark.depths {
            let line = try FrameBenchmark.measure(
                depth: depth, descriptions: descriptions, columns: 200, rows: 60, frames: max(count, 1))
            print(line)
        }
    } catch {
        complain("getam-bench: \(error)")
        exit(1)
    }
case FrameBenchmark.childCommand:
    let depth = arguments.popFirst() ?? ""
    let status = FrameBenchmark.runChild(
        depth: depth, descriptions: arguments.popFirst() ?? descriptions, source: SyntheticFrames.frame)
    exit(status)
case "refine":
    let numbers = arguments.prefix(2).compactMap { Int($0) }
    for line in RefinementBenchmark.measure(size: numbers.first ?? 384, threads: numbers.dropFirst().first ?? 2) { print(line) }
default:
    complain("usage: getam-bench frames [COUNT] | refine [SIZE [THREADS]]")
    exit(64)
}

func complain(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
