import Checkpoints
import Foundation
import Images
import TestSupport
import Testing

@Suite struct MapTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func array(_ arguments: [String]) throws -> NumPyArray {
        let path = folder.path + "/map.npy"
        let outcome = try Program.run(["map", "-o", path] + arguments)
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome.error)")
        return try NumPyArray(path: path)
    }

    private func oracle(_ model: String, _ name: String = "getam") throws -> (shape: [Int], values: [Float]) {
        let tensor = try SafetensorsFile(path: Fixtures.model("\(model)/expected.safetensors")).tensor(named: name)
        return (tensor.shape, tensor.values)
    }

    /// Maps of `[classes, layers, rows, columns]` summed over the layers in `range`.
    private func fused(_ maps: (shape: [Int], values: [Float]), _ range: ClosedRange<Int>) -> [Float] {
        let (classes, layers, size) = (maps.shape[0], maps.shape[1], maps.shape[2] * maps.shape[3])
        return (0..<classes).flatMap { item in
            (0..<size).map { place in
                Float(range.reduce(0.0) { $0 + Double(maps.values[(item * layers + $1) * size + place]) })
            }
        }
    }

    private static let models = [
        "bf16", "f16_odd_heads", "fit_resize", "hf_deit_distilled", "hf_quick_gelu", "hf_v5_names", "nonsquare_native",
        "pooled_class_token", "pooled_no_class_token", "registers_embed_all", "registers_layerscale",
    ]

    @Test(arguments: models)
    func mapsAreTheOracles(_ model: String) throws {
        let arguments = [Fixtures.model("\(model)/image.png"), "-m", Fixtures.model(model), "-c", "4", "--class", "thing1"]
        let expected = try oracle(model)
        let (classes, layers, rows, columns) = (expected.shape[0], expected.shape[1], expected.shape[2], expected.shape[3])
        let found = try array(arguments + ["--per-layer", "--layers", "0-\(layers - 1)"])
        #expect(found.shape == [classes, layers, rows, columns])
        for index in 0..<classes * layers {
            let range = index * rows * columns..<(index + 1) * rows * columns
            #expect(relativeDeviation(found.values[range], expected.values[range]) < 2e-5, "map \(index)")
        }
        let sum = try array(arguments)
        #expect(sum.shape == [classes, rows, columns])
        for index in 0..<classes {
            let range = index * rows * columns..<(index + 1) * rows * columns
            let wanted = fused(expected, layers / 2...layers - 1)
            #expect(relativeDeviation(sum.values[range], wanted[range]) < 2e-5, "class \(index)")
        }
    }

    /// With heads ablated, by zeros and by their mean (Tests/Fixtures/make_interventions.py).
    @Test(arguments: ["bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled"])
    func mapsWithoutHeads(_ model: String) throws {
        let oracle = try SafetensorsFile(path: Fixtures.path("interventions/\(model).safetensors"))
        var arguments = [Fixtures.model("\(model)/image.png"), "-m", Fixtures.model(model), "-c", "4"]
        for (kind, ending) in [("zero", ""), ("mean", ":mean")] {
            let places = try oracle.integers(named: "heads_\(kind)")
            for index in stride(from: 0, to: places.count, by: 2) { arguments += ["--ablate", "\(places[index]).\(places[index + 1])\(ending)"] }
        }
        let expected = try oracle.tensor(named: "getam_both"), layers = expected.shape[0]
        let found = try array(arguments + ["--per-layer", "--layers", "0-\(layers - 1)"])
        for layer in 0..<layers {
            let range = layer * expected.shape[1]..<(layer + 1) * expected.shape[1]
            #expect(relativeDeviation(found.values[range], expected.values[range]) < 2e-5, "layer \(layer)")
        }
        let told = try Program.run(["map", "--json"] + arguments)
        #expect(told.status == 0 && told.text.contains(#""ablated":["0.0:mean""#), "\(told.text)")
    }

    @Test func squashedInput() throws {
        let model = "fit_resize"
        let found = try array(
            [Fixtures.model("\(model)/image.png"), "-m", Fixtures.model(model), "-c", "4", "-c", "1", "--per-layer", "--resize",
                "square", "--layers", "0-2"])
        let expected = try oracle(model, "getam_square")
        #expect(found.shape == expected.shape && found.shape[2...] == [6, 6])
        #expect(relativeDeviation(found.values, expected.values) < 2e-5)
    }

    @Test func layersAreInclusiveAndSummed() throws {
        let arguments = [Fixtures.cat, "-c", "cat"]
        let apart = try array(arguments + ["--per-layer", "--layers", "3-9"])
        #expect(apart.shape == [1, 7, 17, 23])
        let sum = try array(arguments + ["--layers", "3-9"])
        #expect(sum.shape == [1, 17, 23])
        #expect(relativeDeviation(sum.values, fused((apart.shape, apart.values), 0...6)) < 1e-6)
        let one = try array(arguments + ["--layers", "5"])
        #expect(one.shape == [1, 17, 23])
        #expect(relativeDeviation(one.values, apart.values[2 * 391..<3 * 391]) < 1e-5)
        #expect(try array(arguments + ["--layers", "5-5", "--per-layer"]).shape == [1, 1, 17, 23])
        // The default: the middle block to the last.
        let usual = try array(arguments).values
        #expect(relativeDeviation(try array(arguments + ["--layers", "6-11"]).values, usual) < 1e-6)
        #expect(relativeDeviation(try array(arguments + ["--method", "getam"]).values, usual) < 1e-6)
    }

    @Test func classesStandInTheOrderGiven() throws {
        let found = try array([Fixtures.cat, "-c", "sheep", "-c", "0", "-c", "DOG", "-c", "cat"])
        #expect(found.shape == [4, 17, 23])
        let alone = try ["5", "cat", "2"].map { try array([Fixtures.cat, "-c", $0]).values }
        for (position, values) in [alone[0], alone[1], alone[2], alone[1]].enumerated() {
            #expect(relativeDeviation(found.values[position * 391..<(position + 1) * 391], values) < 1e-4)
        }
        // Without a class, the most probable.
        #expect(relativeDeviation(try array([Fixtures.cat]).values, alone[1]) < 1e-6)
    }

    @Test func repeatingChangesNothing() throws {
        let path = folder.path + "/map.npy"
        let outcome = try Program.run(["map", "-o", path, Fixtures.cat, "-c", "cat", "--repeat", "3", "--timings"])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errorLines.count == 1)
        let object = try JSONDecoder().decode([String: Double].self, from: Data(outcome.error.utf8))
        #expect(Set(object.keys) == ["load", "decode", "forward", "backward", "map", "total"])
        #expect(object.values.allSatisfy { $0 > 0 } && (object["total"] ?? 0) > (object["forward"] ?? 0))
        let found = try NumPyArray(path: path)
        #expect(found.shape == [1, 17, 23])
        #expect(relativeDeviation(found.values, try array([Fixtures.cat, "-c", "cat"]).values) < 1e-6)
    }

    @Test func picturesHaveThePicturesSize() throws {
        let path = folder.path + "/map.PNG"
        let cases: [(arguments: [String], width: Int, height: Int)] = [
            ([], 500, 375), (["-c", "cat", "-c", "dog", "--per-layer", "--layers", "9-11"], 1500, 750),
        ]
        for (arguments, width, height) in cases {
            let outcome = try Program.run(["map", Fixtures.cat, "-o", path] + arguments)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty)
            let picture = try ImageFile.read(path: path)
            #expect(picture.width == width && picture.height == height)
        }
    }

    @Test func colorsAndOpacityOfPictures() throws {
        let path = folder.path + "/map.png"
        func picture(_ arguments: [String]) throws -> RGBImage {
            #expect(try Program.run(["map", Fixtures.cat, "-o", path] + arguments).status == 0)
            return try ImageFile.read(path: path)
        }
        // Nothing of the map: the picture itself.
        let (bare, original) = (try picture(["--opacity", "0"]).samples, try ImageFile.read(path: Fixtures.cat).samples)
        #expect(bare == original)
        let gray = try picture(["--colormap", "gray"]).samples
        for place in stride(from: 0, to: gray.count, by: 3) where Set(gray[place..<place + 3]).count > 1 {
            Issue.record("not gray at \(place / 3)")
            break
        }
        // The extremes lie at patch centers, between pixels: nearly black and nearly white.
        #expect((gray.min() ?? 255) < 5 && (gray.max() ?? 0) > 240)
        let maps = try ["viridis", "magma", "cividis", "jet"].map { try picture(["--colormap", $0]).samples }
        let plain = try picture([]).samples
        #expect(Set(maps).count == 4 && maps[0] == plain)
    }

    /// Over the picture only where that is asked for; then the opacity follows the value.
    @Test func mapsLieOverThePictureAsAsked() throws {
        func picture(_ arguments: [String]) throws -> [UInt8] {
            let outcome = try Program.run(["map", Fixtures.cat, "-o", "-", "--format", "png"] + arguments)
            #expect(outcome.status == 0, "\(outcome.error)")
            return outcome.output
        }
        let alone = try picture([]), value = try picture(["--blend", "value"])
        #expect(try picture(["--opacity", "0.85"]) == value && picture(["--blend", "value", "--opacity", "85%"]) == value)
        let others = try ["flat", "contour", "spotlight"].map { try picture(["--blend", $0]) }
        #expect(Set([alone, value] + others).count == 5)
        let wrong = try Program.run(["map", Fixtures.cat, "--blend", "magic"])
        #expect(wrong.status == 64 && wrong.error.contains("magic"))
    }

    /// Without color a map alone is numbers, over the picture contours; in 16 colors the picture is shades.
    @Test func fewColorsAreDrawnAsInTheExplorer() throws {
        func body(_ arguments: [String]) throws -> Set<Character> {
            let outcome = try Program.run(["map", Fixtures.cat] + arguments, environment: ["COLUMNS": "60", "LINES": "30"])
            #expect(outcome.status == 0, "\(outcome.error)")
            return Set(outcome.lines.dropFirst().joined())
        }
        #expect(try body([]).subtracting("0123456789 ").isEmpty)
        let contours = try body(["--blend", "value"])
        #expect(contours.isSuperset(of: ["o", "O", "@"]) && contours.isDisjoint(with: "0123456789"))
        #expect(try body(["--blend", "value", "--colors", "16"]).isSuperset(of: ["░", "▒"]))
    }

    @Test func blockCharactersOnStandardOutput() throws {
        let plain = try Program.run(["map", Fixtures.cat, "-c", "cat", "-c", "1"])
        #expect(plain.status == 0 && plain.error.isEmpty && !plain.output.contains(0x1B))
        let titles = plain.lines.filter { $0.contains("getam") }
        #expect(titles.count == 2 && titles[0].hasPrefix("fused 6-11  cat  getam  ") && titles[1].hasPrefix("fused 6-11  cow  getam  "))
        #expect(plain.lines.allSatisfy { $0.count <= 80 })
        let colored = try Program.run(
            ["map", Fixtures.cat, "--colors", "24bit", "--layers", "4"], environment: ["COLUMNS": "40", "LINES": "20", "NO_COLOR": "1"])
        #expect(colored.status == 0 && colored.text.contains("\u{1B}[") && colored.text.contains("▀"))
        #expect(colored.text.contains(";2;") && colored.lines.count <= 20 && colored.lines[0].hasPrefix("layer 4  cat  "))
    }
}
