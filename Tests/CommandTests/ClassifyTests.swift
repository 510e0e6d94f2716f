import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct ClassifyTests {
    struct Report: Decodable {
        struct Class: Decodable {
            let index: Int
            let name: String
            let logit: Float
            let probability: Float
        }
        let classes: [Class]

        /// The logits in the model's order.
        var logits: [Float] { classes.sorted { $0.index < $1.index }.map(\.logit) }
    }

    private func report(_ arguments: [String]) throws -> Report {
        let outcome = try Program.run(["classify", "--json"] + arguments)
        #expect(outcome.status == 0 && outcome.lines.count == 1, "\(outcome.error)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output))
    }

    private func expected(_ model: String, _ name: String = "logits") throws -> [Float] {
        try SafetensorsFile(path: Fixtures.model("\(model)/expected.safetensors")).tensor(named: name).values
    }

    @Test(arguments: [
        "bf16", "f16_odd_heads", "fit_resize", "hf_deit_distilled", "hf_quick_gelu", "hf_v5_names", "nonsquare_native",
        "pooled_class_token", "pooled_no_class_token", "registers_embed_all", "registers_layerscale",
    ])
    func logitsAreTheOracles(_ model: String) throws {
        let found = try report(["--top", "0", "-m", Fixtures.model(model), Fixtures.model("\(model)/image.png")])
        #expect(relativeDeviation(found.logits, try expected(model)) < 1e-5)
        #expect(zip(found.classes, found.classes.dropFirst()).allSatisfy { $0.logit >= $1.logit })
        #expect(found.classes.allSatisfy { $0.name == "thing\($0.index)" })
        let exponentials = found.logits.map { exp(Double($0)) }
        let softmax = exponentials.map { Float($0 / exponentials.reduce(0, +)) }
        let probabilities = found.classes.sorted { $0.index < $1.index }.map(\.probability)
        #expect(relativeDeviation(probabilities, softmax) < 1e-5)
    }

    /// What takes no part, and what the oracle says then (Tests/Fixtures/make_interventions.py).
    @Test(arguments: ["bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled"])
    func headsAndPatchesAreTakenOut(_ model: String) throws {
        let oracle = try SafetensorsFile(path: Fixtures.path("interventions/\(model).safetensors"))
        let side = try SafetensorsFile(path: Fixtures.model("\(model)/expected.safetensors")).tensor(named: "pixels").shape[2] / 8
        func heads(_ kind: String) throws -> [String] {
            let places = try oracle.integers(named: "heads_\(kind)")
            return stride(from: 0, to: places.count, by: 2).flatMap { index in
                ["--ablate", "\(places[index]).\(places[index + 1])" + (kind == "mean" ? ":mean" : "")]
            }
        }
        let region = try oracle.integers(named: "patches").map { "\($0 % side),\($0 / side)" }
        func check(_ options: [String], _ expected: String) throws {
            let found = try report(["--top", "0", "-m", Fixtures.model(model), Fixtures.model("\(model)/image.png")] + options)
            #expect(relativeDeviation(found.logits, try oracle.tensor(named: expected).values) < 2e-5, "\(expected)")
        }
        try check(try heads("zero"), "logits_zero")
        try check(try heads("zero") + heads("mean"), "logits_both")
        try check(region.flatMap { ["--remove", $0] }, "logits_removed")
        try check(region.flatMap { ["--keep", $0] }, "logits_kept")
        try check(region.flatMap { ["--keep", $0] } + heads("mean") + heads("zero"), "logits_kept_both")
        // Of all that is kept the last row is removed: the rest is what stays.
        let (all, last) = ("0,0-\(side - 1),\(side - 1)", "0,\(side - 1)-\(side - 1),\(side - 1)")
        let arguments = ["--top", "0", "-m", Fixtures.model(model), Fixtures.model("\(model)/image.png")]
        let rest = try report(arguments + ["--keep", "0,0-\(side - 1),\(side - 2)"]).logits
        #expect(try report(arguments + ["--keep", all, "--remove", last]).logits == rest)
        #expect(try report(arguments + ["--remove", last]).logits == rest)
        let whole = try report(arguments).logits
        #expect(try report(arguments + ["--keep", all]).logits == whole)
    }

    /// One picture that lacks the box fails alone; what was taken out is told.
    @Test func takingOutIsTold() throws {
        let one = try Program.run(["classify", "--json", "--remove", "1,0-0,1", "--keep", "0,0-3,3", "--ablate", "3.1:mean", Fixtures.cat])
        #expect(one.status == 0 && one.text.contains(#""ablated":["3.1:mean"]"#) && one.text.contains(#""removed":["0,0-1,1"]"#))
        let plain = try Program.run(["classify", "--json", Fixtures.cat]).text
        #expect(one.text.contains(#""kept":["0,0-3,3"]"#) && one.text != plain)
        #expect(!plain.contains("ablated") && !plain.contains("kept") && !plain.contains("removed"))
        let out = try Program.run(["classify", "--remove", "0,99", Fixtures.cat])
        #expect(out.status == 64 && out.isOneLine && out.error.contains("--remove: 0,99 is no box"), "\(out.error)")
        let none = try Program.run([
            "classify", "--remove", "0,0-4,4", "-m", Fixtures.model("pooled_class_token"), Fixtures.model("pooled_class_token/image.png"),
        ])
        #expect(none.status == 64 && none.isOneLine && none.error.contains("--remove leaves no patch of the picture's 5×5"), "\(none.error)")
        for options in [["--keep", "1,1", "--remove", "1,1"], ["--keep", "0,0-1,1", "--keep", "3,3", "--remove", "0,0-4,4"], ["--remove", "0,0-11,11"]] {
            let nothing = try Program.run(["classify", Fixtures.cat, "--size", "192", "--resize", "square"] + options)
            #expect(nothing.status == 64 && nothing.isOneLine && nothing.error.contains(" no patch of the picture's 12×12"), "\(nothing)")
        }
    }

    /// What takes one model does not choose among several.
    @Test(arguments: [
        ["classify", Fixtures.cat], ["map", Fixtures.cat], ["figure", Fixtures.cat, "-o", "-"], ["inspect"],
        ["label", "--predict", "0.5", Fixtures.cat, "-o", "labels"], ["segment", Fixtures.cat, "-o", "labels"], ["evaluate", "--labels", "x.txt", Fixtures.cat],
    ])
    func twoModelsAreRefused(_ command: [String]) throws {
        let models = [Fixtures.model("bf16"), Fixtures.model("registers_layerscale")]
        let outcome = try Program.run(command + models.flatMap { ["-m", $0] })
        #expect(outcome.status == 64 && outcome.isOneLine, "\(command): \(outcome)")
        #expect(outcome.error.contains("--model is given 2 times") && outcome.error.contains("registers_layerscale"), "\(command): \(outcome)")
    }

    @Test func bothWaysToResize() throws {
        let arguments = ["--top", "0", "-m", Fixtures.model("fit_resize"), Fixtures.model("fit_resize/image.png")]
        #expect(relativeDeviation(try report(arguments + ["--resize", "fit"]).logits, try expected("fit_resize")) < 1e-5)
        let square = try report(arguments + ["--resize", "square"]).logits
        #expect(relativeDeviation(square, try expected("fit_resize", "logits_square")) < 1e-5)
    }

    @Test func sizeScalesTheInput() throws {
        let arguments = ["--top", "0", "-m", Fixtures.model("fit_resize"), Fixtures.model("fit_resize/image.png")]
        let own = try report(arguments + ["--size", "48"]).logits
        #expect(own == (try report(arguments).logits))
        #expect(relativeDeviation(try report(arguments + ["--size", "96"]).logits, own) > 1e-3)
    }

    @Test func activations() throws {
        let arguments = ["--top", "0", "-m", Fixtures.model("bf16"), Fixtures.model("bf16/image.png")]
        let sigmoid = try report(arguments + ["--activation", "sigmoid"])
        #expect(sigmoid.classes.allSatisfy { abs($0.probability - 1 / (1 + exp(-$0.logit))) < 1e-6 })
        let softmax = try report(arguments + ["--activation", "softmax"])
        #expect(softmax.logits == sigmoid.logits)
        #expect(abs(softmax.classes.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        // The bundled model's config asks for sigmoids.
        let bundled = try report([Fixtures.cat])
        #expect(bundled.classes.allSatisfy { abs($0.probability - 1 / (1 + exp(-$0.logit))) < 1e-6 })
    }

    @Test func topLimitsTheList() throws {
        #expect(try report([Fixtures.cat]).classes.count == 5)
        #expect(try report([Fixtures.cat, "--top", "2"]).classes.count == 2)
        #expect(try report([Fixtures.cat, "--top", "0"]).classes.count == 6)
        #expect(try report([Fixtures.cat, "--top", "99"]).classes.count == 6)
    }

    @Test func digitsReadBackTheSame() throws {
        let outcome = try Program.run(["classify", "--json", "--top", "0", Fixtures.cat])
        let numbers = outcome.text.split { !"0123456789.-eE+".contains($0) }.filter { $0.contains(".") }.map(String.init)
        #expect(numbers.count == 12)
        for number in numbers {
            let value = try #require(Float(number))
            #expect(value.description == number)
        }
    }

    @Test(arguments: [("01-cat.jpg", "cat"), ("02-cow.jpg", "cow"), ("04-horses.jpg", "horse"), ("05-person.jpg", "person")])
    func bundledModelKnowsItsPictures(picture: String, name: String) throws {
        let outcome = try Program.run(["classify", Fixtures.picture(picture)])
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let first = try #require(outcome.lines.first)
        #expect(outcome.lines.count == 5)
        #expect(first.wholeMatch(of: /(\w+) +([0-9.]+) %  logit +-?[0-9]+\.[0-9]{4}  \(class [0-5]\)/)?.1 == name[...])
        #expect(try report([Fixtures.picture(picture)]).classes.first?.name == name)
    }

    /// Trained by others on ImageNet: the real thing must name a cat in a cat picture.
    @Test(.enabled(if: Fixtures.shared("models/deit_tiny_imagenet") != nil), arguments: ["01-cat.jpg", "07-cat-face.jpg"])
    func imageNetModelSeesACat(_ picture: String) throws {
        let model = try #require(Fixtures.shared("models/deit_tiny_imagenet"))
        let outcome = try Program.run(["classify", "--json", "--top", "5", "-m", model, Fixtures.picture(picture)])
        #expect(outcome.status == 0)
        let found = try JSONDecoder().decode(Report.self, from: Data(outcome.output)).classes
        // 281 to 285: tabby, tiger cat, Persian cat, Siamese cat, Egyptian cat.
        #expect((281...285).contains(found.first?.index ?? -1), "\(found.map(\.name))")
        #expect(found.prefix(2).contains { $0.name.localizedCaseInsensitiveContains("cat") })
    }

    @Test func timings() throws {
        let outcome = try Program.run(["classify", "--timings", "--repeat", "3", Fixtures.cat])
        #expect(outcome.status == 0 && outcome.errorLines.count == 1)
        let object = try JSONDecoder().decode([String: Double].self, from: Data(outcome.error.utf8))
        #expect(Set(object.keys) == ["load", "decode", "forward", "total"])
        #expect(object.values.allSatisfy { $0 > 0 })
    }
}
