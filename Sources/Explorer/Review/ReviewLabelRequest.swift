import Labels

/// A label that was accepted, to be made at the picture's own size and put into the folder of the review.
public struct ReviewLabelRequest: Sendable, Equatable {
    let picture: Int
    /// The picture's file.
    let path: String
    let entry: ReviewEntry
    let preset: Preset
    /// Among the first model's logits, and the number of each in the label map.
    let classes: [Int]
    let numbers: [UInt8]
    let label: ReviewedLabel
    let strokes: NumberedStrokes

    public static func == (a: Self, b: Self) -> Bool { a.picture == b.picture && a.path == b.path && a.entry == b.entry && a.classes == b.classes }
}

/// All that is needed to deliver what was accepted.
public struct DeliveryRequest: Sendable, Equatable {
    /// Where the labels go, as typed.
    let path: String
    /// Formats of other programs, and where they go.
    let exports: [ExportPlace]
    /// The file of the report.
    let report: String?
    let folder: String
    let subjects: [Subject]
    /// Number 1 first.
    let classNames: [String]

    /// A format, and its file or folder.
    struct ExportPlace: Sendable, Equatable {
        let format: LabelFormat
        let path: String
    }

    /// A picture of the review.
    struct Subject: Sendable, Equatable {
        let name: String
        let path: String
        let entry: ReviewEntry
    }
}
