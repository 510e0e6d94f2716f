import Checkpoints
import Foundation
import Images
import TestSupport
import Testing

/// `getam map` with quantities, heads, query tokens and contrasts, against float64 PyTorch.
@Suite struct QuantityCommandTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private static let model = "registers_layerscale"
    /// Queries of the oracle by their places.
    private static let queries = ["picture", "cls", "reg0", "reg1", "reg2", "reg3", "3,0", "4,4"]

    private var picture: [String] { [Fixtures.model("\(Self.model)/image.png"), "-m", Fixtures.model(Self.model)] }

    private func array(_ arguments: [String]) throws -> NumPyArray {
        let path = folder.path + "/map.npy"
        let outcome = try Program.run(["map", "-o", path] + picture + arguments)
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
        return try NumPyArray(path: path)
    }

    private func oracle(_ name: String) throws -> [Float] {
        try SafetensorsFile(path: Fixtures.path("quantities/\(Self.model).safetensors")).tensor(named: name).values
    }

    /// One layer's part of `[layers, queries, 1 + heads, patches]` for a query, from `first` on.
    private func part(_ values: [Float], target: Int = 0, layer: Int, query: Int, heads: Range<Int>) -> ArraySlice<Float> {
        let start = ((target * 3 + layer) * Self.queries.count + query) * 3
        return values[(start + heads.lowerBound) * 25..<(start + heads.upperBound) * 25]
    }

    @Test(arguments: ["attention", "attention-received", "key-similarity", "getam", "grad-attention", "grad", "grad-squared"])
    func headsAndQueries(_ method: String) throws {
        let expected = try oracle(method)
        let isOfClass = method.hasPrefix("g"), classes = isOfClass ? ["-c", "4"] : []
        for (number, query) in Self.queries.enumerated() where number % 2 == 0 || number == 7 {
            let each = try array(["--method", method, "--heads", "each", "--per-layer", "--layers", "0-2", "--query", query] + classes)
            #expect(each.type == "<f4" && each.shape == [1, 3, 2, 5, 5])
            let one = try array(["--method", method, "--heads", "1", "--layers", "1", "--query", query] + classes)
            #expect(one.shape == [1, 5, 5])
            let mean = try array(["--method", method, "--layers", "1", "--query", query] + classes)
            let block = expected[0..<3 * Self.queries.count * 3 * 25].reduce(0) { max($0, abs($1)) }
            func check(_ found: some Collection<Float>, _ reference: ArraySlice<Float>) {
                #expect(zip(found, reference).allSatisfy { abs($0 - $1) <= 2e-5 * block }, "\(method) \(query)")
            }
            for layer in 0..<3 {
                check(each.values[layer * 50..<(layer + 1) * 50], part(expected, layer: layer, query: number, heads: 1..<3))
            }
            check(one.values, part(expected, layer: 1, query: number, heads: 2..<3))
            check(mean.values, part(expected, layer: 1, query: number, heads: 0..<1))
        }
    }

    @Test func contrasts() throws {
        for (arguments, target) in [(["-c", "4", "--contrast", "thing1"], 2), (["-c", "4", "--contrast", "auto"], 3), (["-c", "2", "--contrast", "auto"], 4)] {
            let lens = try array(["--method", "lens", "--per-layer", "--layers", "0-2"] + arguments)
            let expected = try oracle("lens")[target * 75..<(target + 1) * 75]
            #expect(lens.shape == [1, 3, 5, 5] && relativeDeviation(lens.values, expected) < 2e-5)
            let cdam = try array(["--method", "cdam", "--layers", "2"] + arguments).values
            #expect(try relativeDeviation(cdam, oracle("cdam")[(target * 3 + 2) * 25..<(target * 3 + 3) * 25]) < 1e-4)
        }
    }

    @Test func tablesClassesAndColors() throws {
        for name in ["entropy", "distance", "prefix-mass"] {
            let table = try array(["--method", name])
            #expect(try table.shape == [3, 2] && relativeDeviation(table.values, oracle(name)) < 2e-5)
            #expect(try array(["--method", name, "--layers", "1-2"]).values == Array(table.values[2...]))
        }
        let curve = try array(["--method", "lens-curve", "-c", "4", "-c", "1"])
        let expected = try oracle("lens-curve")
        #expect(curve.shape == [3, 2] && relativeDeviation(curve.values, (0..<3).flatMap { [expected[$0], expected[3 + $0]] }) < 2e-5)
        let classes = try array(["--method", "lens-class", "--per-layer", "--layers", "0-2"])
        #expect(try classes.type == "<i4" && classes.shape == [3, 5, 5] && classes.values == oracle("lens-class"))
        #expect(try array(["--method", "lens-class"]).values == Array(classes.values[50...]))
        let colors = try array(["--method", "pca"])
        #expect(colors.type == "|u1" && colors.shape == [5, 5, 3])
        #expect(try zip(colors.values, oracle("pca")[150...]).allSatisfy { abs($0 - $1) < 0.51 })
        let norms = try array(["--method", "token-norm", "--layers", "2"])
        #expect(try norms.shape == [1, 5, 5] && relativeDeviation(norms.values, oracle("token-norm")[50...]) < 2e-5)
    }

    @Test func picturesHaveATileALayerAndHead() throws {
        let path = folder.path + "/map.png"
        for (arguments, size) in [
            (["--method", "attention", "--heads", "each", "--per-layer", "--layers", "1-2"], [160, 40]), (["--method", "pca"], [40, 40]),
            (["--method", "lens-class", "--per-layer", "--layers", "0-2"], [120, 40]), (["--method", "cdam", "-c", "1", "-c", "2"], [40, 80]),
        ] {
            let outcome = try Program.run(["map", "-o", path] + picture + arguments)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
            let image = try ImageFile.read(path: path)
            #expect([image.width, image.height] == size)
        }
    }

    /// A table as a picture, of the layers asked for, and of several classes one under the other.
    @Test func tablesAreDrawn() throws {
        func size(_ arguments: [String]) throws -> (width: Int, height: Int) {
            let path = folder.path + "/table.png"
            let outcome = try Program.run(["map", "-o", path] + picture + arguments)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
            let image = try ImageFile.read(path: path)
            // There is something on the white.
            #expect(Set(image.samples).count > 8)
            return (image.width, image.height)
        }
        let whole = try size(["--method", "entropy"]), part = try size(["--method", "entropy", "--layers", "1-2"])
        #expect(whole.width == part.width && whole.height > part.height)
        let one = try size(["--method", "lens-curve", "-c", "4"]), two = try size(["--method", "lens-curve", "-c", "4", "-c", "1"])
        #expect(two.width == one.width && abs(two.height - 2 * one.height) < one.height / 4)
        let attribution = try size(["--method", "logit-attribution", "-c", "4", "--colormap", "magma"])
        #expect(attribution.height > whole.height)
    }

    /// The parts are the logit: in words, as JSON, and of some layers alone.
    @Test func partsAddUpToTheLogit() throws {
        for arguments in [["-c", "4"], ["-c", "4", "-c", "1"], ["-c", "4", "--layers", "2"], ["-c", "4", "--contrast", "1"]] {
            let text = try Program.run(["map"] + picture + ["--method", "logit-attribution"] + arguments)
            let outcome = try Program.run(["map", "--json"] + picture + ["--method", "logit-attribution"] + arguments)
            let report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
            let table = try #require(report["table"] as? [String: Any]), sums = try #require(table["sums"] as? [[String: Any]])
            let classes = try #require(report["classes"] as? [[String: Any]]), rows = try #require(table["rows"] as? [[Double]])
            #expect(sums.count == classes.count)
            let columns = rows[0].count / sums.count
            for (place, sum) in sums.enumerated() {
                let parts = try #require(sum["parts"] as? [String: Double]), total = try #require(sum["sum"] as? Double)
                #expect(parts["embedding"] != nil && parts["biases"] != nil && (parts["other layers"] != nil) == arguments.contains("--layers"))
                let cells = rows.flatMap { $0[place * columns..<(place + 1) * columns] }.reduce(0, +)
                #expect(abs(cells + parts.values.reduce(0, +) - total) < 1e-4)
                let logit = try #require(sum["logit"] as? Double)
                #expect(abs(total - logit) < 1e-4 && sum["index"] as? Int == classes[place]["index"] as? Int)
                if !arguments.contains("--contrast") { #expect(logit == classes[place]["logit"] as? Double) }
                let line = try #require(text.lines.dropLast(sums.count - 1 - place).last)
                #expect(line.contains("embedding ") && line.contains("  sum ") && (sums.count == 1 || line.hasPrefix("thing")), "\(line)")
                let words = line.split(separator: " ")
                #expect(abs((Double(words.last ?? "") ?? .nan) - logit) < 1e-3, "\(line)")
            }
        }
    }

    /// Tokens have the explorer's names, too.
    @Test func tokensByEitherName() throws {
        for (long, short) in [("class", "cls"), ("register-2", "reg2"), ("register2", "reg2")] {
            let arguments = ["--method", "attention", "--per-layer", "--query"]
            #expect(try array(arguments + [long]).values == array(arguments + [short]).values)
        }
    }

    @Test func textAndReports() throws {
        let table = try Program.run(["map"] + picture + ["--method", "entropy"])
        #expect(table.status == 0 && table.lines.count == 5 && table.lines[0] == "attention entropy, nats")
        #expect(table.lines[1].split(separator: " ") == ["layer", "head", "0", "head", "1"] && table.lines[4].hasPrefix("2 "))
        let curve = try Program.run(["map"] + picture + ["--method", "lens-curve", "-c", "4", "-c", "1"])
        #expect(curve.lines[1].split(separator: " ") == ["layer", "thing4", "thing1"])
        let classes = try Program.run(["map"] + picture + ["--method", "lens-class"])
        #expect(classes.lines[0] == "layer 2  lens-class" && classes.lines[1].split(separator: " ").count == 5)
        let heads = try Program.run(["map"] + picture + ["--method", "attention", "--heads", "each", "--layers", "2", "--query", "3,1"])
        let titles = heads.lines.filter { $0.contains("attention") }
        #expect(titles.count == 2 && titles[1].hasPrefix("layer 2  attention  head 1  query 3,1  "))
        let contrast = try Program.run(["map"] + picture + ["-c", "4", "--contrast", "1"])
        #expect(contrast.lines[0].hasPrefix("fused 1-2  thing4 less thing1  getam  "))

        func report(_ arguments: [String]) throws -> [String: Any] {
            let outcome = try Program.run(["map"] + picture + ["--json"] + arguments)
            return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        }
        let entropy = try report(["--method", "entropy", "--layers", "1-2"])
        let rows = (entropy["table"] as? [String: Any])?["rows"] as? [[Double]]
        #expect(rows?.count == 2 && (entropy["table"] as? [String: Any])?["unit"] as? String == "nats")
        let patches = try report(["--method", "lens-class"])["patches"] as? [[String: Any]]
        #expect((patches?.first?["classes"] as? [[Int]])?.count == 5)
        let attention = try report(["--method", "attention", "--heads", "each", "--query", "reg2"])
        #expect(attention["query"] as? String == "reg2" && (attention["maps"] as? [[String: Any]])?.map { $0["head"] as? Int } == [0, 1])
    }

    @Test(arguments: [
        (["--method", "entropy", "-o", "x.png", "--opacity", "1"], "a table, which lies over no picture"), (["--method", "pca", "--heads", "each"], "leave --heads out"),
        (["--method", "entropy", "--query", "cls"], "leave --query out"), (["--method", "attention", "--contrast", "1"], "leave --contrast out"),
        (["--method", "lens", "--contrast", "soft-max"], "leave --contrast soft-max out"),
        (["--heads", "2"], "the model's heads are 0 to 1"), (["--heads", "all"], "--heads all"), (["--query", "5,0"], "5 columns and 5 rows"),
        (["--query", "0,5"], "5 columns and 5 rows"), (["--query", "dist"], "no such token; its tokens beside the patches are cls, reg0 to reg3"), (["--query", "reg4"], "reg0 to reg3"),
        (["--query", "top"], "--query top"), (["-c", "4", "--contrast", "4"], "told from itself"), (["--contrast", "thing9"], "no class is named"),
        (["--method", "distanc"], "“distance”"), (["--method", "token-norm", "-c", "1"], "leave --class out"),
    ])
    func whatIsRefused(_ arguments: [String], _ words: String) throws {
        let outcome = try Program.run(["map"] + picture + arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome)")
    }

    @Test func modelsThatLackIt() throws {
        for (model, arguments, words) in [
            ("dino_keys", ["--method", "lens"], "no classification head"), ("dino_keys", ["--method", "lens-class"], "no classification head"),
            ("dino_keys", ["--method", "cdam"], "no classification head"), ("pooled_no_class_token", ["--query", "cls"], "no such token; it has none beside its patches"),
            ("pooled_no_class_token", ["--method", "prefix-mass"], "no class, distillation or register token"),
        ] {
            let outcome = try Program.run(["map", Fixtures.model("\(model)/image.png"), "-m", Fixtures.model(model)] + arguments)
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome)")
        }
    }
}
