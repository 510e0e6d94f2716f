import CAllocationCount
import Foundation
import GETAM

/// One model twice, on the same threads: as it is, and with its matrix products counted.
struct Passes {
    let plain: VisionTransformer
    let metered: VisionTransformer
    let meter: ProductMeter
    let repeats: Int

    /// What one kind of pass took.
    struct Result {
        let median: Duration
        /// Floating-point operations of one pass's matrix products.
        let operations: Double
        let repeats: Int
        let shapes: [ProductMeter.Shape: ProductMeter.Count]
        /// Operations a second of one thread at its peak.
        let threadPeak: Double

        /// Its products by shape, those with the most operations first.
        func printShapes() {
            print("     rows columns depth       calls     GFLOP   ms·thread  of peak")
            for (shape, count) in shapes.sorted(by: { $0.value.operations > $1.value.operations }).prefix(12) {
                let layout = (shape.transposesA ? "T" : "N") + (shape.transposesB ? "T" : "N")
                print(String(
                    format: "     %4d × %4d × %4d %@ %7d %9.2f %11.2f %7.1f %%", shape.rows, shape.columns, shape.depth, layout,
                    count.calls / repeats, count.operations / 1e9 / Double(repeats),
                    count.time / .milliseconds(1) / Double(repeats), count.rate / threadPeak * 100))
            }
        }
    }

    /// The middle one of several measurements of all threads' peak.
    func peak() -> Double { (0..<9).map { _ in plain.compute.measuredPeakOfAllThreads() }.sorted()[4] }

    /// Runs `pass` in turn with measurements of the peak, and prints a line about it.
    func measure(_ name: String, _ pass: (VisionTransformer) throws -> Void) rethrows -> Result {
        for model in [plain, metered] { try pass(model) }
        meter.reset()
        var times: [Duration] = [], peaks: [Double] = [], allocations: [UInt64] = []
        for _ in 0..<repeats {
            peaks.append(plain.compute.measuredPeakOfAllThreads())
            times.reserveCapacity(repeats)
            let before = allocation_count(), start = ContinuousClock.now
            try pass(plain)
            times.append(ContinuousClock.now - start)
            allocations.append(allocation_count() - before)
            try pass(metered)
        }
        let median = times.sorted()[repeats / 2], peak = peaks.sorted()[repeats / 2]
        let total = meter.total
        let result = Result(
            median: median, operations: total.operations / Double(repeats), repeats: repeats, shapes: meter.shapes,
            threadPeak: peak / Double(plain.compute.pool.threads))
        let rate = result.operations / (median / .seconds(1))
        print(String(
            format: "%@ %@ %9.2f %9.0f %6.1f %%  %6.1f %% %12d", name.padding(toLength: 19, withPad: " ", startingAt: 0),
            Milliseconds(median).description, result.operations / 1e9, rate / 1e9, rate / peak * 100,
            total.rate / result.threadPeak * 100, Int(allocations.sorted()[repeats / 2])))
        return result
    }
}
