import Foundation

/// How much memory the explorer may hold beside the model: a quarter of what is at hand, at most 600 MB. What it needs for one
/// picture it takes in any case.
struct ExplorerMemory {
    /// In bytes.
    let limit: Int

    init(atHand: Int = MachineMemory.atHand() ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)) { limit = min(max(atHand, 0) / 4, 600_000_000) }

    /// What passes through the model, and the kernels of refiners, may take of it.
    var engineShare: Int { limit / 3 * 2 }
    /// What pictures, maps and labels may take of it.
    var stateShare: Int { limit - engineShare }
}
