import Attribution
import Checkpoints
import Images
import Labels
import Testing
import TestSupport

/// The label rules of MDBA and I²CRC, against `make_rules.py`, to the bit.
@Suite struct LabelRuleTests {
    @Test func equalNumPy() throws {
        let cases = try json("rules").list
        #expect(cases.count == 16)
        for (place, item) in cases.enumerated() {
            let numbers = item["numbers"].integers, width = Int(try #require(item["width"].number)), height = Int(try #require(item["height"].number))
            let maps = PixelMaps(
                classes: numbers.map { $0 - 1 }, height: height, width: width, values: item["maps"].integers.map { Float($0) / 256 })
            let mask = item["saliency"].list.isEmpty
                ? nil : Mask(width: width, height: height, values: item["saliency"].integers.map { UInt8($0) })
            let completion = LabelCompletion(
                rule: try #require(item["rule"].text.flatMap { LabelRule(rawValue: $0) }), background: .level(try #require(item["level"].number)),
                completionCut: nil, openingSize: 0)
            let found = try completion.labels(try Labels.Activation(maps), saliency: mask).labels
            #expect(found.indices.map(Int.init) == item["labels"].integers, "case \(place), \(completion.rule)")
        }
    }

    /// Completion and opening follow whatever the rule.
    @Test(arguments: LabelRule.allCases) func restIsAsEver(_ rule: LabelRule) throws {
        let maps = PixelMaps(classes: [0], height: 8, width: 8, values: (0..<64).map { Float($0) / 64 })
        let activation = try Labels.Activation(maps), mask = Mask(width: 8, height: 8, values: (0..<64).map { $0 < 32 ? 1 : 0 })
        let made = try LabelCompletion(rule: rule, background: .level(0.1), completionCut: 0.9, openingSize: 0).labels(activation, saliency: mask)
        let salient = try #require(made.saliency)
        // Nothing of the label of the rule of I²CRC is background where a class is strong.
        #expect(salient.contains(255) == (rule != .i2crc) && made.labels.indices.contains(1))
        let opened = try LabelCompletion(rule: rule, background: .level(0.1), completionCut: nil, openingSize: 9).labels(activation, saliency: mask)
        #expect(opened.labels.indices != made.labels.indices)
    }

    @Test func picturesWithoutAClassHaveLabels() throws {
        let maps = PixelMaps(classes: [], height: 2, width: 3, values: [])
        let mask = Mask(width: 3, height: 2, values: [1, 1, 0, 0, 0, 0])
        for rule in LabelRule.allCases {
            let labels = try LabelCompletion(rule: rule, completionCut: nil, openingSize: 0).labels(try Labels.Activation(maps), saliency: mask).labels
            #expect(labels.indices == (rule == .i2crc ? [255, 255, 255, 255, 255, 255] : [255, 255, 0, 0, 0, 0]))
        }
    }
}
