/// Pictures given by number: irn's label files leave the underscore of VOC's names out, COCO's pictures are numbered.
enum PictureNumber {
    /// The number that may stand for a picture of this name (without folder and extension); nil where none may.
    ///
    /// `2007_000032` is 2007000032, `COCO_train2014_000000000009` is 9, `000123` is 123.
    static func number(of name: String) -> Int? {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        return [parts.joined(), String(parts[parts.count - 1])].lazy
            .filter { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }.compactMap { Int($0) }.first
    }
}
