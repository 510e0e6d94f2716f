import ArgumentParser
import Files
import Foundation
import GETAM

/// `getam classify`: logits and probabilities.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify", abstract: "Print a picture's classes, the most probable first.")

    @Argument(help: "Picture: PNG, JPEG, PPM or PGM.", completion: .pictures)
    var image: String
    @Option(help: ArgumentHelp("How many classes to print; 0 prints all.", valueName: "k"))
    var top = 5
    @Flag(help: "Print JSON.")
    var json = false
    @Option(help: ArgumentHelp("How logits become probabilities. (default: as the model's config says)", valueName: "kind"))
    var activation: ModelConfiguration.Probability?
    @OptionGroup(title: "Model") var model: ModelOptions
    @OptionGroup(title: "Input") var input: InputOptions
    @OptionGroup(title: "Timing") var timing: TimingOptions

    func validate() throws {
        if top < 0 { throw ValidationError("--top must not be negative.") }
    }

    /// One class in the JSON output.
    struct Row: Codable {
        let index: Int
        let name: String
        let logit: Float
        let probability: Float
    }

    func run() throws {
        var timings = Timings()
        let begin = Timings.now()
        let (_, model) = try timings.measure(.load) { try self.model.load() }
        guard model.configuration.head != .none else { throw ModelError.noHead }
        let pixels = try timings.measure(.decode) {
            try input.tensor(InputOptions.picture(DashPath.input(image)), for: model.configuration)
        }
        var logits: [Float] = []
        for _ in 0..<timing.repeats { logits = try timings.measure(.forward) { try model.forward(pixels) }.logits }
        timings.add(.total, Timings.now() - begin)

        let probabilities = (activation ?? model.configuration.probability)(logits)
        let ranked = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
        let rows = ranked.prefix(top == 0 ? logits.count : top).map {
            Row(index: $0, name: model.configuration.className($0), logit: logits[$0], probability: probabilities[$0])
        }
        if json {
            try Output.printJSON(["classes": rows])
        } else {
            let names = rows.map(\.name.printable)
            let width = names.map(\.count).max() ?? 0
            for (row, name) in zip(rows, names) {
                let name = name + String(repeating: " ", count: width - name.count)
                try Output.line(
                    "\(name)  \(String(format: "%6.2f %%  logit %8.4f", row.probability * 100, row.logit))  (class \(row.index))")
            }
        }
        if timing.timings { timings.print() }
    }
}

extension ModelConfiguration.Probability: ExpressibleByArgument {}
