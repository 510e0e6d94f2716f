import Checkpoints
import Files

extension JSONValue {
    /// The value of a JSON text that is no file of its own: a note of a PNG, a line.
    ///
    /// - Parameter path: where the text stands, for error messages.
    /// - Throws: `FileError`.
    init(note text: String, path: String) throws(FileError) {
        let bytes = Array(text.utf8)
        let result: Result<JSONValue, JSONParser.Failure> = bytes.withUnsafeBytes { buffer in
            do throws(JSONParser.Failure) { return .success(try JSONParser.parse(buffer)) } catch { return .failure(error) }
        }
        do throws(JSONParser.Failure) {
            self = try result.get()
        } catch { throw FileError(.invalid, path: path, "is not valid JSON: \(error)") }
    }
}
