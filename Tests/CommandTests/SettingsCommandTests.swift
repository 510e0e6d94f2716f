import Foundation
import TestSupport
import Testing

/// The file of settings, found where it is looked for; a wrong one keeps nothing from starting.
@Suite struct SettingsCommandTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func write(_ text: String) throws -> [String: String] {
        try FileManager.default.createDirectory(atPath: folder.path + "/getam", withIntermediateDirectories: true)
        try text.write(toFile: folder.path + "/getam/config.json", atomically: true, encoding: .utf8)
        return ["XDG_CONFIG_HOME": folder.path]
    }

    @Test func isReadAndOptionsGoBefore() throws {
        let environment = try write("{\"view\": \"map\", \"colors\": \"mono\", \"preset\": \"acr\", \"histogram\": true}")
        let outcome = try Program.run([Fixtures.cat], environment: environment)
        #expect(outcome.status == 0 && outcome.error.isEmpty && outcome.lines.contains { $0.hasPrefix("─ map ") || $0.contains(" map · ") }, "\(outcome.text)")
        let given = try Program.run([Fixtures.cat, "--view", "picture"], environment: environment)
        #expect(given.lines.contains { $0.contains(" picture ") } && !given.lines.contains { $0.contains(" map · ") })
        let home = try Program.run([Fixtures.cat], environment: ["HOME": folder.path])
        #expect(home.output != outcome.output)
        let named = try Program.run([Fixtures.cat, "--config", folder.path + "/getam/config.json"])
        #expect(named.output == outcome.output)
        #expect(try Program.run([Fixtures.cat, "--config", folder.path + "/none.json"]).status == 66)
    }

    @Test func wrongOnesAreToldAndTheProgramStarts() throws {
        for (text, message) in [
            ("{\n  \"veiw\": \"map\"}", "config.json:2:3: no setting “veiw”; did you mean “view”?; ignored"),
            ("{\"view\": ", "config.json:1:10: is not valid JSON: the text ends too early; all of it is ignored"),
            ("{\"model\": \"/no/such/model\"}", "config.json:1:2: model: /no/such/model"),
            ("{\n\"preset\": \"nosuch\"}", "config.json:2:1: preset: nosuch: neither a built-in preset"),
            ("{\"preset\": \"mine\", \"presets\": {\"mine\": \"/no/such.json\"}}", "config.json:1:2: preset: /no/such.json: neither"),
            ("{\"view\": \"map\", \"class-list\": \"/no/such.txt\"}", "config.json:1:17: class-list: /no/such.txt"),
            ("{\"preset\": \"\(folder.path)/getam/config.json\"}", "config.json:1:2: preset: \(folder.path)/getam/config.json"),
            ("{\"keys\": {\"z\": \"frobnicate\"}}", "config.json:1:11: keys: z: no command “frobnicate”"),
        ] {
            let outcome = try Program.run([Fixtures.cat], environment: try write(text))
            #expect(outcome.status == 0 && outcome.lines.count == 24, "\(outcome.error)")
            #expect(outcome.errorLines.count == 1 && outcome.error.contains(message) && outcome.error.hasSuffix("ignored\n"), "\(outcome.error)")
        }
        // What is right beside it holds, and what is wrong on the command line is as wrong as ever.
        let environment = try write("{\"view\": \"map\", \"model\": \"/no/such\", \"preset\": \"nosuch\"}")
        let outcome = try Program.run([Fixtures.cat], environment: environment)
        #expect(outcome.error.contains("model: /no/such:") && outcome.error.contains("preset: nosuch:"), "\(outcome.error)")
        #expect(outcome.status == 0 && outcome.errorLines.count == 2 && outcome.lines.contains { $0.contains(" map · ") }, "\(outcome.error)")
        let given = try Program.run([Fixtures.cat, "-m", "/not/there"], environment: environment)
        #expect(given.status == 66 && given.isOneLine && given.error.contains("/not/there"), "\(given.error)")
    }

    /// Presets by the user's own names, where labels are made without a screen, too.
    @Test func presetsAreTakenByName() throws {
        let batch = try BatchFolder()
        let path = try batch.write(#"{"version":1,"layers":{"from":9},"completion":{"level":0.6,"cut":null,"opening":0}}"#, "field.json")
        let environment = try write("{\"presets\": {\"meadow\": \"\(path)\", \"lost\": \"/no/such.json\", \"acr\": \"/no/acr.json\"}}")
        let named = try batch.run("named", ["--preset", "meadow"], environment: environment)
        #expect(named.status == 0, "\(named.error)")
        #expect(try batch.run("file", ["--preset", path]).status == 0)
        #expect(try batch.contents("named") == batch.contents("file"))
        // Built-in ones go before.
        #expect(try batch.run("acr", ["--preset", "acr"], environment: environment).status == 0)
        for (name, message) in [("medow", "; did you mean “meadow”"), ("lost", "/no/such.json, which is not there")] {
            let outcome = try batch.run("none", ["--preset", name], environment: environment)
            #expect(outcome.status == 66 && outcome.isOneLine && outcome.error.contains(message), "\(outcome.error)")
        }
        // The file is an input, whatever it is called.
        let over = try batch.run("none", ["--preset", "meadow", "--export", "coco=\(path)"], environment: environment)
        #expect(over.status == 64 && over.error.contains("is an input"), "\(over.error)")
    }

    /// A session is the same everywhere.
    @Test func sessionsArePlayedWithout() throws {
        let environment = try write("{\"view\": \"map\", \"keys\": {\"j\": \"quit\"}}")
        let path = folder.path + "/session.txt"
        try "press j h\n".write(toFile: path, atomically: true, encoding: .utf8)
        let plain = try Program.run([Fixtures.cat, "--play", path]), other = try Program.run([Fixtures.cat, "--play", path], environment: environment)
        #expect(plain.status == 0 && plain.output == other.output && other.error.isEmpty)
    }
}
