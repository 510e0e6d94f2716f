import Files

/// The table of contents of a `.safetensors` file, checked as the reference implementation checks it.
///
/// Layout: 8 bytes little-endian header length n, n bytes of JSON, then the elements. Offsets count from byte 8 + n; the
/// tensors cover the rest of the file without overlap and without holes.
struct SafetensorsHeader {
    struct Entry {
        let info: TensorInfo
        /// Where the elements start, from the beginning of the file.
        let start: Int
    }

    /// The format's own limit on the header's length.
    static let maximumLength = 100_000_000

    /// In file order.
    private(set) var entries: [Entry] = []
    /// Texts by name.
    private(set) var metadata: [String: String] = [:]

    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: for error lines.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
        func invalid(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        guard !bytes.isEmpty else { throw invalid("is empty") }
        guard bytes.count >= 8 else { throw invalid("is cut short: \(bytes.count) bytes are no safetensors file") }
        let stated = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard stated <= UInt64(Self.maximumLength) else {
            throw invalid("is not a safetensors file: header length \(stated) is above the format's limit of 100 MB")
        }
        let length = Int(stated)
        guard length <= bytes.count - 8 else {
            throw invalid(
                "is cut short or not a safetensors file: header length \(length), but only \(bytes.count - 8) bytes follow"
            )
        }
        let value: JSONValue
        do throws(JSONParser.Failure) {
            value = try JSONParser.parse(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]))
        } catch {
            throw invalid("is not a safetensors file: the header is not valid JSON: \(error)")
        }
        guard case .object(let members) = value else {
            throw invalid("is not a safetensors file: the header is not a JSON object")
        }
        let dataCount = bytes.count - 8 - length
        var ranges: [(range: Range<Int>, info: TensorInfo)] = []
        ranges.reserveCapacity(members.count)
        for (name, member) in members {
            if name == "__metadata__" {
                guard let texts = Self.texts(member) else { throw invalid("__metadata__ must map text to text") }
                metadata = texts
                continue
            }
            do throws(Problem) {
                ranges.append(try Self.tensor(name, member, dataCount: dataCount))
            } catch {
                throw invalid("tensor \"\(name.prefix(200))\" \(error.reason)")
            }
        }
        ranges.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.info.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.info.name
            )
        }
        var end = 0
        for (range, info) in ranges {
            guard range.lowerBound >= end else {
                throw invalid(
                    "tensor \"\(info.name.prefix(200))\" overlaps another: it starts at \(range.lowerBound), before \(end)"
                )
            }
            guard range.lowerBound == end else {
                throw invalid("bytes \(end)..<\(range.lowerBound) of the data belong to no tensor")
            }
            end = range.upperBound
            entries.append(Entry(info: info, start: 8 + length + range.lowerBound))
        }
        guard end == dataCount else { throw invalid("bytes \(end)..<\(dataCount) of the data belong to no tensor") }
    }

    private struct Problem: Error { let reason: String }

    /// Nil for what maps not text to text.
    private static func texts(_ value: JSONValue) -> [String: String]? {
        guard case .object(let members) = value else { return nil }
        let texts = members.compactMapValues { if case .string(let text) = $0 { text } else { nil } }
        return texts.count == members.count ? texts : nil
    }

    /// Reads `{"dtype", "shape", "data_offsets"}`; other members are ignored, as the reference implementation does.
    private static func tensor(
        _ name: String, _ value: JSONValue, dataCount: Int
    ) throws(Problem) -> (range: Range<Int>, info: TensorInfo) {
        guard case .object(let members) = value else { throw Problem(reason: "is not described by an object") }
        guard case .string(let typeName)? = members["dtype"] else { throw Problem(reason: "has no dtype") }
        guard let type = ElementType(rawValue: typeName) else {
            throw Problem(reason: "has the unknown dtype \"\(typeName.prefix(40))\"")
        }
        guard let shape = wholeNumbers(members["shape"]) else {
            throw Problem(reason: "has no valid shape: a list of whole numbers from 0 was expected")
        }
        guard let offsets = wholeNumbers(members["data_offsets"]), offsets.count == 2 else {
            throw Problem(reason: "has no valid data_offsets: two whole numbers from 0 were expected")
        }
        guard offsets[0] <= offsets[1] else { throw Problem(reason: "ends before it starts: data_offsets \(offsets)") }
        guard offsets[1] <= dataCount else {
            throw Problem(
                reason:
                    "lies outside the file: it ends at byte \(offsets[1]) of the data, which has \(dataCount) (cut short?)"
            )
        }
        guard let bits = shape.productWithoutOverflow(times: type.bitCount) else {
            throw Problem(reason: "has an impossible shape: \(shape)")
        }
        let bytes = bits / 8
        guard bits % 8 == 0, bytes == offsets[1] - offsets[0] else {
            throw Problem(
                reason: "takes \(offsets[1] - offsets[0]) bytes, but \(typeName) of shape \(shape) takes \(bytes)")
        }
        return (offsets[0]..<offsets[1], TensorInfo(name: name, elementType: type, shape: shape, byteCount: bytes))
    }

    private static func wholeNumbers(_ value: JSONValue?) -> [Int]? {
        guard case .array(let values)? = value else { return nil }
        var numbers: [Int] = []
        for value in values {
            guard case .integer(let number) = value, number >= 0 else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}

extension [Int] {
    /// `factor` times every element; nil on overflow, even where a later 0 would make the product small.
    func productWithoutOverflow(times factor: Int = 1) -> Int? {
        var product = factor
        var isEmpty = false
        for extent in self {
            if extent == 0 {
                isEmpty = true
                continue
            }
            let (result, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            product = result
        }
        return isEmpty ? 0 : product
    }
}
