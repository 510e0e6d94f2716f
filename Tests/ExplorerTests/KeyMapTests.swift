import Explorer
import Testing

/// The table that everything else is made from.
@Suite struct KeyMapTests {
    @Test func noKeyHasTwoMeanings() {
        var seen: [KeyContext: Set<Key>] = [:]
        for binding in KeyMap.bindings {
            for key in binding.keys {
                #expect(seen[binding.context, default: []].insert(key).inserted, "\(key) in \(binding.context)")
            }
        }
    }

    @Test(arguments: KeyMap.bindings.filter { [.browse, .review, .paint, .sweep, .sheet].contains($0.context) }.map(\.description))
    func everyKeyHasACommandThatDoesTheSame(_ description: String) throws {
        let binding = try #require(KeyMap.bindings.first { $0.description == description })
        let command = try #require(binding.command)
        #expect(try Command.action(of: command, in: ScriptedExplorer().state) == binding.action)
    }

    @Test func theHelpNamesEveryKeyAndCommand() {
        var explorer = ScriptedExplorer(columns: 100, rows: 48)
        explorer.press("?")
        var seen = Set<String>()
        for _ in 0..<80 {
            seen.formUnion(explorer.screen)
            explorer.press("pgdn")
        }
        let text = seen.joined(separator: "\n")
        for binding in KeyMap.bindings { #expect(text.contains(binding.description), "\(binding.description)") }
        for command in Command.table { #expect(text.contains(":\(command.name) "), "\(command.name)") }
        explorer.press("esc")
        #expect(explorer.state.mode == .browse)
    }

    @Test func documentsNameEveryKey() {
        let man = KeyMap.manPage(), readme = KeyMap.plainText()
        #expect(man.ranges(of: ".It Ic").count == KeyMap.bindings.count)
        for line in man.split(separator: "\n") { #expect(line.unicodeScalars.allSatisfy { $0.isASCII }, "\(line)") }
        for binding in KeyMap.bindings where [.browse, .review, .paint, .sweep, .sheet].contains(binding.context) {
            #expect(readme.contains("  \(binding.keyNames) "))
            #expect(readme.contains(binding.description))
        }
    }

    @Test func commandsSayWhatIsWrong() {
        let state = ScriptedExplorer().state
        let cases = [
            ("layer -9223372036854775808", "layer: “-9223372036854775808” is no layer number, +N, -N, fused or toggle"),
            ("adjust -9223372036854775808", "adjust: “-9223372036854775808” is not +N or -N"),
            ("layer x", "layer: “x” is no layer number, +N, -N, fused or toggle"),
            ("colormap blue", "colormap: “blue” is none of viridis, magma, cividis, jet, gray, next"),
            ("threshold 2", "threshold: 2 is not from 0 to 1"),
            ("opacity nan", "opacity: “nan” is not a number from 0 to 1"),
            ("class 99", "class 99: classes go from 0 to 39"),
            ("class zebra", "no class named “zebra”"),
            ("frobnicate", "no command “frobnicate”; ? finds them, Tab completes"),
            ("re", "“re” may be region, regions, redo, retry, redraw"),
            ("quit now", "“quit” takes no argument"),
            ("image nowhere", "image: no picture “nowhere”"),
            ("export pdf", "export: “pdf” is none of overlay, raw, mask, label, masks, coco, labelme, maps, confidence, doubt, preset, coco-stuff, coco-panoptic, polygons, cvat, label-studio, datumaro, roboflow, fiftyone, imagefolder"),
            ("adjust 99999999999999999999", "adjust: “99999999999999999999” is not +N or -N"),
        ]
        for (line, message) in cases {
            #expect(throws: CommandError(message)) { try Command.action(of: line, in: state) }
        }
    }

    @Test func commandsDoWhatTheySay() throws {
        let state = ScriptedExplorer().state
        let cases: [(String, Action)] = [
            ("layer 7", .showLayer(.layer(7))), ("layer fused", .showLayer(.fused)), ("class golden", .selectClass(1)),
            ("class TABBY, TABBY CAT", .selectClass(0)), ("class 3", .selectClass(3)), ("start 6", .setThreshold(.start, 6)),
            ("threshold 40%", .setThreshold(.cut, 0.4)), ("threshold off", .setThreshold(.cut, 0)),
            ("opacity 0.6", .setThreshold(.opacity, 0.6)), ("colormap magma", .setColorMap(.magma)),
            ("export overlay my out.png", .export(.overlay, path: "my out.png")), ("image 3", .showPicture(2)),
            ("image photo-1", .showPicture(1)), ("threshold", .note("threshold off (0…1|N%|off)")), ("view split", .setLayout(.split)), ("view map", .setView(.map)),
            ("probe 3 4", .probe(column: 3, row: 4)), ("q", .quit), ("  col   next  ", .cycleColorMap),
            ("mark golden", .toggleMarkOf(1)), ("mark none", .clearMarks), ("method rollout", .setMethod(1)),
            ("zoom 4", .setZoom(4)), ("mouse off", .setMouse(false)), ("overlay on", .setOverlay(true)),
        ]
        for (line, action) in cases { #expect(try Command.action(of: line, in: state) == action, "\(line)") }
    }

    @Test func unknownKeysSaySo() {
        var explorer = ScriptedExplorer()
        explorer.press("z")
        #expect(explorer.state.message?.text == "z means nothing here; ? finds keys and commands")
    }
}
