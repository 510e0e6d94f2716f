import Checkpoints
import Files
import Foundation
import Images
import Labels
import Quality
import Terminal
import Training
import VisionTransformer

/// What a command ends with, after `sysexits(3)`.
enum ExitStatus: Int32 {
    case usage = 64
    case badData = 65
    case missingInput = 66
    /// Too little memory.
    case memory = 71
    case unwritable = 73
    case interrupted = 130

    /// The status that tells a script what kind of failure this was.
    init?(_ error: any Error) {
        switch error {
        case let error as FileError:
            self = switch error.kind {
            case .missing: .missingInput
            case .invalid: .badData
            case .unwritable, .blocked: .unwritable
            }
        case let error as ModelError:
            self = switch error {
            case .classOutOfRange, .layerOutOfRange, .headOutOfRange, .noSuchToken, .noHead, .noDecoder: .usage
            case .input, .notFinite, .changed: .badData
            }
        case let error as LabelError:
            self = switch error {
            case .unknownClass, .setting: .usage
            case .size, .indices: .badData
            }
        case let error as QualityError:
            self = switch error {
            case .map, .noFigure, .truth: .badData
            case .setting, .model: .usage
            }
        case let error as RanksError:
            self = if case .otherData = error { .badData } else { .usage }
        case let error as CommandFailure: self = error.status
        case is PNGEncodingError: self = .unwritable
        case is TerminalError: self = .usage
        case is CancellationError: self = .interrupted
        default: return nil
        }
    }
}

/// A failure that a command finds itself: one line, and the status to end with.
struct CommandFailure: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}

/// Lines on standard error. Where that cannot be written, full, closed or a terminal that is gone, the work goes on.
enum Report {
    /// `getam: …`, one line without control characters whatever the text holds.
    static func line(_ text: String) {
        let oneLine = text.split(whereSeparator: \.isNewline).joined(separator: " ").printable
        write("getam: \(oneLine)\n")
    }

    /// A text as it is.
    static func write(_ text: String) { try? StandardStream.error.write(text) }
}
