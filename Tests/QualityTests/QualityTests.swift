import Attribution
import Checkpoints
import Images
import Quality
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Figures whose value is known beforehand, and maps and truths that give none.
@Suite struct QualityTests {
    private static let picture = Result { try QualityFixture.picture("bf16") }

    private func value(
        _ metric: String, _ values: [Float], columns: Int = 6, truth: TruthRegion? = nil, _ settings: QualitySettings = QualitySettings()
    ) throws -> Double {
        let map = PatchMap(rows: values.count / columns, columns: columns, values: values)
        let subject = QualitySubject(map: map, class: 0, picture: try Self.picture.get(), truth: truth, settings: settings)
        return try #require(QualityMetrics.named(metric)).value(of: subject)
    }

    @Test func equalPatchesAreRankedByTheirPlace() throws {
        let ranking = try PatchRanking(PatchMap(rows: 2, columns: 3, values: [1, 2, 2, -1, 2, 1]))
        #expect(ranking.order == [1, 2, 4, 0, 5, 3])
        #expect(ranking.first(2).members == [1, 2] && ranking.rest(4).members == [3, 5])
        for (count, steps, expected) in [(6, 3, [0, 2, 4, 6]), (6, 4, [0, 1, 3, 4, 6]), (6, 100, Array(0...6)), (6, 1, [0, 6])] {
            #expect(try PatchRanking(PatchMap(rows: 1, columns: count, values: Array(repeating: 0, count: count))).counts(steps: steps) == expected)
        }
        #expect(throws: QualityError.self) { try ranking.counts(steps: 0) }
    }

    @Test func pixelsOfBothSignsAreInOrder() throws {
        let ranking = try PixelRanking(PatchMap(rows: 1, columns: 6, values: [0, -2, 3, -0.0, Float.leastNonzeroMagnitude, -Float.leastNonzeroMagnitude]), width: 6, height: 1)
        #expect(ranking.order() == [2, 4, 0, 3, 5, 1])
        #expect(ranking.order(leastFirst: true) == [1, 5, 0, 3, 4, 2])
    }

    /// Every patch the same, one alone, and a ramp.
    @Test func sparsenessAndEntropyOfKnownMaps() throws {
        let even = [Float](repeating: 0.25, count: 36)
        var one = [Float](repeating: 0, count: 36)
        one[7] = -3
        #expect(try abs(value("sparseness", even)) < 1e-12 && abs(value("entropy", even) - 3.58351893845611) < 1e-12)
        #expect(try abs(value("sparseness", one) - 35.0 / 36) < 1e-12 && value("entropy", one) == 0)
        // Of 1 … n it is (n − 1)/(3n).
        let ramp = (1...36).map { Float($0) }
        #expect(try abs(value("sparseness", ramp) - 35.0 / 108) < 1e-12)
    }

    @Test func theAreaIsThatOfTrapezoids() {
        #expect(ScoreCurve(shares: [0, 0.5, 1], scores: [0, 1, 1]).area == 0.75)
        #expect(abs(ScoreCurve(shares: [0.1, 0.2, 0.9], scores: [1, 0, 1]).area - 0.5) < 1e-12)
    }

    /// A truth that is the map's own shape, with pixels that do not count.
    @Test func overlapOfKnownMaps() throws {
        // A patch is a pixel: the enlarged map is the map.
        let values: [Float] = (0..<36).map { $0 % 6 < 3 ? 1 : $0 == 5 ? 0.75 : 0 }
        let truth = try TruthRegion(
            IndexedImage(width: 6, height: 6, indices: (0..<36).map { $0 == 4 ? 255 : $0 % 6 < 3 && $0 < 30 ? 1 : 0 }), class: 1, name: "cat")
        #expect(truth.count == 15)
        #expect(try value("iou-best", values, truth: truth) == 15.0 / 18)
        #expect(try value("iou", values, truth: truth) == 15.0 / 19)
        #expect(try value("iou", values, truth: truth, QualitySettings(level: 0.75)) == 15.0 / 18)
        #expect(try abs(value("energy", values, truth: truth) - 15 / 18.75) < 1e-12)
        #expect(try value("pointing-game", values, truth: truth) == 1)
        var aside = [Float](repeating: 0, count: 36)
        (aside[4], aside[3]) = (9, 2)
        // The largest value does not count; the next lies beside the class, a pixel away.
        #expect(try value("pointing-game", aside, truth: truth) == 0)
        let subject = QualitySubject(
            map: PatchMap(rows: 6, columns: 6, values: aside), class: 0, picture: try Self.picture.get(), truth: truth)
        #expect(try PointingGame(tolerance: 1).value(of: subject) == 1)
    }

    /// The best level, found in one pass over the pixels, is that of all levels tried in turn; values lie on levels and beside them.
    @Test func theBestLevelIsThatOfAllTried() throws {
        var random = SplitMix64(seed: 7)
        for round in 0..<20 {
            let values = (0..<36).map { _ in round % 2 == 0 ? Float(random.next() % 101) / 100 : Float(random.next() % 1_000_003) - 4e5 }
            let indices = (0..<36).map { _ in [0, 1, 1, 255][Int(random.next() % 4)] as UInt8 }
            let region = try TruthRegion(IndexedImage(width: 6, height: 6, indices: indices), class: 1, name: "thing")
            let tried = try (0..<100).map { try value("iou", values, truth: region, QualitySettings(level: Double($0) / 100)) }
            let subject = QualitySubject(
                map: PatchMap(rows: 6, columns: 6, values: values), class: 0, picture: try Self.picture.get(), truth: region)
            let best = try BestOverlap().best(of: subject)
            let place = try #require(tried.firstIndex(of: best.value))
            #expect(best.value == tried.max() && best.level == Double(place) / 100)
            #expect(try value("iou-best", values, truth: region) == best.value)
        }
    }

    /// What the background keeps, by passes of its own.
    @Test func theBackgroundKeepsWhatItKeeps() throws {
        let picture = try Self.picture.get(), model = picture.model
        let whole = try model.logits(of: picture.pixels, under: .none), index = try #require(whole.indices.max { whole[$0] < whole[$1] })
        try #require(whole[index] > 0)
        let (rows, columns) = (picture.grid.height, picture.grid.width), count = rows * columns
        let map = PatchMap(rows: rows, columns: columns, values: (0..<count).map { Float(($0 * 7) % count) - 3 })
        let (low, high) = map.range
        let least = try (1...19).map { step -> Double in
            let below = Set(map.values.indices.filter { !(Double((map.values[$0] - low) / (high - low)) > Double(step) / 20) })
            let rest = try model.logits(of: picture.pixels, under: Intervention(patches: below))[index]
            return min(Double(max(rest, 0) / whole[index]), 1) + 1 - Double(below.count) / Double(count)
        }.min()
        let subject = QualitySubject(map: map, class: index, picture: picture)
        #expect(try BackgroundShare().value(of: subject) == min(try #require(least), 1))
        let other = try #require(whole.indices.min { whole[$0] < whole[$1] })
        try #require(whole[other] <= 0)
        #expect(throws: QualityError.self) { try BackgroundShare().value(of: QualitySubject(map: map, class: other, picture: picture)) }
    }

    @Test func aMirrorImageIsComparedMirroredBack() throws {
        let picture = try Self.picture.get(), map = PatchMap(rows: 2, columns: 3, values: [0, 1, 2, 4, 0, 1])
        func value(_ other: PatchMap) throws -> Double {
            try Equivariance().value(of: QualitySubject(map: map, class: 0, picture: picture, remake: { pixels in
                let width = pixels.shape[2]
                #expect(pixels.shape == picture.pixels.shape && pixels.values[0] == picture.pixels.values[width - 1] && pixels.values[width] == picture.pixels.values[2 * width - 1])
                return other
            }))
        }
        // Twice as large is the same at 0 to 1.
        #expect(try value(PatchMap(rows: 2, columns: 3, values: [4, 2, 0, 2, 0, 8])) == 0)
        // At 0 to 1 0, ¼, ½ over 1, 0, ¼ against 0, ½, 1 over 0, 0, ½.
        #expect(try abs(value(PatchMap(rows: 2, columns: 3, values: [2, 1, 0, 1, 0, 0])) - (0.25 + 0.5 + 1 + 0.25) / 6) < 1e-6)
        #expect(try value(map) > 0)
        #expect(throws: QualityError.self) { try Equivariance().value(of: QualitySubject(map: map, class: 0, picture: picture)) }
    }

    @Test func whatGivesNoFigureIsToldInOneLine() throws {
        let even = [Float](repeating: 1, count: 36)
        var broken = even
        broken[8] = .nan
        let square = IndexedImage(width: 6, height: 6, indices: (0..<36).map { $0 < 6 ? 1 : 255 })
        let truth = try TruthRegion(square, class: 1, name: "cat")
        for metric in QualityMetrics.all where !metric.needsSanityCheck {
            let error = #expect(throws: QualityError.self, "\(metric.identifier)") {
                try self.value(metric.identifier, broken, truth: truth)
            }
            #expect(error?.description == "the map's value in column 2, row 1 is nan, not a finite number", "\(metric.identifier)")
            guard metric.needsTruth else { continue }
            let missing = #expect(throws: QualityError.self) { try self.value(metric.identifier, even) }
            #expect(missing == .truth("\(metric.identifier) needs true label maps"))
        }
        #expect(throws: QualityError.truth("the truth is 6×6 pixels, but the picture is 8×6")) {
            try TruthRegion(square, class: 1, name: "cat", of: (8, 6))
        }
        #expect(throws: QualityError.truth("the truth has no pixel of the class “dog” (number 2)")) {
            try TruthRegion(square, class: 2, name: "dog", of: (6, 6))
        }
        let zero = [Float](repeating: 0, count: 36), negative = even.map { -$0 }
        for metric in ["sparseness", "entropy"] { #expect(throws: QualityError.noFigure("the map is zero everywhere")) { try self.value(metric, zero) } }
        for values in [zero, negative] { #expect(throws: QualityError.self) { try self.value("energy", values, truth: truth) } }
        #expect(throws: QualityError.self) { try self.value("insertion", even, QualitySettings(steps: 0)) }
    }

    @Test func everyMetricSaysWhatItIs() {
        #expect(Set(QualityMetrics.all.map(\.identifier)).count == QualityMetrics.all.count)
        for metric in QualityMetrics.all {
            #expect(QualityMetrics.named(metric.identifier)?.title == metric.title)
            #expect(metric.definition.hasSuffix(".") && metric.definition.count > 60 && !metric.unit.isEmpty, "\(metric.identifier)")
        }
        #expect(MetricPreference.higher.best(of: [1, nil, 3, 3]) == 2 && MetricPreference.lower.best(of: [2, nil, 1, 1]) == 2)
        #expect(MetricPreference.neither.best(of: [1, 2]) == nil && MetricPreference.lower.best(of: [nil]) == nil)
    }

    /// A plane of one slope is its own imputation, whatever is missing within.
    @Test func slopesAreImputedExactly() {
        let (height, width) = (24, 31)
        let pixels = Tensor(shape: [2, height, width], (0..<2 * height * width).map { index in
            let (y, x) = (index / width % height, index % width)
            return index < height * width ? Float(x) * 0.25 + Float(y) : 3 - Float(y) * 0.5
        })
        var random = SplitMix64(seed: 5)
        let kept = (0..<height * width).map { index in
            let (y, x) = (index / width, index % width)
            return y == 0 || x == 0 || y == height - 1 || x == width - 1
        }
        #expect(relativeDeviation(LinearImputation.impute(pixels, keeping: kept, noise: 0, &random).values, pixels.values) < 1e-6)
        // The noise is that of a normal distribution, and no other pixel is touched.
        let noisy = LinearImputation.impute(pixels, keeping: kept, &random)
        let differences = zip(noisy.values, pixels.values).map { Double($0 - $1) }
        let missing = differences.indices.filter { !kept[$0 % kept.count] }
        #expect(differences.indices.filter { kept[$0 % kept.count] }.allSatisfy { differences[$0] == 0 })
        let spread = (missing.reduce(0) { $0 + differences[$1] * differences[$1] } / Double(missing.count)).squareRoot()
        let mean = missing.reduce(0) { $0 + differences[$1] } / Double(missing.count)
        #expect(abs(spread - 0.01) < 0.0008 && abs(mean) < 0.001, "\(spread), \(mean)")
        // Nothing is known: zeros.
        let nothing = LinearImputation.impute(pixels, keeping: Array(repeating: false, count: kept.count), noise: 0, &random)
        #expect(nothing.values.allSatisfy { $0 == 0 })
    }

    @Test func correlationOfRanks() {
        #expect(RankCorrelation.spearman([1, 2, 3, 4], [10, 20, 25, 99]) == 1)
        #expect(RankCorrelation.spearman([1, 2, 3, 4], [4, 3, 2, 1]) == -1)
        #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == 0)
        // 1 − 6·Σd²/(n·(n² − 1)) of ranks without ties.
        #expect(abs(RankCorrelation.spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) - 0.8) < 1e-12)
    }
}
