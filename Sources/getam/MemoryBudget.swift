import Foundation
import GETAM

/// The memory that the jobs of a batch share: a picture is begun when what it takes is free.
///
/// Pictures are served in the order they come, so that a large one among many small ones waits for some of them, and they
/// for it, but neither for ever.
final class MemoryBudget: @unchecked Sendable {
    /// Bytes for all pictures at a time; nil where no bound is known.
    private let total: Int?
    /// What every job holds beside its picture, and what all share; for what is said.
    private let job: Int, atHand: Int
    private let condition = NSCondition()
    private var free: Int
    /// Numbers of those who wait: the next to come, and the one to be served.
    private var (last, next) = (0, 0)
    private var waited = 0

    /// No bound.
    init() {
        (total, job, atHand, free) = (nil, 0, 0, 0)
    }

    /// - Parameters:
    ///   - atHand: bytes for everything.
    ///   - job: bytes that every job holds beside its picture.
    init(total: Int, atHand: Int, job: Int) {
        (self.total, self.job, self.atHand, free) = (total, job, atHand, total)
    }

    /// How many pictures waited for others.
    var waits: Int { condition.withLock { waited } }

    /// Takes memory, as soon as it is free.
    ///
    /// - Throws: `CommandFailure` of status ``ExitStatus/memory`` where there never will be so much.
    func take(_ bytes: Int) throws(CommandFailure) {
        guard let total else { return }
        guard bytes <= total else {
            throw CommandFailure(
                .memory, "takes \(MachineMemory.text(bytes + job)) of memory, of \(MachineMemory.text(atHand)) at hand; make it smaller, or more memory free")
        }
        condition.withLock {
            let own = last
            last += 1
            if free < bytes || next != own { waited += 1 }
            while free < bytes || next != own { condition.wait() }
            next += 1
            free -= bytes
            condition.broadcast()
        }
    }

    /// Takes memory if it is free and nobody waits for it.
    func takeNow(_ bytes: Int) -> Bool {
        guard total != nil else { return true }
        return condition.withLock {
            guard next == last, free >= bytes else { return false }
            free -= bytes
            return true
        }
    }

    func giveBack(_ bytes: Int) {
        guard total != nil else { return }
        condition.withLock {
            free += bytes
            condition.broadcast()
        }
    }
}

/// One picture's part of the memory that jobs share.
final class PictureRoom {
    private let budget: MemoryBudget
    private let width: Int, height: Int
    private let need: (Int, Int, Int) throws -> Int
    private var held = 0

    /// - Parameter need: bytes that a picture of a width and height with so many classes takes.
    init(path: String, _ budget: MemoryBudget, need: @escaping (_ width: Int, _ height: Int, _ classes: Int) throws -> Int) throws {
        self.budget = budget
        self.need = need
        let size = try ImageFile.size(path: path)
        // What is not read takes nothing; reading says why.
        let isRead = ImageLimits.default.allow(width: size.width, height: size.height)
        (width, height) = isRead ? size : (0, 0)
    }

    /// Takes what the picture needs, as soon as it is free; nothing may be held.
    func take(classes: Int) throws {
        guard width > 0 else { return }
        let bytes = try need(width, height, classes)
        try budget.take(bytes)
        held = bytes
    }

    /// Takes what it needs beyond what is held, if that is free now.
    func takeNow(classes: Int) throws -> Bool {
        guard width > 0 else { return true }
        let bytes = try need(width, height, classes)
        guard bytes > held else { return true }
        guard budget.takeNow(bytes - held) else { return false }
        held = bytes
        return true
    }

    /// Gives back what is held.
    func leave() {
        budget.giveBack(held)
        held = 0
    }
}
