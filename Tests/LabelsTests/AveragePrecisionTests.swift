import Foundation
import Labels
import TestSupport
import Testing

@Suite struct AveragePrecisionTests {
    /// By hand: positives at ranks 1, 3 and 4 of 5, (1 + 2/3 + 3/4) / 3.
    @Test func byHand() throws {
        let found = try #require(AveragePrecision.of([0.9, 0.8, 0.7, 0.6, 0.1], isThere: [true, false, true, true, false]))
        #expect(abs(found - (1 + 2.0 / 3 + 0.75) / 3) < 1e-15)
        #expect(AveragePrecision.of([1, 2], isThere: [false, false]) == nil)
        #expect(AveragePrecision.of([], isThere: []) == nil)
    }

    /// Equal scores come together: whatever the order, precision is that of the whole group.
    @Test func tiesDoNotDependOnOrder() {
        let scores: [Float] = [0.5, 0.5, 0.5, 0.2]
        for isThere in [[true, false, false, true], [false, true, false, true], [false, false, true, true]] {
            #expect(abs((AveragePrecision.of(scores, isThere: isThere) ?? 0) - (1.0 / 3 / 2 + 0.25)) < 1e-15)
        }
    }

    /// Against the definition: for every threshold that is a score, precision and recall counted anew.
    @Test func againstTheDefinition() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let count = Int.random(in: 1...40, using: &random)
            let scores = (0..<count).map { _ in Float(Int.random(in: 0...12, using: &random)) }
            let isThere = (0..<count).map { _ in Bool.random(using: &random) }
            let positives = isThere.count { $0 }
            guard positives > 0 else { continue }
            var (area, recall) = (0.0, 0.0)
            for threshold in Set(scores).sorted(by: >) {
                let chosen = scores.indices.filter { scores[$0] >= threshold }
                let right = chosen.count { isThere[$0] }
                let now = Double(right) / Double(positives)
                area += (now - recall) * Double(right) / Double(chosen.count)
                recall = now
            }
            #expect(abs((AveragePrecision.of(scores, isThere: isThere) ?? -1) - area) < 1e-12)
        }
    }

    private struct Case: Decodable {
        let scores: [Float]
        let there: [Int]
        let averagePrecision: Double
    }

    /// Equal to scikit-learn's, ties and all (`make_precision.py`).
    @Test func asScikitLearn() throws {
        let data = try Data(contentsOf: URL(filePath: Fixtures.path("labels/average_precision.json")))
        let cases = try JSONDecoder().decode([Case].self, from: data)
        #expect(cases.count == 54)
        for (place, one) in cases.enumerated() {
            let found = try #require(AveragePrecision.of(one.scores, isThere: one.there.map { $0 == 1 }))
            #expect(abs(found - one.averagePrecision) < 1e-12, "case \(place)")
        }
    }

    @Test func theMeanIsOverTheClassesThatOccur() throws {
        let report = PrecisionReport(
            scores: [[0.9, 0.1, 3], [0.2, 0.4, 2], [0.3, 0.3, 1]], shown: [[0], [0], [2]], count: 3)
        #expect(report.images == 3 && report.classes.map(\.pictures) == [2, 0, 1])
        let values = report.classes.map(\.averagePrecision)
        #expect(values[1] == nil)
        #expect(abs((values[0] ?? 0) - (1 + 2.0 / 3) / 2) < 1e-15 && abs((values[2] ?? 0) - 1.0 / 3) < 1e-15)
        #expect(abs((report.mean ?? 0) - ((1 + 2.0 / 3) / 2 + 1.0 / 3) / 2) < 1e-15)
        #expect(PrecisionReport(scores: [], shown: [], count: 2).mean == nil)
    }
}
