import ArgumentParser
import Assets
import Files
import Foundation
import GETAM
import Training

/// A joint step's parts on one thread, as its lanes run them, and what of each is matrix products.
struct StepPartsBenchmark {
    let start: ParameterSet
    let pictures: [String]
    let product: MatrixProduct
    let batch: Int
    let steps: Int

    private struct Spent {
        var time = Duration.zero, products = Duration.zero
    }

    /// Prints a line a part.
    func run() throws {
        let classes = start.configuration.classCount
        guard classes < 255 else { throw ValidationError("A decoder tells at most 254 classes apart, not the model's \(classes).") }
        var recipe = Recipe.getam
        recipe.batch = batch
        recipe.segmentationStart = 0
        (recipe.patchHead, recipe.auxiliaryHead) = (.max, .max)
        let set = TrainingSet(pictures.enumerated().map { .init(name: "\($0)", path: $1, classes: [$0 % max(classes, 1)]) })
        let folder = FileManager.default.temporaryDirectory.path + "/getam-bench-labels-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let meter = ProductMeter()
        let parts = StepParts(
            try TrainingStart.withPatchHeads(TrainingStart.withDecoder(start, recipe), recipe), recipe: recipe, set: set, folder: folder,
            compute: Compute(product: product.metered(by: meter), pool: ThreadPool(threads: 1)))
        var last = ContinuousClock.now
        func spent() -> Spent {
            let result = Spent(time: ContinuousClock.now - last, products: meter.total.time)
            meter.reset()
            last = .now
            return result
        }
        try parts.makeLabels()
        let label = spent()
        var rows: [StepParts.Part: [Spent]] = [:]
        for step in 0..<steps + 1 {
            var sums: [StepParts.Part: Spent] = [:]
            try parts.take(step: step) { part in
                let more = spent()
                sums[part, default: Spent()].time += more.time
                sums[part, default: Spent()].products += more.products
            }
            // The first makes the memory of the passes.
            if step > 0 { for (part, sum) in sums { rows[part, default: []].append(sum) } }
        }
        let side = start.configuration.inputSize.height
        try Output.line("\njoint steps of \(batch) pictures at \(side), one thread   ms a picture   of the step   products   the rest, of the step")
        let medians = StepParts.Part.allCases.map { part in
            (name: part.rawValue, spent: (rows[part] ?? []).sorted { $0.time < $1.time }[steps / 2])
        }
        let whole = medians.reduce(Duration.zero) { $0 + $1.spent.time }
        func line(_ name: String, _ spent: Spent, pictures: Int, of whole: Duration?) throws {
            let picture = Duration.milliseconds(1) * pictures
            let shares = whole.map { whole in
                String(
                    format: "%12.1f %% %8.1f %% %22.1f %%", spent.time / whole * 100, spent.products / spent.time * 100,
                    (spent.time - spent.products) / whole * 100)
            }
            try Output.line(String(
                format: "%@ %15.3f %@", name.padding(toLength: 47, withPad: " ", startingAt: 0), spent.time / picture,
                shares ?? String(format: "%25.1f %%", spent.products / spent.time * 100)))
        }
        for (name, spent) in medians { try line(name, spent, pictures: batch, of: whole) }
        let products = medians.reduce(Duration.zero) { $0 + $1.spent.products }
        try line("whole", Spent(time: whole, products: products), pictures: batch, of: whole)
        try line("beside: a pseudo label by “\(recipe.labelPreset)”", label, pictures: pictures.count, of: nil)
    }
}
