import Attribution
import Checkpoints
import Foundation
import Images
import Quality
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// What Tests/Fixtures/make_quality.py computed for a model, by Quantus, pytorch-grad-cam, SciPy and PyTorch.
struct QualityFixture: Decodable {
    struct Curve: Decodable {
        let scores: [Double]
        let area: Double
        let hits: Double?
    }

    struct Imputed: Decodable {
        let removed: Double
        let values: [Float]
    }

    struct Confidence: Decodable {
        let drop: Double, relative_drop: Double, rises: Double
        let road: Double, road_morf: Double, road_lerf: Double
        let imputed: Imputed
    }

    struct Localization: Decodable {
        let width: Int, height: Int, truth: [UInt8], number: UInt8
        let pointing: Double, energy: Double, iou_best: Double, iou_half: Double
    }

    struct Case: Decodable {
        let `class`: Int
        let map: [Float]
        let games: [String: Curve]
        let perturbations: [String: Curve]
        let confidence: Confidence
        let localization: Localization
        let sparseness: Double, entropy: Double
        let pixel_flipping: [Double]
    }

    let rows: Int, columns: Int, steps: Int
    let cases: [Case]
    let spearman: Double
    let blur: [Float]

    static let models = ["bf16", "registers_layerscale", "pooled_class_token", "nonsquare_native"]

    init(_ name: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: Fixtures.path("quality/\(name).json"))))
    }

    func map(_ item: Case) -> PatchMap { PatchMap(rows: rows, columns: columns, values: item.map) }

    /// The model, on two threads, and its picture.
    static func picture(_ name: String, onPass: @escaping @Sendable () -> Void = {}) throws -> PerturbedPicture {
        let folder = Fixtures.path("models/\(name)")
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        return try PerturbedPicture(
            SafetensorsFile(path: folder + "/expected.safetensors").tensor(named: "pixels"),
            model: VisionTransformer(ModelLoader.load(path: folder).parameters, compute: compute), onPass: onPass)
    }
}

/// Every metric against the libraries that are known for it.
@Suite struct QualityOracleTests {
    /// Relative to the expected value; probabilities are of the size of 1.
    private func isNear(_ found: Double, _ expected: Double, scale: Double = 0.05) -> Bool {
        abs(found - expected) <= 2e-5 * max(abs(expected), scale)
    }

    private func isNear(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { isNear($0, $1) }
    }

    @Test(arguments: QualityFixture.models) func curvesOfInsertionAndDeletionAgree(_ name: String) throws {
        let fixture = try QualityFixture(name), picture = try QualityFixture.picture(name)
        #expect(picture.grid == .init(height: fixture.rows, width: fixture.columns))
        for item in fixture.cases {
            let ranking = try PatchRanking(fixture.map(item))
            for game in PatchGame.allCases {
                for (baseline, suffix) in [(Baseline.dropped, ""), (.mean, "-mean"), (.blurred, "-blurred")] {
                    let expected = try #require(item.games[game.rawValue + suffix])
                    let curve = try game.curve(ranking, class: item.class, of: picture, baseline: baseline, steps: fixture.steps)
                    #expect(isNear(curve.scores, expected.scores), "\(game) \(baseline): \(curve.scores), not \(expected.scores)")
                    #expect(isNear(curve.area, expected.area), "\(game) \(baseline)")
                    let metric = try #require(QualityMetrics.named(game.rawValue + suffix))
                    let subject = QualitySubject(
                        map: fixture.map(item), class: item.class, picture: picture, settings: QualitySettings(steps: fixture.steps))
                    #expect(try metric.value(of: subject) == curve.area)
                }
            }
            let flipped = try PatchGame.deletion.curve(
                ranking, class: item.class, of: picture, baseline: .mean, steps: fixture.rows * fixture.columns)
            #expect(isNear(Array(flipped.scores.dropFirst()), item.pixel_flipping), "Quantus' PixelFlipping")
        }
    }

    @Test(arguments: QualityFixture.models) func perturbationAndImputationAgree(_ name: String) throws {
        let fixture = try QualityFixture(name), picture = try QualityFixture.picture(name)
        for item in fixture.cases {
            let subject = QualitySubject(map: fixture.map(item), class: item.class, picture: picture)
            func value(_ metric: String) throws -> Double { try #require(QualityMetrics.named(metric)).value(of: subject) }
            for test in ["positive", "negative"] {
                let expected = try #require(item.perturbations[test])
                #expect(isNear(try value(test + "-perturbation"), expected.area), "\(test)")
                #expect(isNear(try value(test + "-hits"), try #require(expected.hits)), "\(test)")
            }
            #expect(isNear(try value("average-drop"), item.confidence.relative_drop))
            #expect(try value("increase") == item.confidence.rises)
            // The libraries' passes read pixels rounded to Float32 after the mask.
            let (height, width) = (picture.pixels.shape[1], picture.pixels.shape[2])
            let ranking = try PixelRanking(fixture.map(item), width: width, height: height)
            var random = SplitMix64(seed: 1)
            let filled = LinearImputation.impute(
                picture.pixels, keeping: ranking.kept(removing: item.confidence.imputed.removed), noise: 0, &random)
            let sampled = stride(from: 0, to: filled.count, by: 5).map { filled.values[$0] }
            #expect(relativeDeviation(sampled, item.confidence.imputed.values) < 2e-5, "imputed")
            let before = Double(try picture.probabilities()[item.class])
            func change(_ order: ROAD) throws -> Double {
                let after = try order.probabilities(ranking, of: picture, noise: 0, seed: 0).map { Double($0[item.class]) }
                return after.reduce(0, +) / Double(after.count) - before
            }
            let (most, least) = (try change(.mostRelevantFirst), try change(.leastRelevantFirst))
            #expect(isNear(most, item.confidence.road_morf) && isNear(least, item.confidence.road_lerf), "\(most), \(least): \(item.confidence)")
            #expect(isNear((least - most) / 2, item.confidence.road))
            // The noise is small beside what is imputed, and the same at every call.
            #expect(try value("road") == value("road") && abs(value("road") - item.confidence.road) < 0.05)
            #expect(try value("road") == (value("road-lerf") - value("road-morf")) / 2)
        }
    }

    @Test(arguments: QualityFixture.models) func localizationAgrees(_ name: String) throws {
        let fixture = try QualityFixture(name), picture = try QualityFixture.picture(name)
        for item in fixture.cases {
            let place = item.localization
            let truth = IndexedImage(width: place.width, height: place.height, indices: place.truth)
            let region = try TruthRegion(truth, class: place.number, name: "thing", of: (place.width, place.height))
            #expect(region.count == place.truth.count { $0 == place.number })
            let subject = QualitySubject(map: fixture.map(item), class: item.class, picture: picture, truth: region)
            func value(_ metric: String) throws -> Double { try #require(QualityMetrics.named(metric)).value(of: subject) }
            #expect(try value("pointing-game") == place.pointing)
            #expect(isNear(try value("energy"), place.energy))
            // A pixel whose value is at a level may round to either side.
            let pixel = 2 / Double(region.count)
            #expect(try abs(value("iou-best") - place.iou_best) < pixel && abs(value("iou") - place.iou_half) < pixel)
            #expect(try isNear(value("sparseness"), item.sparseness) && isNear(value("entropy"), item.entropy))
        }
    }

    @Test(arguments: QualityFixture.models) func correlationAndBlurAgree(_ name: String) throws {
        let fixture = try QualityFixture(name), picture = try QualityFixture.picture(name)
        #expect(isNear(RankCorrelation.spearman(fixture.cases[0].map, fixture.cases[1].map), fixture.spearman))
        let blurred = GaussianBlur.rise(picture.pixels)
        #expect(relativeDeviation(stride(from: 0, to: blurred.count, by: 7).map { blurred.values[$0] }, fixture.blur) < 1e-6)
    }
}
