import Attribution
import Checkpoints
import Images
import Labels
import VisionTransformer

/// A direction on the screen.
public enum Direction: String, Sendable, Hashable, CaseIterable {
    case left, right, up, down

    var dx: Int { self == .left ? -1 : self == .right ? 1 : 0 }
    var dy: Int { self == .up ? -1 : self == .down ? 1 : 0 }
}

/// One change of a line that is being typed.
public enum Edit: Sendable, Hashable {
    case insert(String)
    case deleteBackward, deleteForward, deleteWord, deleteLine
    case left, right, start, end
    /// The next (1) or previous (-1) completion.
    case complete(Int)
    /// An earlier (-1) or later (1) line.
    case history(Int)
    case accept
}

/// Everything that can happen: what the user wants, and what workers bring back.
///
/// Every key and every `:` command stands for one of the intents.
public enum Action: Sendable, Equatable {
    // MARK: Intents

    /// The first action: asks for the first picture.
    case start
    case stepLayer(Int)
    case showLayer(LayerChoice)
    /// Between the fused map and the layer that was shown before.
    case toggleFused
    /// Along the class list, as it is ranked and filtered.
    case stepClass(Int)
    case selectClass(Int)
    case stepPicture(Int)
    /// Counted from 0.
    case showPicture(Int)
    case selectThreshold(Threshold)
    case cycleThreshold(Int)
    /// Steps the active threshold.
    case adjust(Int)
    case setThreshold(Threshold, Float)
    case cycleView
    case setView(ViewKind)
    case toggleLayout
    case setLayout(PaneLayout)
    case toggleOverlay
    case setOverlay(Bool)
    /// In label views the fill of classes, on or off.
    case cycleBlend
    case setBlend(Blend.Kind)
    case setPalette(LabelPalette)
    case cyclePalette
    case setGlyphs(GlyphChoice)
    case cycleGlyphs
    case cycleColorMap
    case setColorMap(ColorMap)
    case cycleMethod
    /// An index into the methods.
    case setMethod(Int)
    case cycleNormalization
    case setNormalization(Normalization)
    case cycleSampling
    case setSampling(Sampling)
    /// By so many steps.
    case zoom(Int)
    case setZoom(Double)
    /// A part of the picture, by its zoom and the point in the middle.
    case setViewport(Viewport)
    case pan(Direction)
    /// Turns the probe on where it is off.
    case moveProbe(Direction)
    case probeMaximum
    /// A patch, counted from 0 at the top left.
    case probe(column: Int, row: Int)
    case probeOff
    /// Label, refined map, the decoder's answer, saliency in turn.
    case cycleLabelView
    /// Which classes the decoder view may show.
    case setScope(DecoderScope)
    case toggleScope
    /// The share of the decoder's answer in the class maps, 0 to 1.
    case setDecoderShare(Double)
    case cycleBackground
    case setBackground(LabelCompletion.Background)
    case cycleSaliency
    case setSaliency(SaliencySetting)
    /// The probability from which a class counts as predicted.
    case setPrediction(Float)
    case toggleHistogram
    case setHistogram(Bool)
    /// How good the map shown is.
    case toggleQuality
    case setQuality(Bool)
    /// A built-in preset's name or a file.
    case loadPreset(String)
    case toggleMark
    case toggleMarkOf(Int)
    case mark([Int])
    case toggleMarksOnly
    case setClassOrder(ClassOrder)
    case cycleClassOrder
    case clearMarks
    case askExport
    case askExportPath(ExportKind)
    /// To a path, before which may stand what the kind can be told.
    case export(ExportKind, path: String)
    /// Writes what is shown as a figure, or a grid of other axes.
    case figure(path: String, rows: GridAxis?, columns: GridAxis?, FigureSize = FigureSize())
    case undo, redo
    case toggleMouse
    case setMouse(Bool)
    /// Opens the line for a class name.
    case find
    /// Keeps the classes whose name contains the text; empty text shows all.
    case filterClasses(String)
    /// Opens the command line.
    case command
    /// A whole command line, without the colon.
    case run(String)
    /// Presses keys one after the other.
    case press([Key])
    /// To a file, as lines that do again what was done.
    case saveSession(path: String)
    /// Does what a file's lines say.
    case playSession(path: String)
    /// Writes the screen as text: to a file, or where frames are printed.
    case snap(path: String?)
    /// The size of a screen that no terminal has.
    case setScreen(columns: Int, rows: Int)
    case help
    /// The list of keys and commands, with words that they must have.
    case helpOn(String)
    /// Shows every setting, and where it comes from.
    case showSettings
    /// Says in sentences what is shown.
    case describe
    case scroll(Int)
    case retry
    /// Leaves a prompt, stops the work under way, clears the filter, the probe: the first that applies.
    case cancel
    case redraw, suspend
    /// Asks first where marks would be lost.
    case quit
    /// As `quit`, and the process ends as one that was interrupted.
    case interrupt
    case edit(Edit)
    /// The answer to a yes-or-no question.
    case answer(Bool)
    /// Opens the line for the file that marks are saved to.
    case askMarksPath
    /// Writes the marks to a label file.
    case saveMarks(path: String)
    /// How much memory is held, and of how much.
    case showMemory
    /// A path, or several, as pasted or typed.
    case openPictures(String)
    /// Asks what to copy.
    case askCopy
    case copy(CopyKind)
    case setTheme(ThemeChoice)
    case sayTheme
    case setGraphics(GraphicsChoice)
    case sayGraphics
    case toggleSync
    case setSync(Bool)
    /// Shows what is known of the terminal and of the program.
    case examine

    // MARK: Panes, grids and what is looked at

    case addPane, closePane
    case stepPane(Int)
    /// Counted from 0.
    case focusPane(Int)
    case askLock
    case toggleLock(PaneAxis)
    case setLock(Set<PaneAxis>, Bool)
    case toggleDifference
    /// Takes a pane's map from the one that keys act on.
    case subtract(pane: Int)
    case toggleBlink, togglePeek
    case cycleGrid
    case openGrid(GridAxis, GridAxis)
    case closeGrid
    case enterCell, leaveCell
    /// The cell of the grid that keys act on.
    case chooseCell(row: Int, column: Int)
    case stepHead(Int)
    /// `nil` for all heads together.
    case showHead(Int?)
    /// The patch that is probed as the one that looks, or what stands for the picture again.
    case toggleQuery
    case setQuery(QueryToken)
    case cycleAgainst
    case setAgainst(Against)
    case cycleQuantity
    /// Says why the map is as it is.
    case explain
    case stepModel(Int)
    /// Counted from 0.
    case showModel(Int)
    case loadModel(path: String)
    /// A class in words, for the model looked through.
    case addClass(String)
    /// Through the checkpoints of the run that is looked at.
    case stepCheckpoint(Int)
    /// `nil` for the newest.
    case showCheckpoint(step: Int?)
    case back, forward
    /// The brush of the label view, and strokes.
    case paint(PaintAction)
    case cycleTruth
    case setTruth(TruthLook)
    /// Begins, ends, forgets a region.
    case toggleRegion
    case setRegion(PatchBox?)
    /// The head meant: as it is, zero, its mean.
    case cycleAblation
    /// The layer shown into the fused map, or out of it.
    case toggleFusedLayer
    case setWeight(Double, layer: Int)
    case cycleFusion
    case setFusion(LayerFusion.Kind)
    case setAblations(HeadAblations)

    // MARK: Reviewing

    case decide(ReviewDecision)
    /// Opens the line for the picture's note.
    case askNote
    /// Empty for none.
    case setNote(String)
    /// The next or previous picture that is not decided.
    case stepUndecided(Int)
    case setOwn(OwnSettings)
    case sortQueue(QueueSort)
    case cycleQueueSort
    /// Opens the line for the filter.
    case askQueueFilter
    /// Empty for all pictures.
    case filterQueue(String)
    case toggleSheet, chooseInSheet, choosePage, toggleSheetList
    /// Shows a picture of the sheet; nil for the one that keys act on.
    case enterSheet(Int?)
    /// Keys act on a picture of the sheet.
    case goInSheet(Int)
    case moveInSheet(Direction)
    /// By so many pages.
    case pageInSheet(Int)
    /// By so many pictures.
    case stepInSheet(Int)
    /// Writes what was accepted.
    case deliver(path: String, exports: [LabelFormat: String], report: String?)

    // MARK: The tuning bench

    case sample(SampleChoice)
    /// Says what the sample is.
    case saySample
    case sweep(SweepAction)

    // MARK: The screen

    case resized(columns: Int, rows: Int, cell: CellSize? = nil)
    case mouse(Event.MouseButton, column: Int, row: Int)
    case drag(column: Int, row: Int)
    case paste(String)
    case focus(Bool)
    case background(Color)
    /// What is known of the terminal's pixels.
    case graphics(GraphicsSupport)

    // MARK: Results

    /// More pictures: paths, appended to the list.
    case picturesFound([String])
    /// The forward pass of a picture is done. Kept whatever its generation (a prefetch carries 0).
    case traced(picture: Int, model: Int = 0, generation: Int, TraceResult)
    /// A picture cannot be shown; one line that says what and why.
    case openFailed(picture: Int, generation: Int, message: String)
    /// One layer's map; deepest first. Kept whatever the generation.
    case layerMapped(picture: Int, key: MapKey, layer: Int, QuantityValue)
    /// A table over the layers. Kept whatever the generation.
    case tableMade(picture: Int, key: MapKey, QuantityTable)
    /// The work of a generation goes on: what is being done (`decoding`, `forward pass`, `maps`), and how much of it.
    case progress(generation: Int, stage: String, done: Int, total: Int)
    /// The answer of a pass with heads left out. Kept whatever the generation.
    case altered(picture: Int, model: Int, HeadAblations, logits: [Float], probabilities: [Float])
    /// The answer to `.perturb`. Kept whatever the generation.
    case perturbed(PerturbationKey, Perturbation, generation: Int)
    /// The answer to `.judge`. Kept whatever the generation.
    case judged(QualityQuestion, QualityAnswer, generation: Int)
    /// Another model can be looked through.
    case modelLoaded(ModelSummary, path: String = "", remark: String? = nil)
    /// The run that is looked at has written a newer checkpoint: the first model is another.
    case modelRenewed(ModelSummary, TrainingRun.Checkpoint)
    /// A model has a class more, the last.
    case classAdded(ModelSummary, model: Int)
    /// The checkpoints that it has kept, the oldest first.
    case checkpointsKept([TrainingRun.Checkpoint])
    /// A `.map` effect is done.
    case finished(generation: Int)
    /// A `.map` effect failed; one line.
    case failed(generation: Int, message: String)
    /// The answer to `.prepareLabels`. Kept whatever the generation.
    case labelsPrepared(generation: Int, PreparedLabels)
    /// The answer to `.decode`. Kept whatever the generation.
    case decoded(generation: Int, DecodedPicture)
    case flashOver(serial: Int)
    case presetLoaded(Preset, path: String = "")
    /// - `bytes`: of the file; `nil` for a folder.
    /// - `note`: what the file leaves out.
    /// - `preset`: the one that was written, under the file's name.
    case exported(path: String, bytes: Int?, note: String? = nil, preset: Preset? = nil)
    /// Nothing was written, because the file exists: the user is asked, and the request comes again with `overwrite`.
    case exportExists(FileRequest)
    /// Marks are in a file now.
    case marksSaved(MarksRequest)
    /// The answer to `.listFolder`: its names, in order, of folders with a slash at the end; none where it cannot be read.
    case folderListed(String, [String])
    /// The answer to `.readSession`.
    case sessionRead([Script.Line])
    /// Bytes that the engine holds for pictures looked at.
    case engineHolds(bytes: Int)
    /// One line to show the first time that something of its kind is said.
    case notice(kind: String, String)
    /// Nothing was written; one line.
    case exportFailed(message: String)
    /// The answer to `.find`: paths of pictures that are there.
    case picturesOpened([String])
    /// The answer to `.find` where there are none.
    case noPictures(message: String)
    /// The answer to `.examine`.
    case examined([Fact])
    /// Seconds since 1970, before what the user does.
    case clock(Double)
    /// The answer to `.readLabel`.
    case labelRead(StoredLabel)
    /// The answer to `.readLabel` where it cannot be read.
    case labelUnread(picture: Int, message: String)
    /// The answer to `.writeLabel`: why the label could not be made, `nil` where it was.
    case labelWritten(picture: Int, failure: String?)
    /// Of one of the pictures of `.survey`.
    case surveyed(SurveyedPicture)
    /// So many pictures of the first preset that `.bench` asks for are judged.
    case benchProgress(serial: Int, done: Int)
    /// Of a preset of `.bench`, its mean IoU over pictures reduced, 0…1.
    case benchEstimated(serial: Int, Preset, Double)
    /// Of one of the presets of `.bench`.
    case benchJudged(serial: Int, Preset, BenchScore)
    /// Decisions could not be written.
    case journalFailed(message: String)
    /// The answer to `.deliver`; one line, and others.
    case delivered(text: String, remarks: [String])
    /// One line to show, from anything else that runs beside.
    case note(String)
}
