import Attribution
import Checkpoints
import Files
import Labels
import VisionTransformer

extension Engine {
    /// The classes that a label file names for the picture at a path, among the model's, and names it gives that the model
    /// lacks; `nil` where it knows nothing of the picture.
    public typealias ImageClasses = @Sendable (_ path: String) throws(FileError) -> (classes: [Int], unknown: [String])?

    /// How pictures become the model's input and logits probabilities.
    public struct Settings: Sendable {
        public var resize: ResizeMode
        /// Longer side of the model's input; nil for the model's own.
        public var size: Int?
        /// Bytes that kept traces, and what labels are made from, may take together.
        public var traceLimit: Int
        /// Added to the priority value of the engine's threads, so that they give way to the screen's.
        public var niceness: Int32
        /// Noted in exported files.
        public var programVersion: String
        /// Where saliency maps named as the pictures lie.
        public var saliencyFolder: CompanionFiles?
        /// True label maps.
        public var truth: TruthFolder?
        /// Which classes are in which picture.
        public var imageClasses: ImageClasses?
        /// What the file at a path is among the program's inputs, which an export of that kind must not take the place of;
        /// nil where it is none.
        public var input: @Sendable (_ path: String, _ kind: ExportKind) -> String?
        /// The training run whose newest checkpoint is the first model; nil where it is none's, or is not to be read again.
        public var run: TrainingRun?
        /// Where decisions are written; nil without a review.
        public var review: ReviewWriter?
        /// Reads another model.
        public var loadModel: @Sendable (_ path: String) throws -> EngineModel
        /// A model with a class in words added.
        public var addClass: @Sendable (_ text: String, _ model: EngineModel) throws -> EngineModel

        public init(
            resize: ResizeMode, size: Int?, traceLimit: Int, niceness: Int32,
            programVersion: String, saliencyFolder: CompanionFiles? = nil, truth: TruthFolder? = nil,
            imageClasses: ImageClasses? = nil, input: @escaping @Sendable (String, ExportKind) -> String? = { _, _ in nil },
            run: TrainingRun? = nil, review: ReviewWriter? = nil, loadModel: @escaping @Sendable (String) throws -> EngineModel = { _ in throw ModelError.input("no other model can be read here") },
            addClass: @escaping @Sendable (String, EngineModel) throws -> EngineModel = { _, _ in throw ModelError.input("no class can be added here") }
        ) {
            self.resize = resize
            self.size = size
            self.traceLimit = traceLimit
            self.niceness = niceness
            self.programVersion = programVersion
            self.saliencyFolder = saliencyFolder
            self.truth = truth
            self.imageClasses = imageClasses
            self.input = input
            self.run = run
            self.review = review
            self.loadModel = loadModel
            self.addClass = addClass
        }
    }
}
