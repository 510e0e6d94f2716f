import Files
import Images
import Labels

/// True label maps, named as the pictures: palette or gray PNGs.
public struct TruthFolder: Sendable {
    private let files: CompanionFiles
    /// The label number of each index of a true map; what has none is ignored.
    private let numbers: [UInt8]
    private let classCount: Int
    /// What says the files' classes in place of their numbers.
    private let legend: MaskLegend?

    /// - Parameters:
    ///   - files: of the pictures, by their paths.
    ///   - numbers: the number in the explorer's label maps of each class of the true ones, whose number 1 is the first;
    ///     `nil` for a class that the explorer's lack: pixels of it do not count, as those of 255.
    ///   - legend: what says the files' classes in place of their numbers.
    public init(files: CompanionFiles, numbers: [UInt8?], legend: MaskLegend? = nil) {
        self.files = files
        self.legend = legend
        classCount = numbers.count
        var table = [UInt8](repeating: LabelCompletion.ignored, count: 256)
        table[0] = 0
        for (place, number) in numbers.prefix(254).enumerated() { table[place + 1] = number ?? LabelCompletion.ignored }
        self.numbers = table
    }

    /// A picture's true labels, in the explorer's numbers.
    ///
    /// - Parameters:
    ///   - picture: its path.
    ///   - width, height: its size, which the true labels must have.
    /// - Throws: `FileError` where there are none, or they are of another size or hold numbers beyond the class list.
    func labels(of picture: String, width: Int, height: Int) throws(FileError) -> IndexedImage {
        let truth = try stored(of: picture, width: width, height: height)
        return IndexedImage(width: width, height: height, indices: truth.indices.map { numbers[Int($0)] }, palette: truth.palette)
    }

    /// The truth's own number of a class of the explorer's; `nil` where it has none.
    func storedNumber(of number: UInt8) -> UInt8? { numbers.dropLast().firstIndex(of: number).map { UInt8($0) } }

    /// As ``labels(of:width:height:)``, in the truth's own numbers: those of classes that the explorer lacks are there.
    func stored(of picture: String, width: Int, height: Int) throws(FileError) -> IndexedImage {
        let file = try files.file(of: picture)
        let truth = if let legend { try legend.labels(file) } else { try ImageFile.readIndices(path: file) }
        guard truth.width == width, truth.height == height else {
            throw FileError(.invalid, path: file, "is \(truth.width)×\(truth.height), but the picture is \(width)×\(height)")
        }
        let highest = truth.indices.max { ($0 == 255 ? 0 : $0) < ($1 == 255 ? 0 : $1) } ?? 0
        guard highest == 255 || Int(highest) <= classCount else {
            throw FileError(.invalid, path: file, "holds the index \(highest), but the truth's class list ends at \(classCount)")
        }
        return truth
    }
}
