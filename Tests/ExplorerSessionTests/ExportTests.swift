import Foundation
import Images
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Files written from the explorer are right, and never replace others silently.
    @Suite struct ExportTests {
        @Test func rawMapsEqualTheMapCommands() throws {
            let folder = try ScratchFolder()
            let picture = Explorer.picture("09-cow-and-sheep.jpg")
            let session = try Explorer.start([picture])
            let other = folder.file("all.npy")
            let command = try Explorer.launch(["map", picture, "--layers", "0-11", "--per-layer", "-o", other])
            #expect(try command.waitForExit() == .status(0))
            let all = try NumPy(other)
            let grid = Array(all.shape[2...]), patches = grid.reduce(1, *)
            #expect(all.shape == [1, 12] + grid && grid.count == 2 && patches > 100)
            let layers = (0..<12).map { Array(all.values[$0 * patches..<($0 + 1) * patches]) }

            func export(_ name: String) throws -> NumPy {
                let path = folder.file(name)
                try session.press(":export raw \(path)\r", hint: "wrote \(path)")
                let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
                #expect(session.screen.hint.contains(String(format: "%.1f KB", Double(size) / 1000)) || session.screen.hint.contains("\(size) bytes"))
                return try NumPy(path)
            }
            let fused = try export("fused.npy")
            #expect(fused.shape == grid)
            for patch in 0..<patches {
                let sum = (6..<12).reduce(0) { $0 + Double(Float(bitPattern: layers[$1][patch])) }
                #expect(abs(Double(Float(bitPattern: fused.values[patch])) - sum) < 1e-6)
            }
            // Of one layer bit by bit.
            try session.press("hhh", status: "layer 9")
            let single = try export("layer.npy")
            #expect(single.shape == grid && single.values == layers[9])
            #expect(Set(single.values).count > 100 && single.values != layers[8])
            #expect(try session.quit() == (.status(0), []))
        }

        /// What is read is not written over, whatever path leads to it; a FIFO that nobody reads keeps nobody waiting.
        @Test func inputsStay() throws {
            let folder = try ScratchFolder()
            let picture = folder.file("cat.jpg"), labels = folder.file("labels.txt")
            try FileManager.default.copyItem(atPath: Explorer.picture("01-cat.jpg"), toPath: picture)
            try folder.link("link.png", to: "cat.jpg")
            try folder.write("labels.txt", "cat cat\n")
            let session = try Explorer.start([folder.path, "--labels", labels], columns: 200)
            let before = try Data(contentsOf: URL(fileURLWithPath: picture))
            for target in [picture, folder.file("link.png"), labels] {
                try session.press(":export overlay \(target)\r", hint: "is an input")
                try session.press("h", status: "layer")
                try session.press("l", status: "fused")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: picture)) == before)
            #expect(try String(contentsOfFile: labels, encoding: .utf8) == "cat cat\n")
            #expect(mkfifo(folder.file("fifo.png"), 0o600) == 0)
            try session.press(":export overlay \(folder.file("fifo.png"))\r", hint: "exists")
            try session.press("y", hint: "that nobody reads")
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func overlayAndMask() throws {
            let folder = try ScratchFolder()
            let picture = Explorer.picture("01-cat.jpg")
            let session = try Explorer.start([picture], columns: 160)
            try session.press("em", hint: "no mask: the threshold is off")
            try session.press(":threshold 0.3\r", shows: "≥0.30:")
            let share = try #require(session.screen.lines.first { $0.contains("≥0.30: ") })
                .split(separator: "≥0.30: ")[1].prefix { $0 != "%" }

            // The prompt holds a name; typed over, it is the file's.
            try session.press("e", hint: "export  o overlay  r raw  m mask")
            try session.press("m", hint: "01-cat-cat-getam-fused6-11-mask.png")
            let mask = folder.file("mask.png")
            try session.press("\u{15}\(mask)\r", hint: "wrote \(mask)")
            let pixels = try ImageFile.read(path: mask)
            #expect(pixels.width == 500 && pixels.height == 375)
            #expect(Set(pixels.samples) == [0, 255])
            let white = pixels.samples.reduce(0) { $0 + ($1 == 255 ? 1 : 0) }
            let percent = Float(white) / Float(pixels.samples.count) * 100
            #expect(abs(percent - (Float(share) ?? -1)) < 0.3, "\(percent) \(share)")
            let text = try PNGText.read(mask)
            #expect(text["getam class"] == "0 cat" && text["getam layers"] == "6-11" && text["getam method"] == "getam")

            let overlay = folder.file("overlay.png")
            try session.press("eo\u{15}\(overlay)\r", hint: "wrote \(overlay)")
            let shown = try ImageFile.read(path: overlay), original = try ImageFile.read(path: picture)
            #expect(shown.width == 500 && shown.height == 375)
            #expect(shown.samples != original.samples)
            // Without the map the picture itself is exported.
            let plain = folder.file("plain.png")
            try session.press("o", shows: "overlay off")
            try session.press(":export overlay \(plain)\r", hint: "wrote \(plain)")
            #expect(try ImageFile.read(path: plain).samples == original.samples)
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func existingFilesAreAskedFor() throws {
            let folder = try ScratchFolder()
            let session = try Explorer.start([Explorer.picture("01-cat.jpg")], columns: 160)
            try folder.write("there.npy", "precious")
            let path = folder.file("there.npy")
            try session.press(":export raw \(path)\r", hint: "Replace it?  y yes  n no")
            try session.press("j", "still asked") { $0.hint.contains("Replace it?") }
            try session.press("n", hint: "kept \(path)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
            try session.press(":export raw \(path)\r", hint: "Replace it?")
            try session.press("\u{1B}", hint: "kept \(path)")
            try session.press(":export raw \(path)\r", hint: "Replace it?")
            try session.press("y", hint: "wrote \(path)")
            #expect(try NumPy(path).shape == [17, 23])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["there.npy"])
            try session.press(":export raw \(folder.path)/no/such/map.npy\r", "failure") {
                $0.hint.contains("no/such") && !$0.hint.contains("wrote") && !$0.hint.contains("writing")
            }
            // A folder is nothing to replace.
            try session.press(":export overlay \(folder.path)\r", hint: "\(folder.path): is a folder")
            try session.press(":layer 3\r", status: "layer 3")
            #expect(try session.quit() == (.status(0), []))
        }

        /// Just enough of NumPy's format (version 1.0), written anew here so that two mistakes cannot agree.
        struct NumPy {
            let shape: [Int]
            let values: [UInt32]

            init(_ path: String) throws {
                let data = try Data(contentsOf: URL(fileURLWithPath: path))
                try #require(data.count > 10 && data.prefix(8) == Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]))
                let length = Int(data[8]) | Int(data[9]) << 8
                let header = String(decoding: data[10..<10 + length], as: UTF8.self)
                try #require(header.contains("'<f4'") && header.contains("'fortran_order': False"))
                let tuple = header.split(separator: "(")[1].prefix { $0 != ")" }
                shape = tuple.split(separator: ",").compactMap { Int($0.drop { $0 == " " }) }
                let bytes = [UInt8](data[(10 + length)...])
                values = stride(from: 0, to: bytes.count - 3, by: 4).map { at in
                    (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
                }
            }
        }
    }
}
