/// How many jobs a batch runs, and the memory that their pictures share.
struct MemoryPlan {
    /// Jobs that were asked for, and those that memory allows: at least one.
    let wanted: Int, jobs: Int
    /// Bytes at hand when the batch began; nil where no bound is known.
    let atHand: Int?
    let budget: MemoryBudget

    /// What a job and its pictures take.
    struct Need {
        /// Bytes that every job holds, whatever its picture.
        var job = 0
        /// Bytes of pictures of the batch; a few are enough.
        var pictures: [Int] = []
    }

    init(jobs wanted: Int, _ need: Need, atHand: Int?) {
        (self.wanted, self.atHand) = (wanted, atHand)
        guard let atHand else {
            (jobs, budget) = (wanted, MemoryBudget())
            return
        }
        // A little is left to others, and to what is not counted; a job has a stack, too.
        let usable = atHand - atHand / 16, job = need.job + 16 << 20
        // What fits in no case is refused when its turn comes; it is no reason for fewer jobs.
        let largest = need.pictures.filter { $0 <= usable - job }.max() ?? 0
        jobs = max(1, min(wanted, (usable - largest) / job))
        budget = MemoryBudget(total: max(usable - jobs * job, 0), atHand: usable, job: job)
    }

    /// Lines for the summary, where memory held the batch up.
    var remarks: [String] {
        guard let atHand else { return [] }
        var lines: [String] = []
        if jobs < wanted {
            lines.append("memory: \(MachineMemory.text(atHand)) at hand, so \(jobs) \(jobs == 1 ? "job" : "jobs") instead of \(wanted)")
        }
        let waits = budget.waits
        if waits > 0 {
            lines.append(
                "memory: \(MachineMemory.text(atHand)) at hand, so fewer jobs worked at a time; \(waits) \(waits == 1 ? "picture" : "pictures") waited for others")
        }
        return lines
    }
}
