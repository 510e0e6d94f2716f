import Attribution
import VisionTransformer

extension Engine {
    /// A piece of work for the work thread.
    struct Job: Equatable, Sendable {
        enum Kind: Equatable, Sendable {
            case open, prefetch, decode
            /// The label of a picture in the folder of the review.
            case labelFile(String)
            case survey(SurveyItem, numbers: [UInt8?], makesLabels: Bool)
            case bench(BenchRequest)
            case map([MapKey], HeadSelection)
            case perturb(PerturbationKey)
            case judge(QualityQuestion)
            case labels(LabelRequest, layerMaps: [Int: [PatchMap]])
        }
        let picture: Int
        let path: String
        let model: Int
        var ablations: HeadAblations = .none
        let generation: Int
        let kind: Kind

        var traceKey: TraceKey { TraceKey(model: model, path: path, ablations: ablations) }
    }

    /// A piece of work for the export thread.
    enum FileJob {
        case export(ExportRequest)
        case figure(FigureRequest)
        case saveMarks(MarksRequest)
        case saveSession(SessionRequest)
        case readSession(String)
        case listFolder(String)
        case loadPreset(String)
        case loadModel(String)
        case addClass(String, model: Int)
        case find(String, [[String]])
        case writeLabel(ReviewLabelRequest)
        case deliver(DeliveryRequest)
    }
}
