import GETAM
import Synchronization

/// `getam evaluate --labels`'s way from a picture to the scores of its classes.
final class ScoreWork: PictureWork {
    private let input: InputOptions
    /// Of the classes that count, their places among the model's logits.
    private let logits: [Int]
    private let entries: [NameKey: LabeledPictures.Entry]
    private let found = Mutex<[NameKey: [Float]]>([:])

    /// - Parameter entries: of pictures that all have different names.
    init(_ entries: [LabeledPictures.Entry], logits: [Int], input: InputOptions) {
        self.input = input
        self.logits = logits
        self.entries = Dictionary(entries.map { (NameKey($0.picture.name), $0) }, uniquingKeysWith: { first, _ in first })
    }

    func removeLeftovers(of names: [String]) {}
    func standing(_ name: String, path: String) throws -> Standing { .nothing }
    func leftOut(_ name: String, path: String) {}
    func failed(_ name: String, path: String?, _ error: any Error) {}

    /// What the labels say must be known before anything is computed.
    func check(_ name: String) throws { _ = try entries[NameKey(name)]?.classes.get() }

    func make(_ name: String, path: String, with model: VisionTransformer) throws {
        let pixels = try input.tensor(InputOptions.picture(path), for: model.configuration)
        let all = try model.forward(pixels).logits
        found.withLock { $0[NameKey(name)] = logits.map { all[$0] } }
    }

    /// The figures over the pictures that were read.
    func report(of pictures: [PictureList.Picture]) -> PrecisionReport {
        let found = found.withLock { $0 }
        let read = pictures.compactMap { picture -> (scores: [Float], shown: Set<Int>)? in
            let key = NameKey(picture.name)
            guard let scores = found[key], let shown = try? entries[key]?.classes.get() else { return nil }
            return (scores, shown)
        }
        return PrecisionReport(scores: read.map(\.scores), shown: read.map(\.shown), count: logits.count)
    }
}
