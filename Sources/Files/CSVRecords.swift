/// Comma-separated values (RFC 4180) as records of fields.
package enum CSVRecords {
    /// The records of a file, those without any field left out; a last one that no line end closes is left out too, since whoever wrote it
    /// may have been stopped.
    package static func whole(_ bytes: [UInt8]) -> [[String]] {
        var records: [[String]] = [], record: [String] = [], field: [UInt8] = []
        var isQuoted = false, wasQuoted = false
        func end() {
            record.append(String(pathBytes: field))
            field.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if place + 1 < bytes.count, bytes[place + 1] == byte {
                    field.append(byte)
                    place += 1
                } else {
                    isQuoted = false
                }
            } else if byte == UInt8(ascii: "\""), field.isEmpty, !wasQuoted {
                (isQuoted, wasQuoted) = (true, true)
            } else if byte == UInt8(ascii: ",") {
                end()
            } else if byte == UInt8(ascii: "\n") {
                if field.last == UInt8(ascii: "\r") { field.removeLast() }
                end()
                if record != [""] { records.append(record) }
                record = []
            } else {
                field.append(byte)
            }
            place += 1
        }
        return records
    }
}
