import Attribution
import Labels

/// What a worker must do. At most one `open` or `map` is wanted at a time: a newer one, or `cancel`, ends the one under way.
public enum Effect: Sendable, Equatable {
    /// Decode a picture and run its forward pass. Answered by `.progress`, then `.traced` or `.openFailed`.
    case open(picture: Int, path: String, model: Int = 0, generation: Int)
    /// Compute a quantity's values for keys that differ in the class alone, every layer, deepest first (tracing the picture again
    /// where its trace was dropped). Answered by `.layerMapped` or `.tableMade` and `.progress`, then `.finished` or `.failed`.
    case map(picture: Int, path: String, keys: [MapKey], heads: HeadSelection, generation: Int)
    /// Prepare labels. `layerMaps` holds what is known already: every layer's map of a class, first layer first; others are
    /// answered by `.layerMapped`. Answered by `.progress`, then `.labelsPrepared` or `.failed`.
    case prepareLabels(LabelRequest, layerMaps: [Int: [PatchMap]], generation: Int)
    /// Ask the segmentation decoder about a picture. Answered by `.progress`, then `.decoded` or `.failed`.
    case decode(picture: Int, path: String, model: Int = 0, generation: Int)
    /// Ask the model about a picture without a region, and about the region alone. Answered by `.perturbed` or `.failed`.
    case perturb(PerturbationKey, path: String, generation: Int)
    /// Say how good a map is. Answered by `.progress`, then `.judged` or `.failed`.
    case judge(QualityQuestion, path: String, generation: Int)
    /// Read another model. Answered by `.modelLoaded` or `.exportFailed`.
    case loadModel(path: String)
    /// Add a class in words to a model. Answered by `.classAdded` or `.exportFailed`.
    case addClass(String, model: Int)
    /// After a moment, answer with `.flashOver`.
    case endFlash(serial: Int)
    /// Read a preset file. Answered by `.presetLoaded` or `.exportFailed`.
    case loadPreset(path: String)
    /// Likely to be wanted next: decode and trace when nothing else is to be done, answered by `.traced` with
    /// generation 0; failures are not reported.
    case prefetch(picture: Int, path: String, model: Int = 0)
    /// Stop the work of this generation and of all before it; no answer.
    case cancel(generation: Int)
    /// Write a file. Answered by `.exported`, `.exportExists` or `.exportFailed`.
    case export(ExportRequest)
    /// Write a figure. Answered by `.exported`, `.exportExists` or `.exportFailed`.
    case writeFigure(FigureRequest)
    /// Write marks to a label file. Answered by `.marksSaved`, `.exportExists` or `.exportFailed`.
    case saveMarks(MarksRequest)
    /// Write a session. Answered by `.exported`, `.exportExists` or `.exportFailed`.
    case saveSession(SessionRequest)
    /// Read a session's lines. Answered by `.sessionRead` or `.exportFailed`.
    case readSession(path: String)
    /// Say what lies in a folder, as it is typed; empty for the working folder. Answered by `.folderListed`.
    case listFolder(String)
    /// Write the screen as it was when this was asked for, answered by `.exported` or `.exportFailed`; without a path, print it.
    case snap(Frame, path: String?)
    /// Find what a text means, of some readings of it as paths. Answered by `.picturesOpened` or `.noPictures`.
    case find(text: String, readings: [[String]])
    /// Append a decision to the log. No answer but `.journalFailed`.
    case journal(ReviewEntry)
    /// Read the label map of a picture in the folder of the review. Answered by `.labelRead` or `.labelUnread`.
    case readLabel(picture: Int, label: String, path: String, generation: Int)
    /// Make a label that was accepted, unless it is there. Answered by `.labelWritten`.
    case writeLabel(ReviewLabelRequest)
    /// Look at pictures when nothing else is to be done, in place of those asked for before. Answered by `.surveyed`.
    case survey(SurveyRequest)
    /// Judge presets by a sample when nothing else is to be done, in place of what was asked before. Answered by `.benchProgress`,
    /// `.benchEstimated` and `.benchJudged`.
    case bench(BenchRequest)
    /// Write what was accepted. Answered by `.delivered` or `.exportFailed`.
    case deliver(DeliveryRequest)
    /// Work in advance rests, or goes on.
    case rest(Bool)
    case setMouse(Bool)
    case setSynchronized(Bool)
    /// Put a text on the clipboard.
    case copy(String)
    /// Ask the terminal for its background. Answered by `.background`, if at all.
    case askBackground
    /// Ask the terminal whether it shows pixels. Answered by `.graphics`, if at all.
    case askGraphics
    /// The terminal keeps no pictures any more.
    case dropPictures
    /// Say what is known of the terminal. Answered by `.examined`.
    case examine
    /// Paint the whole screen again.
    case redraw
    /// Stop as Ctrl-Z does; paint again on return.
    case suspend
    case quit
    /// Quit with the status of an interrupted process.
    case interrupt
}
