import Checkpoints
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue {
        try Array(text.utf8).withUnsafeBytes { bytes in try JSONParser.parse(bytes) }
    }

    @Test func values() throws {
        #expect(
            try parse(" [null, true,false, 12, -0, 1.5e2, \"a\"] \n")
                == .array([.null, .bool(true), .bool(false), .integer(12), .integer(0), .number(150), .string("a")]))
        #expect(try parse("{\"a\":{},\"b\":[]}") == .object(["a": .object([:]), "b": .array([])]))
        #expect(try parse("99999999999999999999") == .number(1e20))
        #expect(try parse("\"\\n\\u00e9\\ud83d\\ude00é\\/\\\"\"") == .string("\né😀é/\""))
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "1e", "-", "+1", "tru", "nul", "NaN", "\"",
        "\"\\x\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u12g4\"", "\"\\u12", "[1 2]", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "1 1",
        "1e999", "\"\u{1}\"", "{\"a\":1,\"a\":2}",
    ]) func refuses(_ text: String) {
        #expect(throws: JSONParser.Failure.self) { try parse(text) }
    }

    @Test func refusesBytesThatAreNoUTF8() {
        #expect(throws: JSONParser.Failure.self) {
            try ([0x22, 0xC3, 0x28, 0x22] as [UInt8]).withUnsafeBytes { bytes in try JSONParser.parse(bytes) }
        }
    }
}
