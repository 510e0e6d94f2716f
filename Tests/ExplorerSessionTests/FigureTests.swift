import Foundation
import Images
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Figures from the explorer, and the command noted in them: both make the same.
    @Suite struct FigureTests {
        /// The pictures and texts of an SVG, and the command in it.
        private struct Drawing {
            let pictures: [RGBImage]
            let texts: [String]
            let command: String

            init(_ path: String, in folder: ScratchFolder) throws {
                // As bytes: a figure of many pictures has tens of megabytes.
                let drawing = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
                func all(_ start: String, _ end: String) -> [Data] {
                    var found = [Data](), rest = drawing.startIndex..<drawing.endIndex
                    while let from = drawing.range(of: Data(start.utf8), in: rest), let to = drawing.range(of: Data(end.utf8), in: from.upperBound..<rest.upperBound) {
                        found.append(drawing[from.upperBound..<to.lowerBound])
                        rest = to.upperBound..<rest.upperBound
                    }
                    return found
                }
                func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
                texts = all("<text ", "</text>").map { text($0.drop { $0 != UInt8(ascii: ">") }.dropFirst()) }
                command = all("<desc>", "</desc>").first.map(text) ?? ""
                pictures = try all("base64,", "\"").map { encoded in
                    let file = folder.file("embedded.png")
                    try #require(Data(base64Encoded: encoded)).write(to: URL(fileURLWithPath: file))
                    return try ImageFile.read(path: file)
                }
            }
        }

        /// The largest difference of two pictures, in levels.
        private func difference(_ a: RGBImage, _ b: RGBImage) -> Int {
            a.width == b.width && a.height == b.height ? zip(a.samples, b.samples).reduce(0) { max($0, abs(Int($1.0) - Int($1.1))) } : 256
        }

        private func run(_ command: String, picture: String, to path: String) throws {
            var words = command.split(separator: " ").map(String.init)
            #expect(words.prefix(2) == ["getam", "figure"])
            words = words.dropFirst().map { $0 == picture.components(separatedBy: "/").last ? picture : $0 } + ["-o", path]
            #expect(try Explorer.launch(words).waitForExit() == .status(0))
        }

        @Test(arguments: [
            (["grid layersxheads", "figure F"], 12 * 3), (["quantity attention", "grid layersxheads", "scale layers", "figure F"], 12 * 3),
            (["figure F rows=methods columns=classes"], 22 * 6), (["quantity lens", "figure F rows=classes columns=layers"], 6 * 12),
            (["layer 9", "against sheep", "figure F"], 1), (["pane add", "class sheep", "view map", "figure F"], 2),
        ])
        func theCommandMakesTheSame(_ lines: [String], _ cells: Int) throws {
            let folder = try ScratchFolder(), picture = Explorer.picture("09-cow-and-sheep.jpg")
            let session = try Explorer.start([picture])
            let path = folder.file("figure.svg")
            for line in lines {
                let typed = line.replacingOccurrences(of: "figure F", with: "figure \(path)")
                if typed == line { try session.press(":\(line)\r", line) { $0.isComplete } } else { try session.press(":\(typed)\r", hint: "wrote \(path)") }
            }
            #expect(try session.quit() == (.status(0), []))
            let drawing = try Drawing(path, in: folder)
            #expect(drawing.pictures.count == cells + 1)
            let again = folder.file("again.svg")
            try run(drawing.command, picture: picture, to: again)
            let repeated = try Drawing(again, in: folder)
            #expect(repeated.texts == drawing.texts && repeated.pictures.count == drawing.pictures.count)
            // Passes over several classes at once add in another order.
            #expect(zip(drawing.pictures, repeated.pictures).allSatisfy { difference($0, $1) <= 2 })
        }

        /// Every kind of pane, as numbers: those of `getam map`.
        @Test func valuesEqualTheMapCommands() throws {
            let folder = try ScratchFolder(), picture = Explorer.picture("09-cow-and-sheep.jpg")
            let session = try Explorer.start([picture])
            for (quantity, options) in [
                ("entropy", [String]()), ("distance", []), ("prefix-mass", []), ("lens-curve", []), ("logit-attribution", []), ("head-effect", []),
                ("pca", ["--layers", "11"]), ("lens-class", ["--layers", "11"]), ("lens", ["--layers", "11"]),
            ] {
                let own = folder.file("\(quantity).npy"), other = folder.file("\(quantity)-map.npy")
                try session.press(":quantity \(quantity)\r", quantity) { $0.isComplete && $0.status.contains("  \(quantity)  ") }
                try session.press(":export raw \(own)\r", hint: "wrote \(own)")
                #expect(try Explorer.launch(["map", picture, "--method", quantity, "-o", other] + options).waitForExit() == .status(0))
                let map = try Data(contentsOf: URL(fileURLWithPath: other)), bytes = try Data(contentsOf: URL(fileURLWithPath: own))
                // The command keeps an axis of classes where there are any.
                if quantity == "lens" { #expect(bytes.count > 1000 && bytes.suffix(bytes.count - 128) == map.suffix(map.count - 128)) } else { #expect(bytes == map, "\(quantity)") }
                let sheet = folder.file("\(quantity).png")
                try session.press(":export overlay \(sheet)\r", hint: "wrote \(sheet)")
                let drawn = try ImageFile.read(path: sheet)
                let notes = try PNGText.read(sheet)
                #expect(Set(drawn.samples).count > 20 && notes["getam method"] == quantity, "\(quantity)")
            }
            let grid = folder.file("grid.npy"), apart = folder.file("apart.npy")
            try session.press(":quantity attention\r", "attention") { $0.isComplete && $0.status.contains("  attention  ") }
            try session.press(":grid layersxheads\r", "grid") { $0.isComplete }
            try session.press(":export raw \(grid)\r", hint: "wrote \(grid)")
            let options = ["--method", "attention", "--layers", "0-11", "--per-layer", "--heads", "each", "-o", apart]
            #expect(try Explorer.launch(["map", picture] + options).waitForExit() == .status(0))
            let (a, b) = (try ExportTests.NumPy(grid), try ExportTests.NumPy(apart))
            #expect(a.shape == Array(b.shape.suffix(4)))
            // The explorer's pass may be one that keeps all rows.
            let distances = zip(a.values, b.values).map { abs(Float(bitPattern: $0) - Float(bitPattern: $1)) }
            #expect(distances.count == b.values.count && distances.allSatisfy { $0 < 1e-6 } && Set(a.values).count > 1000)
            #expect(try session.quit() == (.status(0), []))
        }

        /// One clear line, and nothing written.
        @Test func whatIsRefused() throws {
            let folder = try ScratchFolder()
            let picture = folder.file("cat.png")
            let source = try ImageFile.read(path: Explorer.picture("01-cat.jpg"))
            try Data(PNGEncoder.encode(source)).write(to: URL(fileURLWithPath: picture))
            let session = try Explorer.start([picture], columns: 160)
            let before = try Data(contentsOf: URL(fileURLWithPath: picture))
            try session.press(":figure \(picture)\r", hint: "is an input")
            try session.press(":figure \(folder.path)/none/f.svg\r", hint: "none")
            try session.press(":figure \(folder.file("f.gif"))\r", hint: "must end in .svg or .png")
            try session.press(":figure \(folder.file("f.png"))\r", hint: "wrote")
            try session.press(":figure \(folder.file("f.png"))\r", hint: "exists")
            try session.press("n", hint: "kept")
            #expect(try session.quit() == (.status(0), []))
            #expect(try Data(contentsOf: URL(fileURLWithPath: picture)) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["cat.png", "f.png"])
            #expect(try PNGText.read(folder.file("f.png"))["getam command"]?.hasPrefix("getam figure cat.png") == true)
        }
    }
}
