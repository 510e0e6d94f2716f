import Attribution
import Images
import Labels
import VisionTransformer

/// What the keys mean at the moment.
public enum Mode: Sendable, Equatable {
    case browse
    case prompt(Prompt)
    /// Which export?
    case chooseExport
    /// What is to be copied?
    case chooseCopy
    /// May this file be replaced?
    case confirmOverwrite(FileRequest)
    /// May the marks be lost?
    case confirmQuit(interrupted: Bool)
    /// What should panes have in common?
    case chooseLock
    /// The list of keys and commands.
    case palette(CommandPalette)
    /// Facts, scrolled down by so many lines.
    case report(Int)
}

/// A line for the user.
public struct Message: Sendable, Equatable {
    public enum Tone: Sendable, Hashable { case plain, warning, failure }
    public let text: String
    public let tone: Tone
}

/// Work that a worker does for what is shown.
public struct Work: Sendable, Equatable {
    enum Task: Sendable, Hashable {
        case open(RecordKey)
        case map(picture: Int, keys: [MapKey], heads: HeadSelection)
        case labels(LabelRequest)
        case decode(RecordKey)
        case perturb(PerturbationKey)
        case judge(QualityQuestion)
        /// Read the picture's label in the folder of the review.
        case labelFile(picture: Int)
    }
    let task: Task
    public let generation: Int
    public internal(set) var stage: String
    public internal(set) var done = 0
    public internal(set) var total = 0
}

/// A patch of the grid.
public struct PatchPosition: Sendable, Hashable {
    public var column: Int
    public var row: Int

    public init(column: Int, row: Int) {
        self.column = column
        self.row = row
    }
}

/// Everything the explorer knows. Changed by ``update(_:_:)`` alone, drawn by ``view(_:columns:rows:)``.
public struct ExplorerState: Sendable, Equatable {
    // What there is.
    public internal(set) var pictures: [String]
    /// The first is the one that the explorer began with.
    public internal(set) var models: [ModelSummary]
    /// The training run whose checkpoints the models are; nil where none is looked at.
    var run: WatchedRun?
    public let methods: [MethodSummary]
    public let colorDepth: ColorDepth
    public internal(set) var labelSetup: LabelSetup

    // The screen.
    public internal(set) var columns: Int
    public internal(set) var rows: Int
    /// Of the terminal's characters, where it says.
    public internal(set) var cell: CellSize?
    public internal(set) var mouse: Bool
    public internal(set) var mode = Mode.browse
    public internal(set) var message: Message?
    /// What the program around says, and how the terminal is to be used.
    public var context = ProgramContext()
    /// What the user's file of settings says, which of it options went before, and what came of both.
    public internal(set) var settings = ExplorerSettings()
    var givenSettings: Set<String> = []
    var firstSettings: [String: String] = [:]
    /// Whether the window has the keyboard.
    var isFocused = true
    /// What is shown of what `:doctor` and the like found.
    var report: [Fact] = []
    /// What the facts are about.
    var reportTitle = ""

    // Where one stands.
    public internal(set) var picture = 0
    public internal(set) var modelIndex = 0
    public internal(set) var layer = LayerChoice.fused
    public internal(set) var head: Int?
    /// The column of a table that was gone to and is no head's.
    var tableColumn: Int?
    public internal(set) var query = QueryToken.picture
    public internal(set) var against = Against.none
    public internal(set) var ablations: HeadAblations = .none
    /// The layer that `f` goes back to.
    var lastLayer: Int
    public internal(set) var viewport = Viewport()
    public internal(set) var probe: PatchPosition?
    /// What probe, region and query are patches of.
    var patchGrid: PatchGrid?
    public internal(set) var activeThreshold = Threshold.start
    public internal(set) var histogramShown = false
    /// Whether figures say how good the map is.
    public internal(set) var qualityShown = false
    /// How finely pictures are drawn, and the finest that the screen can be trusted with.
    public internal(set) var glyphs = GlyphChoice.auto
    public var finestGlyphs = GlyphSet.sextant
    /// The class of a pane that is not the one that keys act on.
    var lookedClass: Int?
    /// The class to look at once the first picture is traced.
    var classToSelect: Int?
    /// What a restored view's label file named, where no label file is given now.
    var restoredClasses: [Int: [Int]] = [:]
    /// What class names must contain; empty shows all.
    public internal(set) var filter = ""
    /// Whether the marked classes alone are listed.
    var marksOnly = false
    public internal(set) var classOrder = ClassOrder.probability
    /// The classes of the list, filtered and in their order, and what they followed beside the picture and the filter.
    var listed: [Int] = []
    var listedBy: ListBasis?
    /// The first class of the list that is seen.
    var listTop = 0

    // The panes, and what those that keys do not act on show.
    var panes = Panes(all: [Pane(place: Place())])
    var paneContents: [PaneContent] = []
    var grid: Grid?
    /// A figure that waits for what it shows.
    var figureOrder: FigureOrder?
    /// The patches marked to see what the answer owes to them.
    var region: Region?

    // What is shown, and how to get back.
    public internal(set) var adjustments: Adjustments
    var looks = LookHistory()
    var undoStack: [Adjustments] = []
    var redoStack: [Adjustments] = []
    static let undoLimit = 500
    /// The marks as they are kept elsewhere: others would be lost at the end.
    var savedMarks: [Int: Set<Int>] = [:]

    /// Corrections by hand of each picture's label, and those of them that are in files.
    public internal(set) var strokes: [Int: LabelStrokes] = [:]
    var savedStrokes: [Int: LabelStrokes] = [:]
    /// Those that are being written.
    var strokesUnderWay: [Int: LabelStrokes] = [:]
    /// The brush; nil where keys paint nothing.
    public internal(set) var tool: PaintTool?
    var canvas: StrokeCanvas?
    var truthLook = TruthLook.off

    // What is known.
    let cacheLimit: Int
    let memoryLimit: Int
    var store: PictureStore
    /// Bytes that the engine holds, as it said last.
    var engineBytes = 0
    /// How often something of a kind was to be said, after it was said once.
    var noticed: [String: Int] = [:]
    /// The pictures whose labels something was to be said of.
    var noticedPictures: Set<Int> = []
    /// Why a picture cannot be shown.
    var notes: [Int: String] = [:]
    /// The map shown, once its layers are there. Follows everything above.
    var shown: ShownMap?
    var labelStore = LabelStore()
    /// In label views, the label of the cuts as they stand.
    var shownLabels: ShownLabels?
    /// The decoder's answer to the picture last asked about, and in the decoder view the label it makes.
    var decoded: DecodedPicture?
    var shownAnswer: ShownAnswer?
    /// The pixels that the last change altered, for a moment.
    var flash: LabelFlash?
    /// How many there were.
    var flashes = 0

    /// The folder that a path is typed into.
    var listing: FolderNames?

    // What is decided of labels, and which pictures are gone through.
    var review: Review?
    var queue = Queue()
    var sheet: Sheet?
    var survey = Survey()
    /// What presets are judged by; nil without a sample.
    var bench: Bench?

    // What is being done.
    public internal(set) var work: Work?
    var generation = 0
    /// Work that was cancelled or failed, and is not asked for again until it was no longer wanted.
    var suppressed: Set<Work.Task> = []
    /// The picture whose neighbors were asked for.
    var prefetchedAround: RecordKey?
    /// The way through the pictures: 1 or -1.
    var heading = 1
    /// Lines that are run before the user's, as far as what they act on is there.
    public internal(set) var script = Script()
    /// Work on files that is not answered yet.
    var filesUnderWay = 0
    /// What was done.
    public internal(set) var session = Session()
    /// The files that presets came from, by the presets' names.
    var presetFiles: [String: String] = [:]
    var commandHistory: [String] = []
    var findHistory: [String] = []

    /// - Parameters:
    ///   - pictures: paths; ten thousand are fine.
    ///   - models: at least one; labels are made with the first one's classes.
    ///   - methods: at least one.
    ///   - startLayer: of the fused map; the middle block unless given.
    ///   - cacheLimit: bytes that pictures, maps and labels may take.
    ///   - memoryLimit: what the engine's share and that are together, to be said.
    ///   - preset: how maps become labels; `startLayer` and `method` go before what it says.
    ///   - labels: the model's own classes unless given.
    ///   - predict: the probability from which a class counts as predicted.
    public init(
        pictures: [String], models: [ModelSummary], methods: [MethodSummary], colorDepth: ColorDepth, columns: Int,
        rows: Int, mouse: Bool = true, startLayer: Int? = nil, method: Int = 0, colorMap: ColorMap = .viridis,
        cacheLimit: Int = 200 << 20, memoryLimit: Int? = nil, preset: Preset = .getam, labels: LabelSetup? = nil,
        predict: Float = 0.5
    ) {
        self.pictures = pictures
        self.models = models
        let model = models[0]
        self.methods = methods
        self.colorDepth = colorDepth
        self.columns = columns
        self.rows = rows
        self.mouse = mouse
        let first = startLayer ?? preset.layers.range(depth: model.depth)?.lowerBound ?? model.depth / 2
        adjustments = Adjustments(startLayer: min(max(first, 0), model.depth - 1))
        let usable = methods.indices.filter { model.hasClasses || !methods[$0].needsClass }
        adjustments.method = usable.contains(method) ? method : usable.first ?? 0
        adjustments.colorMap = colorMap
        adjustments.preset = preset
        adjustments.origin = preset
        adjustments.origin.layers = .from(preset.layers.range(depth: model.depth)?.lowerBound ?? model.depth / 2)
        adjustments.predict = predict
        labelSetup = labels ?? LabelSetup(model: model)
        lastLayer = model.depth - 1
        store = PictureStore(limit: cacheLimit)
        self.cacheLimit = cacheLimit
        self.memoryLimit = memoryLimit ?? cacheLimit
    }

    // MARK: Derived

    public var model: ModelSummary { models[modelIndex] }
    /// A model's name; its file's, or its number, where several have the same.
    func modelTitle(_ index: Int) -> String {
        let name = models[index].name
        return models.count(where: { $0.name == name }) > 1 ? modelFileTitle(index) : name
    }
    /// The name of a model's file, which tells checkpoints of one architecture apart, as `getam figure` has it; its number beside
    /// it where several have the same.
    func modelFileTitle(_ index: Int) -> String {
        let files = context.modelNames
        let names = models.indices.map { files.indices.contains($0) && !files[$0].isEmpty ? DisplayText.sanitized(files[$0]) : models[$0].name }
        return names.count(where: { $0 == names[index] }) > 1 ? "\(models[index].name) #\(index + 1)" : names[index]
    }
    var record: PictureRecord? { store[recordKey] }
    /// Whether nothing more is to come for what is shown: a single frame may be taken.
    public var isIdle: Bool {
        work == nil && !script.isUnderWay && filesUnderWay == 0 && figureOrder == nil && review?.writing ?? 0 == 0 && !isBenchBusy
    }
    /// How many pictures are held in memory.
    public var cachedPictures: Int { store.records.count }
    var picturePath: String? { pictures.indices.contains(picture) ? pictures[picture] : nil }
    var pictureName: String { picturePath.map(Self.name(ofPath:)) ?? "no picture" }
    /// The class looked at; `nil` until the picture is traced, and always where the model has no head.
    public var selectedClass: Int? { model.hasClasses ? record.map { lookedClass ?? $0.selectedClass } : nil }
    var method: MethodSummary? {
        methods.indices.contains(adjustments.method) ? methods[adjustments.method] : nil
    }
    /// The heads to choose from, of what is shown.
    var headCount: Int { model.heads(of: method) }
    /// Whether what is shown is of a map method, and not of another quantity.
    var isMethod: Bool { method?.isMethod ?? true }
    /// The table shown, where the quantity is one.
    var shownTable: QuantityTable? { mapKey.flatMap { record?.tables[$0] } }
    /// Why there is no map where one is looked for.
    var absence: String { shownTable == nil ? "no map yet" : "a table, no map" }
    var methodName: String { method?.identifier ?? "map" }
    var marks: Set<Int> { adjustments.marks[picture] ?? [] }
    /// What the label file says of the picture shown; `nil` where it knows nothing of it.
    var namedClasses: [Int]? { record?.trace.named.classes ?? restoredClasses[picture] }
    /// What the map shown is of; `nil` until the picture is traced, and where the method needs a class and there is none.
    var mapKey: MapKey? { mapKey(of: place) }
    /// Whose map is shown.
    var mapOwner: String {
        guard method?.needsClass != false else { return "any class" }
        return selectedClass.map(model.className) ?? "no class"
    }
    /// `layer 7`, or `fused 6-11`.
    public var layerLabel: String {
        switch layer {
        case .layer(let index): "layer \(index)"
        case .fused: isMethod ? "fused \(startLayer)-\(model.depth - 1)" + (isPlainFusion ? "" : "*") : "last layer"
        }
    }
    /// The first layer of the fused map, within the model's.
    var startLayer: Int { min(adjustments.startLayer, model.depth - 1) }
    var effectiveLayout: PaneLayout { Layout.split(adjustments.layout, columns: columns) }

    /// The last part of a path, made safe to draw.
    static func name(ofPath path: String) -> String {
        DisplayText.sanitized(path.lastPart)
    }
}

/// What a pane shows that keys do not act on.
struct PaneContent: Sendable, Equatable {
    var shown: ShownMap?
    var labels: ShownLabels?
}
