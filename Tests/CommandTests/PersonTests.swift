import Files
import Foundation
import Images
import PTYSupport
import TestSupport
import Testing

/// Names that come out of files, on their way to a person: nothing in them steers the terminal or the direction of a line.
@Suite struct PersonTests {
    /// An escape sequence, controls of both kinds, marks of direction, separators of lines, invisible characters.
    static let hostile = "a\u{1B}[31m\u{7}\u{9B}b\u{202E}\u{2067}\u{61C}\u{200F}c\u{2028}\u{2029}\u{85}d\u{200B}\u{FEFF}\u{2060}\u{3164}e"
    /// What scripts and emoji need, and what only looks unusual.
    static let harmless = "Käse 猫 कि \u{200D}👩\u{200D}🚀 ❤\u{FE0F} می\u{200C}خواهم"

    private let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: path("truth"), withIntermediateDirectories: true)
        try folder.write(PNGEncoder.encode(IndexedImage(width: 2, height: 1, indices: [0, 1])), "truth/p.png")
        // A list holds a name a line, so one without line breaks.
        try folder.write(Self.inOneLine + "\n" + Self.harmless + "\n", "classes.txt")
    }

    private static let inOneLine = hostile.filter { !$0.isNewline }
    private func path(_ name: String) -> String { folder.path + "/" + name }

    private func isFit(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\r" || !$0.isUnprintable }
    }

    private var evaluation: [String] {
        ["evaluate", "--predictions", path("truth"), "--truth", path("truth"), "--class-list", path("classes.txt")]
    }

    @Test func namesAreFitToBeShown() {
        #expect(Self.harmless.printable == Self.harmless)
        #expect(isFit(Self.hostile.printable) && Self.hostile.printable.unicodeScalars.filter { $0 == "\u{FFFD}" }.count == 14)
        for scalar in (0..<0x11_0000).compactMap(Unicode.Scalar.init) where [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory) || scalar.properties.isBidiControl {
            #expect(String(scalar).printable == "\u{FFFD}", "\(scalar.value)")
        }
    }

    /// A file or pipe gets the names as they are, a terminal what can be shown.
    @Test(arguments: [["--csv"], ["--json"], ["--all"]]) func aTerminalIsAPerson(_ form: [String]) throws {
        let piped = try Program.run(evaluation + form)
        #expect(piped.status == 0, "\(piped.error)")
        if form == ["--csv"] { #expect(piped.text.contains(Self.inOneLine)) }
        if form == ["--json"] {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(piped.output)) as? [String: Any])
            #expect(try #require(object["iou"] as? [String: Any]).keys.contains(Self.inOneLine))
        }
        let session = try PTYSession(try Program.path.get(), evaluation + form, environment: Program.environment.merging(["TERM": "xterm"]) { $1 }, columns: 400)
        #expect(try session.waitForExit() == .status(0))
        let shown = String(decoding: session.output, as: UTF8.self)
        #expect(isFit(shown) && shown.contains("Käse 猫"), "\(shown)")
        if form == ["--json"] {
            // Still JSON, of the same names.
            let object = try #require(try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? [String: Any])
            #expect(try #require(object["iou"] as? [String: Any]).keys.contains(Self.inOneLine))
        }
    }

    /// Errors and remarks are one line each, whatever the files are called.
    @Test func errorsAreOneLineEach() throws {
        let name = Self.hostile
        try folder.write("no picture", name + ".png")
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Fixtures.cat, toPath: path("\(name)/\(name).jpg"))
        try folder.write("no picture", "\(name)/x.jpg")
        for arguments in [
            ["classify", path(name + ".png")], ["classify", path(name)], ["map", "-o", path(name + ".npy") + "/x.npy", Fixtures.cat],
            ["classify", "-m", path(name + ".png"), Fixtures.cat], ["map", "-c", name, Fixtures.cat], ["--\(name)"], ["classify", "--" + name, Fixtures.cat],
            ["evaluate", "--predictions", path(name), "--truth", path(name + "x")],
            ["label", "--images", path(name), "--predict", "0.5", "-o", path("out"), "--preset", name],
            ["label", "--images", path(name), "--predict", "0.5", "-o", path("out \(name)")],
        ] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status != 0 && outcome.status < 128 && isFit(outcome.error), "\(arguments): \(outcome.error)")
        }
    }
}
