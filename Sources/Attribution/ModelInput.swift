import Checkpoints
import Glibc
import Images
import Tensors
import VisionTransformer

/// How a picture is brought to a size the model takes.
public enum ResizeMode: String, Sendable, Codable, CaseIterable {
    /// The aspect ratio is kept: scaled to the model's input area, each side rounded to the nearest whole
    /// patch, or pair of patches (see `inputStep`).
    case fit
    /// The whole picture squashed to the model's own size.
    case square

    /// The input size in pixels for a picture of the given size.
    ///
    /// - Parameters:
    ///   - side: the longer side of the model's input to aim for instead of its own.
    ///   - memory: bytes that the pass may take; the machine's where not given.
    /// - Throws: `ModelError.input` where the pass would take more.
    public func inputSize(
        width: Int, height: Int, for configuration: ModelConfiguration, side: Int? = nil, memory: Double? = nil
    ) throws(ModelError) -> ModelConfiguration.Size {
        let size = wantedSize(width: width, height: height, for: configuration, side: side)
        try Self.check(configuration.passByteCount(size), size, memory: memory, hint: "--size")
        return size
    }

    /// Refuses a pass of so many bytes where the machine has fewer, or `memory` is less.
    static func check(
        _ needed: Double, _ size: ModelConfiguration.Size, memory: Double? = nil, hint: String
    ) throws(ModelError) {
        let memory = memory ?? machineMemory
        guard needed <= memory else {
            throw .input(
                "an input of \(size.width)×\(size.height) pixels takes \(gigabytes(needed)) of memory, "
                    + "of \(gigabytes(memory)) there are; make it smaller with \(hint)")
        }
    }

    private static var machineMemory: Double { Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE))) }

    private static func gigabytes(_ bytes: Double) -> String {
        bytes < 10e9 ? "\((bytes / 1e8).rounded() / 10) GB" : "\(Int((bytes / 1e9).rounded())) GB"
    }

    private func wantedSize(
        width: Int, height: Int, for configuration: ModelConfiguration, side: Int?
    ) -> ModelConfiguration.Size {
        let (native, patch) = (configuration.inputSize, configuration.inputStep)
        let factor = side.map { Double($0) / Double(max(native.height, native.width)) } ?? 1
        let target = (height: Double(native.height) * factor, width: Double(native.width) * factor)
        func whole(_ length: Double, _ patch: Int) -> Int { max(1, Int((length / Double(patch)).rounded())) * patch }
        switch self {
        case .square:
            return .init(height: whole(target.height, patch.height), width: whole(target.width, patch.width))
        case .fit:
            let (width, height) = (max(width, 1), max(height, 1))
            let scale = (target.height * target.width / (Double(width) * Double(height))).squareRoot()
            return .init(height: whole(Double(height) * scale, patch.height), width: whole(Double(width) * scale, patch.width))
        }
    }
}

extension RGBImage {
    /// The model's input for this picture: `[3, height, width]`, resized where the size differs, and normalized.
    public func modelInput(_ size: ModelConfiguration.Size, _ preprocessing: ModelConfiguration.Preprocessing) -> Tensor {
        let filter: ResampleFilter =
            switch preprocessing.interpolation {
            case .nearest: .nearest
            case .bilinear: .bilinear
            case .bicubic: .bicubic
            }
        let image = size.width == width && size.height == height
            ? self : resized(width: size.width, height: size.height, filter: filter)
        return Tensor(shape: [3, size.height, size.width]) { PixelNormalization(preprocessing).enter(image, into: $0) }
    }
}

/// A preprocessing's mean and deviation, sample by sample: one multiply-add would round differently from (v/255 − mean)/deviation,
/// a table does not.
package struct PixelNormalization: Sendable {
    /// Of every channel and value.
    private let table: [Float]

    package init(_ preprocessing: ModelConfiguration.Preprocessing) {
        table = (0..<3 * 256).map {
            (Float($0 % 256) / 255 - preprocessing.mean[$0 / 256]) / preprocessing.standardDeviation[$0 / 256]
        }
    }

    /// Puts a picture in planes, `[3, height, width]`.
    package func enter(_ image: RGBImage, into planes: UnsafeMutableBufferPointer<Float>) {
        let pixels = image.width * image.height
        guard let base = planes.baseAddress else { return }
        image.samples.withUnsafeBufferPointer { samples in
            table.withUnsafeBufferPointer { table in
                for channel in 0..<3 {
                    let plane = base + channel * pixels
                    for pixel in 0..<pixels { plane[pixel] = table[channel << 8 | Int(samples[pixel * 3 + channel])] }
                }
            }
        }
    }
}
