import Attribution
@testable import Explorer
import Images
import Labels
import Quality
import Testing

/// An explorer whose workers answer at once, with pictures and maps made from formulas.
struct ScriptedExplorer {
    var state: ExplorerState
    /// Every effect, in order.
    private(set) var effects: [Effect] = []
    /// How many answers led to further questions.
    private var depth = 0
    /// Whether `open` and `map` are answered; where not, they wait in `effects`.
    var answers = true
    /// Pictures that cannot be read.
    var broken: Set<Int> = []
    /// A model with twice as many patches along each side.
    var otherGrid: Int?
    /// Preset files that exist.
    var presets: [String: Preset] = [:]
    /// What the label file says of pictures.
    var named: [Int: [Int]] = [:]
    /// Labels in the folder of the review.
    var filed: [Int: StoredLabel] = [:]
    /// Files that exist already.
    var files: Set<String> = []
    /// How presets are judged.
    var judge: (Preset, [BenchItem]) -> BenchScore = Self.judged
    /// Sessions that exist, by their paths.
    var sessions: [String: String] = [:]
    /// What lies in folders, by their paths with a slash at the end.
    var folders: [String: [String]] = [:]
    /// What was printed.
    private(set) var printed: [Frame] = []

    static let classNames = [
        "tabby, tabby cat", "golden retriever", "person", "日本の猫 Japanese bobtail", "🐈 cat with an emoji", "cafe\u{301} table",
        "bad\u{1B}[31m name\n", "a class with a name that is far too long for any column of the list", "", "ox",
    ] + (10..<40).map { "class number \($0)" }

    static let methods = [
        MethodSummary(identifier: "getam", title: "GETAM", explanation: "attention times its gradient", axes: [.target, .layer, .head, .query]),
        MethodSummary(identifier: "rollout", title: "Rollout", explanation: "attention alone"),
    ]

    init(
        columns: Int = 80, rows: Int = 24, pictures: Int = 3, depth: Int = 12, colorDepth: ColorDepth = .trueColor,
        methods: [MethodSummary] = Self.methods, cacheLimit: Int = 192 << 20, started: Bool = true, labels: LabelSetup? = nil,
        named: [Int: [Int]] = [:], method: Int = 0, hasHead: Bool = true,
        decoder: String? = nil, folder: String = "pictures", review: ReviewStart? = nil
    ) {
        state = ExplorerState(
            pictures: (0..<pictures).map { "\(folder)/photo-\($0).jpg" },
            models: [ModelSummary(name: "tiny", depth: depth, classNames: hasHead ? Self.classNames : [], decoder: decoder, heads: 3)],
            methods: methods,
            colorDepth: colorDepth, columns: columns, rows: rows, method: method, cacheLimit: cacheLimit, labels: labels)
        self.named = named
        if let review {
            for picture in review.filed { filed[picture] = Self.stored(picture) }
            state.begin(review)
        }
        if started { send(.start) }
    }

    /// Applies an action and lets the workers answer.
    mutating func send(_ action: Action) {
        let new = update(&state, action)
        effects += new
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else {
            // What is asked for is forgotten as soon as it is there.
            Issue.record("asks without end: \(effects.suffix(2).map { String(describing: $0).prefix(600) })\n\(testDescription)")
            return
        }
        if answers { for effect in new { answer(effect) } }
    }

    /// Has a session's lines played, as without a terminal. For one that has not been started.
    mutating func play(_ text: String) {
        state.context.isHeadless = true
        state.begin(with: Session.lines(of: text))
        // One answer after another: a long session would go deep.
        answers = false
        var answered = effects.count
        send(.start)
        while answered < effects.count {
            answer(effects[answered])
            answered += 1
        }
        answers = true
    }

    /// Keys as text: single characters, and words for the others (`space`, `enter`, `^r`, …).
    mutating func press(_ keys: String) {
        for word in keys.split(separator: " ") { press(Self.key(String(word))) }
    }

    mutating func press(_ key: Key) {
        if let action = state.action(for: .key(key)) { send(action) }
    }

    /// Types a line, spaces included.
    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    mutating func answer(_ effect: Effect) {
        switch effect {
        case .open(let picture, let path, let model, let generation):
            let number = Self.number(ofPath: path)
            if broken.contains(number) {
                send(.openFailed(picture: picture, generation: generation, message: "photo-\(picture).jpg: not a picture"))
            } else {
                let trace = Self.trace(
                    number, named: named[number], hasHead: state.model.hasClasses, fineness: model == otherGrid ? 2 : 1)
                send(.traced(picture: picture, model: model, generation: generation, trace))
            }
        case .map(let picture, _, let keys, let heads, let generation):
            for layer in (0..<state.model.depth).reversed() {
                for key in keys {
                    for head in heads == .each ? (0..<state.model.heads).map(Optional.some) : [key.head] {
                        send(.layerMapped(
                            picture: picture, key: key.of(head: head), layer: layer,
                            .map(Self.map(
                                classIndex: (key.classIndex ?? key.start) + (head ?? 0), method: key.method, layer: layer,
                                fineness: key.model == otherGrid ? 2 : 1))))
                    }
                }
            }
            send(.finished(generation: generation))
        case .prepareLabels(let request, let layerMaps, let generation):
            for index in request.classes where layerMaps[index] == nil {
                for layer in 0..<state.model.depth {
                    send(.layerMapped(
                        picture: request.picture, key: MapKey(classIndex: index, method: state.adjustments.method), layer: layer,
                        .map(Self.map(classIndex: index, method: state.adjustments.method, layer: layer))))
                }
            }
            if let prepared = try? Self.prepared(request, hasTruth: state.labelSetup.hasTruth) {
                send(.labelsPrepared(generation: generation, prepared))
            }
        case .decode(let picture, _, _, let generation):
            send(.decoded(generation: generation, Self.decoded(picture, hasTruth: state.labelSetup.hasTruth)))
        case .perturb(let key, let path, let generation):
            let trace = Self.trace(Self.number(ofPath: path), hasHead: true)
            let answer = Perturbation.Answer(logits: trace.logits, probabilities: trace.probabilities)
            let nothing = Perturbation.Answer(logits: trace.logits.map { _ in 0 }, probabilities: trace.probabilities.map { _ in 0 })
            send(.perturbed(key, Perturbation(removed: nothing, kept: answer), generation: generation))
        case .judge(let question, _, let generation): send(.judged(question, Self.quality(question), generation: generation))
        case .loadPreset(let path):
            if let preset = presets[path] {
                send(.presetLoaded(preset, path: path))
            } else {
                send(.exportFailed(message: "\(path): no such file"))
            }
        case .export(let request):
            if files.contains(request.path), !request.overwrite {
                send(.exportExists(.export(request)))
            } else {
                files.insert(request.path)
                send(.exported(path: request.path, bytes: 64_000, preset: request.kind == .preset ? request.preset : nil))
            }
        case .writeFigure(let request):
            if files.contains(request.path), !request.overwrite {
                send(.exportExists(.figure(request)))
            } else {
                files.insert(request.path)
                send(.exported(path: request.path, bytes: 640_000))
            }
        case .saveSession(let request):
            sessions[request.path] = request.text
            send(.exported(path: request.path, bytes: request.text.utf8.count))
        case .readSession(let path):
            if let text = sessions[path] {
                send(.sessionRead(Session.lines(of: text)))
            } else {
                send(.exportFailed(message: "\(path): no such file"))
            }
        case .listFolder(let folder): send(.folderListed(folder, folders[folder] ?? []))
        case .snap(let frame, nil): printed.append(frame)
        case .snap(_, let path?): send(.exported(path: path, bytes: 2000))
        case .readLabel(let picture, _, _, _):
            if let label = filed[picture] { send(.labelRead(label)) } else { send(.labelUnread(picture: picture, message: "photo-\(picture).png: no label")) }
        case .writeLabel(let request): send(.labelWritten(picture: request.picture, failure: nil))
        case .deliver(let request): send(.delivered(text: "\(request.path): 1 of 5 pictures delivered", remarks: []))
        case .bench(let request):
            for preset in request.presets {
                send(.benchProgress(serial: request.serial, done: 1))
                send(.benchJudged(serial: request.serial, preset, judge(preset, request.items)))
            }
        case .saveMarks(let request):
            if files.contains(request.path), !request.overwrite {
                send(.exportExists(.marks(request)))
            } else {
                files.insert(request.path)
                send(.marksSaved(request))
            }
        default: break
        }
    }

    var exports: [ExportRequest] {
        effects.compactMap { if case .export(let request) = $0 { request } else { nil } }
    }

    var figures: [FigureRequest] {
        effects.compactMap { if case .writeFigure(let request) = $0 { request } else { nil } }
    }

    /// Decisions that were written, in order.
    var journal: [ReviewEntry] {
        effects.compactMap { if case .journal(let entry) = $0 { entry } else { nil } }
    }

    var savedMarks: [MarksRequest] {
        effects.compactMap { if case .saveMarks(let request) = $0 { request } else { nil } }
    }

    var screen: [String] { view(state).lines }

    private static func key(_ word: String) -> Key {
        switch word {
        case "space": .character(" ")
        case "enter": .enter
        case "esc": .escape
        case "tab": .tab
        case "backtab": .backTab
        case "up": .up
        case "down": .down
        case "left": .left
        case "right": .right
        case "pgup": .pageUp
        case "pgdn": .pageDown
        case "home": .home
        case "end": .end
        case "backspace": .backspace
        case "delete": .delete
        default: word.count == 2 && word.hasPrefix("^") ? .control(word.last ?? "c") : .character(word.first ?? " ")
        }
    }

    /// Of `photo-3.jpg`, 3.
    private static func number(ofPath path: String) -> Int { Int(path.filter(\.isWholeNumber)) ?? 0 }

    // MARK: Formulas

    static let gridRows = 6, gridColumns = 8

    /// A sky, a field and a disc.
    static func trace(_ picture: Int, named: [Int]? = nil, hasHead: Bool = true, fineness: Int = 1) -> TraceResult {
        let width = 160, height = 120
        var samples: [UInt8] = []
        samples.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let dx = x - 60 - 10 * picture, dy = y - 60
                if dx * dx + dy * dy < 900 {
                    samples += [220, UInt8(120 + y / 2), 60]
                } else if y < 60 {
                    samples += [UInt8(60 + y), UInt8(110 + y), 220]
                } else {
                    samples += [UInt8(30 + x / 4), UInt8(90 + y / 2), 40]
                }
            }
        }
        let count = hasHead ? classNames.count : 0
        let probabilities = (0..<count).map { Float(1) / Float(2 + ($0 + picture) % count * 3) }
        return TraceResult(
            picture: RGBImage(width: width, height: height, samples: samples), originalWidth: 640, originalHeight: 480,
            inputWidth: 128, inputHeight: 96, gridRows: gridRows * fineness, gridColumns: gridColumns * fineness,
            logits: probabilities.map { $0 * 10 }, probabilities: probabilities, named: NamedClasses(classes: named))
    }

    /// A refined map of each class: a disc whose place follows the class and whose edge follows PAMR and the start layer.
    static func prepared(_ request: LabelRequest, hasTruth: Bool) throws -> PreparedLabels {
        let width = 160, height = 120
        var sharpness: Float = 0.5
        if case .from(let layer) = request.preset.layers { sharpness += Float(layer) / 24 }
        for case .pamr(let iterations, _) in request.preset.refiners { sharpness += Float(iterations) / 40 }
        var values: [Float] = []
        for index in request.classes {
            for pixel in 0..<width * height {
                let dx = Float(pixel % width - 50 - 25 * index % 90) / 30, dy = Float(pixel / width - 60) / 30
                values.append(max(0, 1 - sharpness * (dx * dx + dy * dy)))
            }
        }
        func saliency(_ center: Int) -> SaliencyMap {
            SaliencyMap(width: width, height: height, values: (0..<width * height).map { pixel in
                let dx = Float(pixel % width - center) / 45, dy = Float(pixel / width - 60) / 40
                return max(0, 1 - dx * dx - dy * dy)
            })
        }
        let truth = (0..<width * height).map { pixel -> UInt8 in
            let dx = pixel % width - 60, dy = pixel / width - 60
            return dx * dx + dy * dy < 900 ? 1 : pixel < width ? 255 : 0
        }
        return try PreparedLabels(
            request, maps: PixelMaps(classes: request.classes, height: height, width: width, values: values),
            barrier: saliency(60), tokens: saliency(80),
            fileMask: Mask(width: width, height: height, values: truth),
            truth: hasTruth ? IndexedImage(width: width, height: height, indices: truth) : nil)
    }

    /// A label in a folder: a band across the picture.
    static func stored(_ picture: Int) -> StoredLabel {
        let labels = IndexedImage(width: 160, height: 120, indices: (0..<160 * 120).map { $0 / 160 > 40 && $0 / 160 < 90 ? UInt8(picture + 1) : 0 })
        guard let figures = try? LabelFigures(labels, truth: nil) else { fatalError() }
        return StoredLabel(picture: picture, labels: labels, figures: figures, scale: 0.25, preset: nil, classes: nil)
    }

    /// What is found of a picture in the background.
    static func surveyed(_ picture: Int, doubt: Double, overlap: Double? = nil) -> SurveyedPicture {
        var found = SurveyedPicture(picture: picture)
        found.classes = [picture % 3]
        found.top = (picture % 3, 0.9)
        found.areas = [UInt8(picture % 3 + 1): 0.25, 0: 0.75]
        found.doubt = LabelDoubt(entropy: doubt, margin: 1 - doubt)
        found.overlap = overlap
        let trace = trace(picture)
        found.thumbnail = LabelThumbnail(trace.picture.levels[0], stored(picture % 3).labels)
        return found
    }

    /// The start layer matters most and is best at 5; a level between 0.3 and 0.7 is as good as any other.
    static func judged(_ preset: Preset, _ items: [BenchItem]) -> BenchScore {
        var value = 0.7
        if let first = preset.layers.range(depth: 12)?.lowerBound { value -= 0.02 * Double((first - 5) * (first - 5)) }
        if case .level(let level) = preset.completion.background { value -= 0.002 * abs(level - 0.5) }
        value -= 0.01 * Double(preset.completion.openingSize)
        return BenchScore(meanIoU: max(value, 0.1), compared: items.count)
    }

    /// Of lower maps more overlap.
    static func quality(_ question: QualityQuestion) -> QualityAnswer {
        var answer = QualityAnswer()
        if question.number != nil { answer.overlap = (Double(min(1e-8 / (question.map.range.maximum + 1e-9), 0.9)), 0.4) }
        guard !question.isOverlap else { return answer }
        let shares = (0...28).map { Double($0) / 28 }
        answer.deletion = ScoreCurve(shares: shares, scores: shares.map { max(0, 0.8 - 2 * $0) })
        answer.insertion = ScoreCurve(shares: shares, scores: shares.map { min(0.8, 3 * $0) })
        answer.figures = [QualityFigure(name: "Sparseness", value: 0.62, preference: .higher)]
        if question.number != nil { answer.figures.insert(QualityFigure(name: "Pointing game", value: 1, preference: .higher), at: 0) }
        return answer
    }

    /// A hill that wanders with layer and class.
    static func map(classIndex: Int, method: Int, layer: Int, fineness: Int = 1) -> PatchMap {
        let (gridRows, gridColumns) = (gridRows * fineness, gridColumns * fineness)
        let values = (0..<gridRows * gridColumns).map { index -> Float in
            let dx = Float(index % gridColumns - (2 + (layer + classIndex) % 5))
            let dy = Float(index / gridColumns - (1 + layer % 4))
            return Float(layer + 1 + method) * 1e-8 / (1 + dx * dx + dy * dy)
        }
        return PatchMap(rows: gridRows, columns: gridColumns, values: values)
    }
}

extension ScriptedExplorer: CustomTestStringConvertible {
    /// What is seen: the state itself would fill pages.
    var testDescription: String { "\n" + screen.joined(separator: "\n") + "\n" }
}

extension Frame {
    /// The characters, one line a row, trailing blanks left out.
    var lines: [String] {
        (0..<rows).map { row in
            var text = String.UnicodeScalarView()
            for column in 0..<columns where self[column, row].scalar != "\u{0}" { text.append(self[column, row].scalar) }
            var line = String(text)
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// Colors and styles of every run of equal cells, one line a row: `count×foreground/background+style`.
    var looks: [String] {
        func name(_ color: Color) -> String {
            let digits = String(color.packed, radix: 16)
            return color.isStandard ? "-" : String(repeating: "0", count: 6 - digits.count) + digits
        }
        return (0..<rows).map { row in
            var runs: [(look: String, count: Int)] = []
            for column in 0..<columns {
                let cell = self[column, row]
                let look = "\(name(cell.foreground))/\(name(cell.background))"
                    + (cell.style.isEmpty ? "" : "+\(cell.style.rawValue)")
                if runs.last?.look == look { runs[runs.count - 1].count += 1 } else { runs.append((look, 1)) }
            }
            return runs.map { "\($0.count)×\($0.look)" }.joined(separator: " ")
        }
    }
}
