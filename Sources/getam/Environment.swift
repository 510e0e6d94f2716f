import Files
import Foundation
import Tensors

/// What the process was started with; read here and passed down as values.
enum Environment {
    static let variables = ProcessInfo.processInfo.environment.reduce(into: [:]) { variables, variable in
        // Foundation mends what is not UTF-8, which paths must be spared.
        variables[variable.key] = getenv(variable.key).map { String(path: $0) } ?? variable.value
    }

    /// A variable that is set and not empty.
    static func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The matrix product: `GETAM_BLAS` names a CBLAS library, `builtin` the program's own loops.
    static func matrixProduct() -> MatrixProduct {
        let wish = value("GETAM_BLAS")
        if wish == "builtin" { return MatrixProduct(builtIn: features) }
        return .load(path: wish, coreTypeIsSet: value("OPENBLAS_CORETYPE") != nil, features: features)
    }

    /// The instruction set, which `GETAM_FEATURES` may lower: `avx512`, `avx2`, `portable`.
    static var features: Processor.Features {
        min(value("GETAM_FEATURES").flatMap(Processor.Features.init) ?? .avx512, Processor.current.features)
    }

    /// What to say of an instruction set that `GETAM_FEATURES` names wrongly.
    static var featuresWarning: String? {
        guard let name = value("GETAM_FEATURES"), Processor.Features(rawValue: name) == nil else { return nil }
        let known = Processor.Features.allCases.map(\.rawValue).joined(separator: ", ")
        return "GETAM_FEATURES=\(name.printable): no such instruction set (\(known)); using \(features)"
    }

    /// Processors this process may use: its affinity mask, and its control group's quota rounded up.
    static func usableProcessors() -> Int {
        // Foundation asks for the affinity mask.
        let count = ProcessInfo.processInfo.activeProcessorCount
        return max(1, min(count, quota() ?? count))
    }

    /// The control group's processor quota: `cpu.max` of version 2, `cpu.cfs_*` of version 1; nil without one.
    private static func quota() -> Int? {
        func read(_ path: String) -> [String]? {
            (try? String(contentsOfFile: path, encoding: .utf8))?.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        var pairs: [(String, String)] = []
        let group = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? "/"
        // A group's quota binds all groups in it.
        var path = String(group)
        while true {
            if let words = read("/sys/fs/cgroup\(path == "/" ? "" : path)/cpu.max"), words.count == 2 {
                pairs.append((words[0], words[1]))
            }
            guard path != "/", !path.isEmpty else { break }
            path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
            if path.isEmpty { path = "/" }
        }
        if let limit = read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.first,
            let period = read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.first {
            pairs.append((limit, period))
        }
        return pairs.compactMap { limit, period in
            guard let limit = Double(limit), let period = Double(period), limit > 0, period > 0 else { return nil }
            return max(1, Int((limit / period).rounded(.up)))
        }.min()
    }
}
