import Foundation
import GETAM
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Labels made by hand in the explorer are those the library makes.
    @Suite struct LabelTests {
        private static let picture = Explorer.picture("09-cow-and-sheep.jpg")

        /// The bundled model, from the sources.
        private static func model() throws -> VisionTransformer {
            let folder = Fixtures.root.appending(path: "assets/models")
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().first { !$0.hasPrefix(".") })
            let loaded = try ModelLoader.load(path: folder.appending(path: name).path)
            return VisionTransformer(
                loaded.parameters, compute: Compute(product: .load(path: nil, coreTypeIsSet: false), pool: ThreadPool(threads: 2)))
        }

        /// Marks cow and sheep, goes to the label and sets the background's level.
        private func start(_ arguments: [String] = []) throws -> PTYSession {
            let session = try Explorer.start([Self.picture] + arguments, columns: 160)
            try session.press(":mark cow\r", hint: "cow marked")
            try session.press(":mark sheep\r", hint: "sheep marked")
            try session.press("a", "a label") { screen in
                screen.contains("labels by hand") && !screen.contains("being renewed")
                    && screen.lines.contains { $0.contains("■ sheep") && $0.contains("%") }
            }
            try session.press(":background level 0.62\r", hint: "background: level 0.62")
            return session
        }

        @Test func theExportedLabelIsThePipelines() throws {
            let folder = try ScratchFolder()
            let session = try start()
            try session.wait("the label's areas") { $0.lines.contains { $0.contains("■ cow") && $0.contains("%") } }
            let path = folder.file("label.png")
            try session.press(":export label \(path)\r", hint: "wrote \(path)")
            try session.press(":export masks \(folder.file("mask.png"))\r", hint: "wrote \(folder.file("mask-cow.png"))")
            for (kind, name) in [("coco", "coco.json"), ("labelme", "labelme.json"), ("maps", "maps.npz"), ("maps", "maps.npy"), ("preset", "preset.json")] {
                try session.press(":export \(kind) \(folder.file(name))\r", hint: "wrote \(folder.file(name))")
            }
            let line = try #require(session.screen.lines.first { $0.contains("■ cow") })
            let area = try #require(line.split(separator: " ").last.flatMap { Double($0.dropLast()) })
            #expect(try session.quit() == (.status(0), []))

            let label = try ImageFile.readIndices(path: path)
            var preset = Preset.joint
            preset.completion.background = .level(0.62)
            preset.layers = .from(6)
            preset.name = "preset"
            #expect(try Preset.read(path: folder.file("preset.json")) == preset)
            let pipeline = try LabelPipeline(model: Self.model(), preset: preset)
            let picture = try ImageFile.read(path: Self.picture)
            let (expected, maps, _, _) = try pipeline.labels(picture, classes: [1, 5], labels: [2, 6])
            #expect(label.width == picture.width && label.height == picture.height)
            #expect(Set(label.indices).isSubset(of: [0, 2, 6, 255]) && Set(label.indices).count >= 3)
            // Another processor's sums may tip a pixel that lies on the level.
            let different = zip(label.indices, expected.labels.indices).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
            #expect(different <= label.indices.count / 2000, "\(different) pixels differ")
            let share = Double(label.indices.reduce(0) { $0 + ($1 == 2 ? 1 : 0) }) / Double(label.indices.count) * 100
            #expect(abs(share - area) < 0.11)
            #expect(label.palette[2] == VOCPalette.colors[2])

            let mask = try ImageFile.read(path: folder.file("mask-cow.png"))
            #expect((0..<label.indices.count).allSatisfy { (mask.samples[3 * $0] == 255) == (label.indices[$0] == 2) })
            let sheep = try ImageFile.read(path: folder.file("mask-sheep.png"))
            #expect(sheep.width == picture.width && sheep.height == picture.height)
            #expect((0..<label.indices.count).allSatisfy { (sheep.samples[3 * $0] == 255) == (label.indices[$0] == 6) })
            let dump = try ClassMapDump(path: folder.file("maps.npz"))
            #expect(dump.keys == [1, 5])
            #expect(zip(dump.maps.values, maps.values).allSatisfy { abs($0 - $1) < 1e-4 })
            let array = try NumPyFile.read(path: folder.file("maps.npy"))
            #expect(array.shape == [2, picture.height, picture.width] && array.values.map { Float($0) } == dump.maps.values)
            try checkRegions(folder, label)

            let notes = try PNGText.read(path)
            #expect(notes["Source"] == "09-cow-and-sheep.jpg" && notes["Software"]?.hasPrefix("getam ") == true)
            #expect(notes["getam model"]?.isEmpty == false)
            preset.name = "joint*"
            #expect(try Preset.decode(#require(notes["getam preset"]), path: "note") == preset)
        }

        /// The picture's path in a labelme file; from the file's folder it must lead to the picture.
        private static func imagePath(_ file: String) throws -> String? {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            guard let path = text.split(separator: "\n").first(where: { $0.contains("\"imagePath\"") })?.split(separator: "\"").dropFirst(3).first
            else { return nil }
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().resolvingSymlinksInPath()
            let there = folder.appendingPathComponent(String(path)).standardizedFileURL.path
            return !path.hasPrefix("/") && FileManager.default.contentsEqual(atPath: there, andPath: picture) ? String(path) : nil
        }

        /// A label that takes a minute and more stands in the way of nothing.
        @Test func theLabelGivesWayToWhatIsAskedFor() throws {
            let folder = try ScratchFolder()
            var preset = Preset.joint
            preset.refiners.insert(.pamr(iterations: 1000), at: 1)
            var crf = DenseCRFSetting()
            crf.iterations = 1000
            preset.refiners[2] = .denseCRF(crf)
            try folder.write("slow.json", preset.json)
            let session = try Explorer.start(["--preset", folder.file("slow.json")], columns: 160)
            try session.press("a", hint: "refining …")
            let clock = ContinuousClock(), start = clock.now
            // Another class, whose maps are not there yet.
            try session.press("j", "the next class's maps") {
                $0.isComplete(but: "refining …") && !$0.status.contains(" cat ")
            }
            // Another picture, in another view, and back.
            try session.press("v", "the overlay") { $0.isComplete(but: "refining …") && $0.contains("─ overlay") }
            try session.press("n", "the next picture's maps") { $0.isComplete && $0.line(0).contains("02-cow") }
            try session.press("pa", hint: "refining …")
            // Other settings.
            try session.press(":pamr off\r", "a change") { $0.hint.hasSuffix("refining …") && $0.contains("pamr off") }
            #expect(clock.now - start < .seconds(30))
            try session.press("\u{1B}", hint: "stopped")
            #expect(try session.quit() == (.status(0), []))
        }

        /// COCO's run lengths and labelme's file hold the exported label's regions.
        private func checkRegions(_ folder: ScratchFolder, _ label: IndexedImage) throws {
            struct COCO: Decodable {
                struct Image: Decodable { let id: Int, file_name: String, width: Int, height: Int }
                struct Category: Decodable { let id: Int, name: String }
                struct Annotation: Decodable {
                    struct Segmentation: Decodable { let size: [Int], counts: String }
                    let image_id: Int, category_id: Int, area: Double, segmentation: Segmentation
                }
                let images: [Image], categories: [Category], annotations: [Annotation]
            }
            let names = ["cat", "cow", "dog", "horse", "person", "sheep"]
            let text = try Data(contentsOf: URL(fileURLWithPath: folder.file("coco.json")))
            let coco = try JSONDecoder().decode(COCO.self, from: text)
            #expect(coco.images.map(\.file_name) == ["09-cow-and-sheep.jpg"] && coco.images[0].width == label.width)
            var found = [UInt8](repeating: 0, count: label.indices.count)
            for annotation in coco.annotations {
                let name = try #require(coco.categories.first { $0.id == annotation.category_id }).name
                let number = UInt8(1 + (names.firstIndex(of: name) ?? 98))
                let runs = try #require(RunLengths(
                    width: label.width, height: label.height, compressed: annotation.segmentation.counts))
                #expect(annotation.segmentation.size == [label.height, label.width] && Double(runs.area) == annotation.area)
                for (pixel, value) in runs.mask.values.enumerated() where value != 0 { found[pixel] = number }
            }
            #expect(found == label.indices.map { $0 == 255 ? 0 : $0 } && Set(found) == [0, 2, 6])
            let path = try #require(try Self.imagePath(folder.file("labelme.json")))
            let document = try LabelmeDocument(label, classNames: names, imagePath: path)
            #expect(try String(contentsOfFile: folder.file("labelme.json"), encoding: .utf8) == document.json)
        }

        /// Photographs are worked on at a bounded size, but exported as `getam label` makes them, to the pixel.
        @Test(arguments: [(1500, Preset.getam), (900, Preset(name: "pamr", refiners: [.pamr(), .denseCRF()], saliency: .computed(.mean)))])
        func exportsOfPhotographsAreTheBatchs(_ width: Int, _ preset: Preset) throws {
            let folder = try ScratchFolder()
            let small = try ImageFile.read(path: Self.picture)
            let photograph = small.resized(width: width, height: width * small.height / small.width, filter: .bilinear)
            try Data(PNGEncoder.encode(photograph)).write(to: URL(fileURLWithPath: folder.file("photo.png")))
            try folder.write("preset.json", preset.json)
            try folder.write("labels.txt", "photo cow,sheep\n")
            try folder.write("list", "photo\n")
            let options = ["--preset", folder.file("preset.json"), "--labels", folder.file("labels.txt"), "--threads", "2"]
            let names = ["cow", "sheep"]
            let session = try Explorer.start([folder.file("photo.png")] + options, columns: 160)
            try session.press("a", "the label") { screen in
                screen.isComplete && screen.contains("labels from file") && names.allSatisfy { name in
                    screen.lines.contains { $0.contains("■ \(name)") && $0.contains("%") }
                }
            }
            let areas = try names.map { name in
                let line = try #require(session.screen.lines.first { $0.contains("■ \(name)") })
                return try #require(line.split(separator: " ").last.flatMap { Double($0.dropLast()) })
            }
            #expect(session.screen.contains("at 500×"))
            let path = folder.file("label.png")
            try session.press(":export label \(path)\r", hint: "wrote \(path)")
            #expect(try session.quit() == (.status(0), []))

            let batch = try Explorer.launch(
                ["label", "--images", folder.path, "--list", folder.file("list"), "-o", folder.file("out"), "--jobs", "1"] + options)
            #expect(try batch.waitForExit() == .status(0))
            let exported = try ImageFile.readIndices(path: path)
            let made = try ImageFile.readIndices(path: folder.file("out/photo.png"))
            #expect(exported.width == photograph.width && exported.height == photograph.height)
            #expect(exported.indices == made.indices)
            // What was seen is nearly the same.
            for (number, area) in [(UInt8(2), areas[0]), (6, areas[1])] {
                let share = Double(exported.indices.reduce(0) { $0 + ($1 == number ? 1 : 0) }) / Double(exported.indices.count) * 100
                #expect(area > 1 && abs(share - area) < 1, "number \(number): \(area) seen, \(share) exported")
            }
        }

        /// What nobody marked does not come back as marked; where one stood does; the picture is found wherever it lies.
        @Test func aViewOfPredictedClassesComesBack() throws {
            let folder = try ScratchFolder()
            let session = try Explorer.start([Explorer.picture("01-cat.jpg")], columns: 120)
            try session.press("++LJx", shows: "rank 1 of")
            try session.press("s", shows: "─ picture")
            try session.press("BB", shows: "overlay, contour")
            let path = folder.file("view.png")
            try session.press(":export overlay \(path)\r", hint: "wrote \(path)")
            try session.wait("the probe's answer") { $0.isComplete }
            let frame = session.screen.lines
            #expect(try session.quit() == (.status(0), []))
            let notes = try PNGText.read(path)
            #expect(notes["getam blend"] == "contour" && notes["getam opacity"] == "0.85" && notes["getam palette"] == "screen")
            #expect(notes["Source"] == "01-cat.jpg" && notes.values.allSatisfy { !$0.contains(Explorer.pictures) })

            try FileManager.default.createDirectory(atPath: folder.file("theirs"), withIntermediateDirectories: true)
            let copy = folder.file("theirs/copy.jpg")
            try FileManager.default.copyItem(atPath: Explorer.picture("01-cat.jpg"), toPath: copy)
            let again = try Explorer.start(["--from", path, copy], columns: 120)
            #expect(again.screen.contains("overlay, contour") && again.screen.contains("×2.0") && again.screen.contains("copy.jpg"))
            #expect(again.screen.lines[1].contains("─ picture") && !again.screen.contains("●"))
            // All but the name, the message and the probe's line.
            #expect(again.screen.lines[2..<37] == frame[2..<37])
            try again.press("a", shows: "predicted ≥0.50")
            #expect(try again.quit() == (.status(0), []))

            // Another picture in its place is said to be one; none at all is an error that says what to do.
            let other = try Explorer.start(["--from", path, Explorer.picture("03-dog.jpg")], columns: 120)
            #expect(try other.quit() == (.status(0), []))
        }

        @Test func aPNGRestoresItsView() throws {
            let folder = try ScratchFolder()
            let session = try start(["--colormap", "magma"])
            try session.press("\t", shows: "▸cut")
            try session.press("[", hint: "completion cut 0.98")
            try session.press(":class sheep\r", "sheep") { $0.status.contains("  sheep  ") && $0.isComplete }
            let path = folder.file("label.png")
            try session.press(":export label \(path)\r", hint: "wrote \(path)")
            let areas = session.screen.lines.filter { $0.contains("■ ") }
            #expect(try session.quit() == (.status(0), []))

            let again = try Explorer.launch(["--from", path], columns: 160)
            try again.wait("the same label") { screen in areas.allSatisfy { area in screen.lines.contains { $0.suffix(40) == area.suffix(40) } } }
            #expect(again.screen.contains("bg level 0.62") && again.screen.contains("cut 0.98"))
            #expect(again.screen.status.contains("sheep") && again.screen.contains("09-cow-and-sheep.jpg"))
            #expect(try again.quit() == (.status(0), []))

            // Another model would make another label.
            let model = Fixtures.path("models/nonsquare_timm")
            let strange = try Explorer.launch(["--from", path, "--model", model])
            #expect(try strange.waitForExit() == .status(65))
            #expect(strange.screen.contains("was made with the model"))

            let other = try Explorer.launch(["--from", Fixtures.root.appending(path: "assets/pictures/01-cat.jpg").path])
            #expect(try other.waitForExit() == .status(65))
        }
    }
}
