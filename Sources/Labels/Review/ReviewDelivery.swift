import Files
import Images

/// What was accepted, on its way out: the label maps as they are, other programs' formats, and a report.
public struct ReviewDelivery: Sendable {
    /// A picture of the review.
    public struct Subject: Sendable {
        /// What its outputs are called.
        public let name: String
        /// Its file; nil where that is not known.
        public let picture: String?
        public let entry: ReviewEntry

        public init(name: String, picture: String?, entry: ReviewEntry) {
            (self.name, self.picture, self.entry) = (name, picture, entry)
        }
    }

    /// What was done.
    public struct Outcome: Sendable, Equatable {
        /// How far the review is.
        public let counts: ReviewCounts
        /// Label maps that were written.
        public fileprivate(set) var delivered = 0
        /// Accepted pictures whose label is not in the folder of the review, or is another.
        public fileprivate(set) var pending: [String] = []
        /// Pictures that are not accepted, and of which an earlier delivery left a label.
        public fileprivate(set) var leftovers: [String] = []

        /// `96 of 120 pictures delivered; 4 rejected, 3 flagged, 17 undecided`.
        public var text: String {
            var text = "\(delivered) of \(counts.total) \(counts.total == 1 ? "picture" : "pictures") delivered"
            let others = [(counts.rejected, "rejected"), (counts.flagged, "flagged"), (counts.undecided, "undecided")].filter { $0.0 > 0 }
            if !others.isEmpty { text += "; " + others.map { "\($0.0) \($0.1)" }.joined(separator: ", ") }
            return text
        }

        /// What else there is to say, one line each.
        public var remarks: [String] {
            func some(_ names: [String]) -> String { names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "") }
            var lines: [String] = []
            if !pending.isEmpty {
                lines.append("\(pending.count) accepted without their label, which the explorer makes when the review is opened: \(some(pending))")
            }
            if !leftovers.isEmpty { lines.append("\(leftovers.count) labels of an earlier delivery are accepted no more: \(some(leftovers))") }
            return lines
        }
    }

    /// Of the review.
    public let folder: String
    /// Where the label maps go.
    public let output: String
    /// The file of the report; nil for none.
    public let report: String?
    /// Number 1 first.
    public let classNames: [String]

    public init(folder: String, output: String, report: String?, classNames: [String]) {
        (self.folder, self.output, self.report, self.classNames) = (folder.withoutTrailingSlash, output.withoutTrailingSlash, report, classNames)
    }

    /// Delivers. Label maps are copied byte by byte.
    ///
    /// - Parameters:
    ///   - subjects: all pictures of the review.
    ///   - exports: begun; those that read pictures take the ones whose file is known.
    ///   - progress: called before each picture.
    /// - Throws: `FileError`, `PNGEncodingError`; `CancellationError`, when nothing bears its name yet but label maps.
    public func deliver(
        _ subjects: [Subject], to exports: [any LabelExport], isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
    ) throws -> Outcome {
        try FileSystem.makeFolder(output)
        guard !output.isSameFile(as: folder) else {
            throw FileError(.blocked, path: output, "is the folder of the review; name another for what is delivered")
        }
        var outcome = Outcome(counts: ReviewCounts(subjects.map(\.entry)))
        let sheet = try report.map { (path) throws(FileError) in try DeliveryReport(path: path, outcome.counts, LabelNames(classNames)) }
        for (place, subject) in subjects.enumerated() {
            if isCancelled() { throw CancellationError() }
            progress(place)
            let label = ReviewedLabel(folder: folder, name: subject.name), target = ReviewedLabel(folder: output, name: subject.name)
            let isDelivered = label.isAccepted(subject.entry)
            var labels: IndexedImage?
            if isDelivered {
                let bytes = try FileContent(path: label.path).withBytes { Array($0) }
                if !target.path.folder.isEmpty { try FileSystem.makeFolder(target.path.folder) }
                try AtomicFile.writeEntry(bytes, to: target.path)
                if sheet != nil || !exports.isEmpty { labels = try ImageFile.readIndices(path: label.path) }
                outcome.delivered += 1
            } else if subject.entry.decision == .accept {
                outcome.pending.append(subject.name)
            } else if target.isThere {
                outcome.leftovers.append(subject.name)
            }
            if let labels, !exports.isEmpty {
                guard let picture = subject.picture else {
                    throw FileError(.missing, path: subject.name, "the picture is not among those named, and the export needs it")
                }
                let exported = ExportedLabel(
                    name: subject.name, picture: picture, fileName: subject.name.folder.appending(part: picture.lastPart), labels: labels)
                for export in exports { try export.add(exported) }
            }
            if labels == nil, sheet != nil, label.isThere { labels = try? ImageFile.readIndices(path: label.path) }
            try sheet?.add(subject, labels, isDelivered: isDelivered)
        }
        for export in exports { try export.finish() }
        try sheet?.finish()
        return outcome
    }
}
