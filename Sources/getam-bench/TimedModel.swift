import ArgumentParser
import Assets
import Foundation
import GETAM

/// The checkpoint that is timed.
struct TimedModel: ParsableArguments {
    @Option(help: "Checkpoint. (default: the bundled model)")
    var model: String?

    /// - Throws: where none is named and none is bundled.
    var path: String {
        get throws {
            guard let path = model ?? Assets.model else { throw ValidationError("No bundled model; name one with --model.") }
            return path
        }
    }
}

/// What passes are timed on.
struct TimedPasses: ParsableArguments {
    @OptionGroup var checkpoint: TimedModel
    @Option(help: "Threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "Side of the square input in pixels. (default: the model's own)")
    var size: Int?

    func validate() throws { if threads < 1 { throw ValidationError("--threads must be 1 or more.") } }
}

extension MatrixProduct {
    /// The one that `getam` would take here.
    static var usual: MatrixProduct {
        let variables = ProcessInfo.processInfo.environment
        return load(path: variables["GETAM_BLAS"], coreTypeIsSet: variables["OPENBLAS_CORETYPE"] != nil)
    }
}

extension Tensor {
    /// An input of a model: any picture takes as long as any other.
    static func madePicture(channels: Int, height: Int, width: Int) -> Tensor {
        Tensor(shape: [channels, height, width], (0..<channels * height * width).map { Float(($0 &* 2_654_435_761) & 0xFFFF) / 32768 - 1 })
    }
}
