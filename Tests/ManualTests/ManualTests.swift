import Foundation
import GETAM
import Testing
import Training

/// The manual against the program: what one knows, the other knows.
@Suite struct ManualTests {
    @Test func everyCommandHasItsPageAndEveryPageItsCommand() throws {
        let commands = try ProgramHelp.pages().map(\.page).sorted()
        #expect(commands.count > 4)
        #expect(try ManualPage.names() == commands)
    }

    @Test func thePageOfTheProgramListsTheCommands() throws {
        let lines = try ManualPage("getam").section("DESCRIPTION")
        let listed = lines.filter { $0.hasPrefix(".It Cm ") }.map { String($0.split(separator: " ")[2]) }
        let commands = try ProgramHelp.pages().dropFirst().map(\.command.commandName)
        #expect(Set(listed) == Set(commands + ["help"]))
        for command in commands { #expect(lines.contains { $0.hasPrefix(".Xr getam-\(command) 1") }, "\(command)") }
    }

    @Test func everyOptionIsInItsPageAndNoOther() throws {
        for (name, command) in try ProgramHelp.pages() {
            let page = try ManualPage(name)
            let described = page.items.flatMap(\.spellings)
            let known = command.shown.flatMap(\.spellings)
            #expect(Set(known).subtracting(described).sorted() == [], "missing in \(name).1")
            #expect(Set(described).subtracting(known).sorted() == [], "only in \(name).1")
            #expect(described.count == Set(described).count, "described twice in \(name).1")
        }
    }

    @Test func valuesHaveTheSameNamesInThePageAsInTheHelp() throws {
        for (name, command) in try ProgramHelp.pages() {
            let items = try ManualPage(name).items
            for argument in command.shown {
                let item = items.first { !Set($0.spellings).isDisjoint(with: argument.spellings) }
                guard let item else { continue }
                #expect(Set(item.spellings) == Set(argument.spellings), "\(name).1")
                if argument.kind == "option" { #expect(item.value == argument.valueName, "\(argument.spellings) in \(name).1") }
                if argument.kind == "flag" { #expect(item.value == nil, "\(argument.spellings) in \(name).1") }
                for value in argument.allValues ?? [] {
                    #expect(item.text.contains("Cm \(value)"), "\(argument.spellings) \(value) in \(name).1")
                }
            }
        }
    }

    @Test func everyMapMethodIsInThePages() throws {
        var seen = 0
        for (name, command) in try ProgramHelp.pages() where command.shown.contains(where: { $0.spellings == ["--method"] }) {
            let lines = try ManualPage(name).items.first { $0.spellings == ["--method"] }?.text.split(separator: "\n") ?? []
            let listed = lines.filter { $0.hasPrefix(".It Cm ") }.map { String($0.dropFirst(7)) }
            let known: [any Quantity] =
                switch name {
                case "getam-map", "getam-figure": Quantities.all
                case "getam-label", "getam-tune": MapMethods.all.filter(\.needsClass)
                default: MapMethods.all
                }
            #expect(listed == known.map(\.identifier), "\(name).1")
            seen += 1
        }
        #expect(seen >= 4)
    }

    @Test func everyKeyOfARecipeIsInItsPage() throws {
        let lines = try ManualPage("getam-train").section("RECIPES")
        var described: Set<String> = []
        for line in lines where line.hasPrefix(".It Li ") || line.hasPrefix(".Li ") {
            let words = line.split(separator: " ").drop { $0.hasPrefix(".") || $0 == "Li" }
            described.formUnion(words.filter { $0 != "," }.map { $0.trimmingCharacters(in: .punctuationCharacters) })
        }
        let keys = RecipeField.all.map(\.path)
        #expect(keys.filter { !described.contains($0) } == [])
        let items = lines.filter { $0.hasPrefix(".It Li ") }.flatMap { $0.dropFirst(7).split(separator: " ").map(String.init) }
        #expect(items.filter { $0 != "," && !keys.contains($0) } == [])
        for kind in Augmentation.Kind.allCases { #expect(lines.contains { $0.hasPrefix(".Cm \(kind.rawValue)") }, "\(kind)") }
    }

    @Test func theSynopsisNamesEveryOption() throws {
        for (name, command) in try ProgramHelp.pages().dropFirst() {
            let synopsis = try ManualPage(name).synopsis
            for argument in command.shown where !argument.spellings.contains("--help") && !argument.spellings.contains("--version") {
                #expect(!synopsis.isDisjoint(with: argument.spellings), "\(argument.spellings) in \(name).1")
            }
            let known = Set(command.shown.flatMap(\.spellings))
            #expect(synopsis.subtracting(known).sorted() == [], "only in the synopsis of \(name).1")
        }
    }

    @Test func everyPageHasItsSections() throws {
        for name in try ManualPage.names() {
            let page = try ManualPage(name)
            for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
                #expect(!page.section(heading).isEmpty, "\(heading) in \(name).1")
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: mandoc), "mandoc is not installed"))
    func mandocFindsNothingToWarnOf() throws {
        let pages = try ManualPage.names().map { ManualPage.folder.appending(path: "\($0).1").path }
        let result = try Program.run(Self.mandoc, ["-T", "lint", "-W", "warning"] + pages)
        #expect(String(decoding: result.output, as: UTF8.self) + result.errors == "")
        #expect(result.status == 0)
    }

    static let mandoc = "/usr/bin/mandoc"
}
