import Checkpoints
import Foundation
import FoundationXML
import Images
import TestSupport
import Testing

/// `getam figure` against `getam map`, whose pictures it holds.
@Suite struct FigureTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private static let model = Fixtures.model("registers_layerscale")
    private static let picture = "\(model)/image.png"

    /// A figure as a reader of XML sees it.
    private final class Drawing: NSObject, XMLParserDelegate {
        private(set) var texts: [String] = []
        private(set) var pictures: [RGBImage] = []
        private(set) var notes: [String: String] = [:]
        private(set) var fonts: Set<String> = []
        private var words = ""
        private let folder: TemporaryFolder

        init(_ bytes: [UInt8]) throws {
            folder = try TemporaryFolder()
            super.init()
            let parser = XMLParser(data: Data(bytes))
            parser.delegate = self
            #expect(parser.parse(), "\(String(describing: parser.parserError))")
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) {
            words = ""
            if let font = attributes["font-family"] { fonts.insert(font) }
            guard name == "image", let link = attributes["xlink:href"] else { return }
            let start = "data:image/png;base64,"
            #expect(link.hasPrefix(start))
            do {
                try (Data(base64Encoded: String(link.dropFirst(start.count))) ?? Data()).write(to: URL(fileURLWithPath: folder.path + "/embedded.png"))
                pictures.append(try ImageFile.read(path: folder.path + "/embedded.png"))
            } catch {
                Issue.record(error)
            }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { words += string }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            if name == "text" { texts.append(words) } else { notes[name] = words }
            words = ""
        }
    }

    private func bytes(_ arguments: [String]) throws -> [UInt8] {
        let path = folder.path + "/figure.svg"
        let outcome = try Program.run(["figure", "-o", path, "-m", Self.model] + arguments)
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
        return [UInt8](try #require(FileManager.default.contents(atPath: path)))
    }

    private func map(_ arguments: [String]) throws -> RGBImage {
        let path = folder.path + "/map.png"
        let outcome = try Program.run(["map", "-o", path, "-m", Self.model, "--blend", "value"] + arguments)
        #expect(outcome.status == 0, "\(outcome.error)")
        return try ImageFile.read(path: path)
    }

    @Test func classesByLayers() throws {
        let drawing = try Drawing(bytes([Self.picture, "-c", "4", "-c", "thing1", "--layers", "0-2"]))
        #expect(Array(drawing.texts.prefix(6)) == ["picture", "layer 0", "layer 1", "layer 2", "fused 0–2", "thing4"])
        #expect(drawing.texts.contains("thing1") && drawing.texts.contains("each map's own scale"))
        #expect(drawing.texts.count { $0.contains(" to ") } == 8)
        #expect(drawing.texts.last == "image · GETAM · model registers_layerscale")
        #expect(drawing.fonts == ["sans-serif"])
        var expected = [try ImageFile.read(path: Self.picture)]
        for index in ["4", "1"] {
            for layers in ["0", "1", "2", "0-2"] { expected.append(try map([Self.picture, "-c", index, "--layers", layers])) }
        }
        #expect(drawing.pictures == expected)
    }

    @Test func picturesByMethods() throws {
        let methods = ["getam", "attention", "rollout", "lens", "token-norm", "pca", "lens-class"]
        let pictures = [Self.picture, Fixtures.model("dino_keys/image.png")]
        let list = folder.path + "/list.txt"
        try Data((pictures.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: list))
        let drawing = try Drawing(bytes(["--list", list, "-c", "2"] + methods.flatMap { ["--method", $0] }))
        var expected: [RGBImage] = []
        for picture in pictures {
            expected.append(try ImageFile.read(path: picture))
            for method in methods {
                expected.append(try map([picture, "--method", method] + (["getam", "lens"].contains(method) ? ["-c", "2"] : [])))
            }
        }
        #expect(drawing.pictures == expected)
        #expect(drawing.texts[1] == "GETAM" && drawing.texts[4] == "logit lens")
        #expect(drawing.texts.contains("each map's own scale, zero in the middle"))
        #expect(drawing.texts.contains { $0.hasPrefix("thing2") })
    }

    @Test func headsByLayers() throws {
        let drawing = try Drawing(
            bytes([Self.picture, "--method", "attention", "--heads", "each", "--rows", "layers", "--layers", "1-2", "--blend", "flat", "--opacity", "1"]))
        var expected = [try ImageFile.read(path: Self.picture)]
        for layers in ["1", "2", "1-2"] {
            for head in ["0", "1"] {
                expected.append(
                    try map([Self.picture, "--method", "attention", "--heads", head, "--layers", layers, "--blend", "flat", "--opacity", "1"]))
            }
        }
        #expect(drawing.pictures == expected)
        #expect(Array(drawing.texts.prefix(4)) == ["picture", "head 0", "head 1", "layer 1"])
    }

    @Test func oneScaleForAll() throws {
        let drawing = try Drawing(bytes([Self.picture, "--method", "attention", "--layers", "0-2", "--scale", "shared"]))
        let path = folder.path + "/map.npy"
        _ = try Program.run(["map", "-o", path, "-m", Self.model, Self.picture, "--method", "attention", "--layers", "0-2"])
        let most = try #require(try NumPyArray(path: path).values.max())
        #expect(drawing.texts.contains("attention, shared scale") && drawing.texts.contains(String(format: "%.3g", most)))
        #expect(!drawing.texts.contains { $0.contains(" to ") })
        let signed = try Drawing(bytes([Self.picture, "--method", "lens", "--layers", "2", "--scale", "shared", "-c", "1"]))
        #expect(signed.texts.contains("logit lens, shared scale, zero in the middle") && signed.texts.contains("0"))
    }

    /// As `getam map` has them: what one token reads, and what tells a class from another.
    @Test func queriesAndContrasts() throws {
        let read = try Drawing(
            bytes([Self.picture, "--method", "attention", "--method", "getam", "--query", "1,2", "-c", "1", "--contrast", "thing2", "--layers", "1"]))
        let map = ["--query", "1,2", "--layers", "1"]
        #expect(read.pictures == [
            try ImageFile.read(path: Self.picture), try self.map([Self.picture, "--method", "attention"] + map),
            try self.map([Self.picture, "-c", "1", "--contrast", "2"] + map),
        ])
        #expect(read.texts.last?.contains("query 1,2") == true)
        let nearest = try Drawing(bytes([Self.picture, "-c", "3", "-c", "1", "--contrast", "auto", "--layers", "1-2", "--no-fused"]))
        #expect(Array(nearest.texts.prefix(4)) == ["picture", "layer 1", "layer 2", "thing3 less the nearest"])
        #expect(nearest.pictures.count == 5)
        #expect(nearest.pictures[4] == (try self.map([Self.picture, "-c", "1", "--contrast", "auto", "--layers", "2"])))
        #expect(nearest.notes["desc"]?.contains("--no-fused --contrast auto") == true)
    }

    /// The same figure in pixels: cells where they belong, as large as they are printed, and what made it.
    @Test func inPixels() throws {
        let path = folder.path + "/figure.png"
        // Ten pixels a millimetre, and cells of 192.
        let arguments = ["figure", Self.picture, "-c", "4", "-c", "1", "--layers", "0-2", "--dpi", "254", "--width", "106", "-m", Self.model]
        let outcome = try Program.run(arguments + ["-o", path])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
        let figure = try ImageFile.read(path: path)
        #expect(figure.width == 1060 && figure.height > 47 + 2 * 192)
        func cell(_ column: Int, _ row: Int) -> RGBImage {
            let x = 50 + 202 * column, y = 47 + (192 + 37) * row
            return RGBImage(
                width: 192, height: 192, samples: (y..<y + 192).flatMap { figure.samples[($0 * 1060 + x) * 3..<($0 * 1060 + x + 192) * 3] })
        }
        func scaled(_ picture: RGBImage) -> RGBImage { picture.resized(width: 192, height: 192, filter: .bilinear) }
        #expect(cell(0, 0) == scaled(try ImageFile.read(path: Self.picture)))
        for (row, index) in ["4", "1"].enumerated() {
            for (column, layers) in ["0", "1", "2", "0-2"].enumerated() {
                #expect(cell(column + 1, row) == scaled(try map([Self.picture, "-c", index, "--layers", layers])), "\(index) \(layers)")
            }
        }
        // No picture of its own in the second row; captions over the first.
        #expect(cell(0, 1).samples.allSatisfy { $0 == 255 })
        #expect(figure.samples[(10 * 1060) * 3..<(40 * 1060) * 3].contains { $0 < 50 })
        let texts = try PNGText.read(path)
        #expect(texts["getam command"] == "getam figure image.png -c 4 -c 1 --layers 0-2 --width 106 --dpi 254 -m registers_layerscale")
        #expect(texts["Title"] == "image · GETAM · model registers_layerscale" && texts["Software"]?.hasPrefix("getam ") == true)
        let bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
        let size = try #require(bytes.indices.first { bytes[$0...].starts(with: "pHYs".utf8) })
        #expect(Array(bytes[size + 4..<size + 13]) == [0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 1])
        #expect(try Program.run(arguments + ["-o", "-", "--format", "png"]).output == bytes)
    }

    /// Names that XML reserves, and the same bytes wherever the files lie.
    @Test func theFileTellsNamesAndNoPlaces() throws {
        let name = "a&b <c> \"d\" '\u{1B}[1m.png"
        var files: [[UInt8]] = []
        for place in ["one", "other"] {
            let path = "\(folder.path)/\(place)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Self.picture, toPath: "\(path)/\(name)")
            files.append(try bytes(["\(path)/\(name)", "-c", "thing3", "--layers", "1-2", "--width", "85"]))
        }
        #expect(files[0] == files[1])
        let text = String(decoding: files[0], as: UTF8.self)
        #expect(!text.contains(folder.path) && !text.contains(Self.model))
        let drawing = try Drawing(files[0])
        #expect(drawing.notes["title"] == "a&b <c> \"d\" '\u{FFFD}[1m · GETAM · model registers_layerscale")
        #expect(drawing.texts.joined(separator: " ").hasSuffix(drawing.notes["title"] ?? "-"))
        let noted = drawing.notes["desc"] ?? ""
        #expect(noted.hasPrefix("getam figure 'a&b") && noted.hasSuffix("-c thing3 --layers 1-2 --width 85 -m registers_layerscale"))
        #expect(drawing.notes["metadata"]?.hasSuffix(noted) == true)
        let piped = try Program.run(["figure", "\(folder.path)/one/\(name)", "-m", Self.model, "-c", "thing3", "--layers", "1-2", "--width", "85", "-o", "-"])
        #expect(piped.output == files[0])
    }

    @Test(arguments: [
        ([], "figure.pdf", "must end in .svg or .png"), ([], "figure", "must end in .svg or .png"),
        (["--format", "png"], "figure.svg", "says otherwise"), (["--dpi", "300"], "figure.svg", "goes with a PNG"),
        (["--dpi", "10"], "figure.png", "from 20 to 2400"), (["--dpi", "nan"], "figure.png", "from 20 to 2400"),
        (["--dpi", "2400", "--width", "2000"], "figure.png", "dots per inch"),
        (["--method", "lens", "--query", "1,1"], "figure.svg", "is of no token"), (["--query", "40,0", "--method", "attention"], "figure.png", "columns and"),
        (["--query", "reg9"], "figure.svg", "cls, reg0 to reg3"), (["--method", "attention", "--contrast", "1"], "figure.svg", "is of no class"),
        (["-c", "1", "--contrast", "1"], "figure.svg", "told from itself"), (["--contrast", "unicorn"], "figure.svg", "no class is named"),
        (["--method", "entropy", "--columns", "layers"], "figure.svg", "one table of all layers"),
        (["--method", "getam", "--method", "getam"], "figure.svg", "given twice"), (["--rows", "layers", "--columns", "layers"], "figure.svg", "give two axes"),
        (["--rows", "layers", "--columns", "methods", "-c", "1", "-c", "2"], "figure.svg", "2 classes, but the rows are layers"),
        (["--method", "getam", "--method", "grad", "--rows", "classes", "--columns", "layers"], "figure.svg", "2 methods, but"),
        (["--heads", "each", "--rows", "classes", "--columns", "layers"], "figure.svg", "several heads, but"),
        (["--method", "attention", "-c", "1"], "figure.svg", "leave classes out"), (["--method", "pca", "--heads", "each"], "figure.svg", "no choice of heads"),
        (["-c", "1", "-c", "thing1"], "figure.svg", "given twice"), (["-c", "unicorn"], "figure.svg", "no class is named"),
        (["--layers", "1-3"], "figure.svg", "layer 3"), (["--heads", "2", "--rows", "heads"], "figure.svg", "the model's heads are 0 to 1"),
        (["--width", "5"], "figure.svg", "from 20 to 2000"), (["--width", "1px"], "figure.png", "16 to 65535"), (["--width", "2xx"], "figure.png", "--width"), (["--width", "nan"], "figure.svg", "from 20 to 2000"),
        (["--width", "20", "--layers", "0-2"], "figure.svg", "columns are too many for a width of 20 mm"), (["--shard", "0/2"], "figure.svg", "leave --shard out"),
        ([Self.picture, "--rows", "classes"], "figure.svg", "name the classes"), ([Self.picture, "--rows", "layers", "--columns", "classes", "-c", "1"], "figure.svg", "2 pictures, but"),
    ])
    func whatIsRefused(_ arguments: [String], _ output: String, _ words: String) throws {
        let path = "\(folder.path)/\(output)"
        let outcome = try Program.run(["figure", Self.picture, "-m", Self.model, "-o", path] + arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// A table in a figure is that of the map's picture; the figure is as large as it is said to be.
    @Test func tablesAndSizes() throws {
        for arguments in [["--method", "entropy"], ["--method", "logit-attribution", "-c", "4"], ["--method", "entropy", "--layers", "1-2"]] {
            let drawing = try Drawing(bytes([Self.picture] + arguments)), path = folder.path + "/table.png"
            #expect(drawing.pictures.count == 2)
            if !arguments.contains("-c") {
                #expect(try Program.run(["map", Self.picture, "-m", Self.model, "-o", path] + arguments).status == 0)
                #expect(try ImageFile.read(path: path) == drawing.pictures[1])
            }
        }
        let both = try Drawing(bytes([Self.picture, "--method", "entropy", "--method", "getam", "-c", "4"]))
        #expect(both.pictures.count == 3 && both.texts.contains("attention entropy") && both.texts.contains("GETAM"))
        let path = folder.path + "/sized.png"
        for (width, dots, pixels) in [("1000px", "300", 1000), ("777px", "96", 777), ("5cm", "254", 500), ("2in", "100", 200)] {
            #expect(try Program.run(["figure", Self.picture, "-m", Self.model, "-c", "4", "--columns", "methods", "--width", width, "--dpi", dots, "-o", path]).status == 0)
            #expect(try ImageFile.read(path: path).width == pixels)
        }
        #expect(try PNGText.read(path)["getam command"]?.contains("--width 50.8 --dpi 100") == true)
    }

    @Test func badPicturesLeaveTheFileAsItWas() throws {
        let path = "\(folder.path)/figure.svg", bad = "\(folder.path)/bad.png"
        try Data("what was there".utf8).write(to: URL(fileURLWithPath: path))
        try Data("\u{89}PNG no more".utf8).write(to: URL(fileURLWithPath: bad))
        for (picture, status) in [(bad, 65), ("\(folder.path)/none.png", 66)] as [(String, Int32)] {
            let outcome = try Program.run(["figure", Self.picture, picture, "-m", Self.model, "-o", path])
            #expect(outcome.status == status && outcome.isOneLine, "\(outcome)")
            #expect(FileManager.default.contents(atPath: path) == Data("what was there".utf8))
        }
        let blocked = try Program.run(["figure", Self.picture, "-m", Self.model, "-o", "\(folder.path)/none/figure.svg"])
        #expect(blocked.status == 73 && blocked.isOneLine)
        let own = "\(folder.path)/picture.svg"
        try FileManager.default.copyItem(atPath: Self.picture, toPath: own)
        let replaced = try Program.run(["figure", own, "-m", Self.model, "-o", own])
        #expect(replaced.status == 64 && replaced.isOneLine && replaced.error.contains("would be written over"))
        let headless = try Program.run(
            ["figure", Fixtures.model("dino_keys/image.png"), "-m", Fixtures.model("dino_keys"), "-o", "\(folder.path)/new.svg"])
        #expect(headless.status == 64 && headless.isOneLine && headless.error.contains("no classification head"))
    }
}
