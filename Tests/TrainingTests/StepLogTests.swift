import Files
import Testing
import TestSupport
@testable import Training

@Suite struct StepLogTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func open(through step: Int, _ columns: [String] = ["step", "a"], isEveryStep: Bool = false) throws -> StepLog {
        try StepLog(path: folder.path + "/log.csv", columns: columns, through: step, isEveryStep: isEveryStep)
    }

    private var text: String {
        get throws { String(decoding: try MappedFile(path: folder.path + "/log.csv").withBytes { Array($0) }, as: UTF8.self) }
    }

    @Test func linesUpToAStepStay() throws {
        let log = try open(through: 0)
        for step in [2, 4, 6] { try log.append(["\(step)", "x"]) }
        _ = try open(through: 5)
        #expect(try text == "step,a\n2,x\n4,x\n")
        // What a kill left of a line goes.
        try folder.write("step,a\n2,x\n4,x", "log.csv")
        _ = try open(through: 9)
        #expect(try text == "step,a\n2,x\n")
        // So does what follows a line that is none.
        try folder.write("step,a\n2,x\n?\n3,x\n", "log.csv")
        _ = try open(through: 9)
        #expect(try text == "step,a\n2,x\n")
        // Another header: another table.
        _ = try open(through: 9, ["step", "b"])
        #expect(try text == "step,b\n")
    }

    @Test func ofATableWithEveryStepNoneIsLost() throws {
        try folder.write("step,a\n1,x\n2,x\n3,x\n", "log.csv")
        _ = try open(through: 2, isEveryStep: true)
        #expect(try text == "step,a\n1,x\n2,x\n")
        _ = try open(through: 3, isEveryStep: true)
        #expect(try text == "step,a\n")
    }

    /// Names with commas, quotes and line feeds, by RFC 4180.
    @Test func fieldsAreQuoted() throws {
        let columns = ["step", "tabby, cat", "a \"b\"", "two\nlines", "plain"]
        try open(through: 0, columns).append(["1", "", "x,y", "\"", "u\u{301}\"\u{301}"])
        let header = "step,\"tabby, cat\",\"a \"\"b\"\"\",\"two\nlines\",plain\n"
        let line = "1,,\"x,y\",\"\"\"\",\"u\u{301}\"\"\u{301}\"\n"
        #expect(try Array(text.utf8) == Array((header + line).utf8))
        try open(through: 1, columns).append(["2", "two\nlines", "", "", ""])
        _ = try open(through: 1, columns)
        #expect(try Array(text.utf8) == Array((header + line).utf8))
    }
}
