import Files
import TestSupport
import Testing

/// Comma-separated values there and back.
@Suite struct CSVRecordsTests {
    @Test func whatIsWrittenIsRead() {
        let fields = ["a", "", "a,b", "say \"so\"", "two\nlines", "\"", ",", "é", " blank ", "a\rb", String(pathBytes: [0x66, 0xFF, 0x2C])]
        var random = SplitMix(seed: 4)
        let records = (0..<200).map { _ in (0..<Int.random(in: 2...5, using: &random)).map { _ in fields.randomElement(using: &random) ?? "" } }
        let text = records.map { $0.map(\.csvField).joined(separator: ",") + "\n" }.joined()
        #expect(CSVRecords.whole(text.bytes) == records)
        // Cut anywhere, what is whole stays.
        for _ in 0..<50 {
            let found = CSVRecords.whole(Array(text.bytes.prefix(Int.random(in: 0...text.bytes.count, using: &random))))
            #expect(found == Array(records.prefix(found.count)))
        }
    }

    @Test func foreignFilesAreRead() {
        #expect(CSVRecords.whole(Array("a,b\r\n\r\n\"x\"\"y\",2\r\n3,half".utf8)) == [["a", "b"], ["x\"y", "2"]])
        #expect(CSVRecords.whole([]) == [])
    }
}
