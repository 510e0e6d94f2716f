import Files
import Foundation
import Images
import TestSupport

/// A data set of bundled pictures, small enough to label many times, and the runs over it.
struct BatchFolder {
    let folder: TemporaryFolder
    static let names = ["01-cat", "03-dog", "06-sheep", "08-two-dogs", "09-cow-and-sheep", "10-horses-and-dog"]

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: path("images"), withIntermediateDirectories: true)
        for name in Self.names {
            try FileManager.default.copyItem(atPath: Fixtures.picture(name + ".jpg"), toPath: path("images/\(name).jpg"))
        }
        try write(Self.names.joined(separator: "\n") + "\n", "list.txt")
        // A name that the model lacks, one that no list has, one picture without classes.
        try write(
            """
            01-cat cat,sofa
            03-dog dog
            06-sheep
            08-two-dogs dog,unicorn
            09-cow-and-sheep sheep,cow
            10-horses-and-dog horse,dog

            """, "labels.txt")
    }

    func path(_ name: String) -> String { folder.path + "/" + name }
    @discardableResult func write(_ text: String, _ name: String) throws -> String { try folder.write(text, name) }

    /// The arguments of a run that writes to the folder `output`.
    func arguments(_ output: String, _ more: [String] = [], classList: String = "voc") -> [String] {
        ["label", "--images", path("images"), "--list", path("list.txt"), "--labels", path("labels.txt"),
            "--class-list", classList, "-o", path(output)] + more
    }

    func run(_ output: String, _ more: [String] = [], environment: [String: String] = [:]) throws -> Outcome {
        try Program.run(arguments(output, more), environment: environment)
    }

    func entries(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted() }

    /// The bytes of every file of a folder.
    func contents(_ name: String) throws -> [String: Data] {
        Dictionary(uniqueKeysWithValues: try entries(name).map { ($0, try Data(contentsOf: URL(filePath: path("\(name)/\($0)")))) })
    }

    func labels(_ output: String, _ name: String) throws -> IndexedImage {
        try ImageFile.readIndices(path: path("\(output)/\(name).png"))
    }
}
