import Foundation
import TestSupport
import Testing

/// Arrays that the program writes, read by NumPy itself, where `python3` with NumPy is installed.
@Suite struct NumPyOracleTests {
    /// The search path of the tests, where a Python with NumPy may lie.
    private static let search = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": NSHomeDirectory()]

    private static let isThere: Bool = {
        let outcome = try? Program.run(["python3", "-c", "import numpy"], environment: search, executable: "/usr/bin/env")
        return outcome?.status == 0
    }()

    /// A line an array: its name, element type, shape, whether NumPy would write the very same bytes, and its range.
    private static let script = """
        import io, sys, zipfile, numpy
        def saved(array):
            file = io.BytesIO()
            numpy.save(file, array, allow_pickle=False)
            return file.getvalue()
        def show(name, array, content):
            shape = "x".join(map(str, array.shape))
            print(name, array.dtype.str, shape, saved(array) == content, float(array.min()), float(array.max()))
        for path in sys.argv[1:]:
            if path.endswith(".npz"):
                archive = zipfile.ZipFile(path)
                assert archive.testzip() is None
                with numpy.load(path, allow_pickle=False) as arrays:
                    for name in sorted(arrays.files):
                        show(name, arrays[name], archive.read(name + ".npy"))
            else:
                show("array", numpy.load(path, allow_pickle=False), open(path, "rb").read())
        """

    private func numpy(_ paths: [String]) throws -> [[String]] {
        let outcome = try Program.run(
            ["python3", "-c", Self.script] + paths, environment: Self.search, executable: "/usr/bin/env")
        #expect(outcome.status == 0, "\(outcome.error)")
        return outcome.lines.map { $0.split(separator: " ").map(String.init) }
    }

    @Test(.enabled(if: isThere, "python3 with NumPy is not installed"))
    func numpyReadsWhatTheCommandsWrite() throws {
        let batch = try BatchFolder()
        #expect(try batch.run("out", ["--cams", batch.path("cams")]).status == 0)
        let rows = try numpy(["03-dog", "09-cow-and-sheep"].map { batch.path("cams/\($0).npz") })
        let sizes = try ["03-dog", "09-cow-and-sheep"].map { try batch.labels("out", $0) }.map { "\($0.height)x\($0.width)" }
        #expect(rows.map { Array($0.prefix(4)) } == [
            ["keys", "<i8", "1", "True"], ["maps", "<f4", "1x\(sizes[0])", "True"],
            ["keys", "<i8", "2", "True"], ["maps", "<f4", "2x\(sizes[1])", "True"],
        ])
        // dog is 11; sheep, cow 16 and 9, counted from 0. Maps reach from near 0 to near 1.
        #expect(rows[0].suffix(2) == ["11.0", "11.0"] && rows[2].suffix(2) == ["9.0", "16.0"])
        for row in [rows[1], rows[3]] {
            let (low, high) = (try #require(Double(row[4])), try #require(Double(row[5])))
            #expect(low >= 0 && low < 0.01 && high > 0.99 && high <= 1, "\(row)")
        }

        let maps = batch.path("maps.npy"), layers = batch.path("layers.npy"), probabilities = batch.path("p.npy")
        #expect(try Program.run(["map", Fixtures.cat, "-c", "cat", "-c", "dog", "-o", maps]).status == 0)
        #expect(try Program.run(["map", Fixtures.cat, "-c", "cat", "--layers", "0-11", "--per-layer", "-o", layers]).status == 0)
        #expect(try Program.run(
            ["segment", "-m", SegmentFolder.model, "--scales", "64", batch.path("images/03-dog.jpg"), "-o", probabilities]).status == 0)
        let arrays = try numpy([maps, layers, probabilities])
        #expect(arrays.allSatisfy { $0[1] == "<f4" && $0[3] == "True" }, "\(arrays)")
        #expect(arrays[0][2].hasPrefix("2x") && arrays[1][2].hasPrefix("1x12x") && arrays[2][2].hasSuffix("x\(sizes[0])"), "\(arrays)")
        // What this program's tests read is what NumPy reads.
        let own = try NumPyArray(path: maps)
        #expect(own.values.min().map(Double.init) == Double(arrays[0][4]) && own.values.max().map(Double.init) == Double(arrays[0][5]))
    }
}
