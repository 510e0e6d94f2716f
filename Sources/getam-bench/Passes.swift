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
        /// The products of every pass.
        let shapes: [[ProductMeter.Shape: ProductMeter.Count]]
        /// Operations a second of one thread at its peak.
        let threadPeak: Double

        /// Its products by shape, those with the most operations first.
        func printShapes() throws {
            try Output.line("     rows columns depth       calls     GFLOP   ms·thread  of peak")
            for (shape, count) in (shapes.first ?? [:]).sorted(by: { $0.value.operations > $1.value.operations }).prefix(12) {
                let time = shapes.map { $0[shape]?.time ?? .zero }.sorted()[shapes.count / 2]
                let rate = time > .zero ? count.operations / (time / .seconds(1)) : 0
                let layout = (shape.transposesA ? "T" : "N") + (shape.transposesB ? "T" : "N")
                try Output.line(String(
                    format: "     %4d × %4d × %4d %@ %7d %9.2f %11.2f %7.1f %%", shape.rows, shape.columns, shape.depth, layout,
                    count.calls, count.operations / 1e9, time / .milliseconds(1), rate / threadPeak * 100))
            }
        }
    }

    /// The middle one of several measurements of all threads' peak.
    func peak() -> Double { (0..<9).map { _ in plain.compute.measuredPeakOfAllThreads(over: .milliseconds(50)) }.sorted()[4] }

    /// Runs `pass` in turn with measurements of the peak as long as it, and prints a line about it.
    func measure(_ name: String, _ pass: (VisionTransformer) throws -> Void) throws -> Result {
        for model in [plain, metered] { try pass(model) }
        let start = ContinuousClock.now
        try pass(plain)
        let usual = ContinuousClock.now - start
        var times: [Duration] = [], peaks: [Double] = [], shares: [Double] = [], allocations: [UInt64] = []
        var shapes: [[ProductMeter.Shape: ProductMeter.Count]] = []
        for _ in 0..<repeats {
            let peak = plain.compute.measuredPeakOfAllThreads(over: usual)
            peaks.append(peak)
            let before = allocation_count(), start = ContinuousClock.now
            try pass(plain)
            let end = ContinuousClock.now
            // Before the lists that follow grow.
            allocations.append(allocation_count() - before)
            times.append(end - start)
            meter.reset()
            try pass(metered)
            shares.append(meter.total.rate * Double(plain.compute.pool.threads) / peak)
            shapes.append(meter.shapes)
        }
        let median = times.sorted()[repeats / 2], peak = peaks.sorted()[repeats / 2]
        let result = Result(
            median: median, operations: meter.total.operations, shapes: shapes,
            threadPeak: peak / Double(plain.compute.pool.threads))
        let rate = result.operations / (median / .seconds(1))
        try Output.line(String(
            format: "%@ %@ %9.2f %9.0f %6.1f %%  %6.1f %% %12d", name.padding(toLength: 19, withPad: " ", startingAt: 0),
            Milliseconds(median).description, result.operations / 1e9, rate / 1e9, rate / peak * 100,
            shares.sorted()[repeats / 2] * 100, Int(allocations.sorted()[repeats / 2])))
        return result
    }
}
