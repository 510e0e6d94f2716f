import Glibc

/// All names of an archive as one text that is searched by the C library: a thousand names against some thirty pieces would
/// otherwise take longer than the rest of loading.
struct TensorNames {
    /// One a line, with a zero at the end and none inside.
    private let text: [CChar]

    init(_ archive: any TensorArchive) {
        var text: [CChar] = []
        text.reserveCapacity(archive.tensors.reduce(1) { $0 + $1.name.utf8.count + 1 })
        for info in archive.tensors {
            for byte in info.name.utf8 { text.append(byte == 0 ? 0x0A : CChar(bitPattern: byte)) }
            text.append(0x0A)
        }
        self.text = text + [0]
    }

    func contain(_ piece: String) -> Bool {
        text.withUnsafeBufferPointer { $0.baseAddress.map { strstr($0, piece) != nil } ?? false }
    }
}
