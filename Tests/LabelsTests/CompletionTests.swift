import Attribution
import Checkpoints
import Images
import Labels
import Testing
import TestSupport

@Suite struct CompletionTests {
    private func activation() throws -> Activation {
        let numbers = try json("completion")["numbers"].integers
        return try Activation(
            try pixelMaps("completion_maps", classes: numbers.map { $0 - 1 }), labels: numbers.map { UInt8($0) })
    }

    /// Every case of both modes, to the bit, from one preparation: labels, and the saliency with completed pixels.
    @Test func equalsNumPyAndOpenCV() throws {
        let activation = try activation()
        let saliency = try mask("completion_saliency")
        let cases = try json("completion")["cases"].list
        #expect(cases.count == 10)
        var maps: Set<[UInt8]> = []
        for item in cases {
            let completion = LabelCompletion(
                mode: try #require(item["mode"].text.flatMap { LabelCompletion.Mode(rawValue: $0) }),
                background: .power(try #require(item["power"].number)), completionCut: item["cut"].number,
                openingSize: Int(try #require(item["opening"].number)))
            let name = try #require(item["name"].text)
            let found = try completion.labels(activation, saliency: saliency)
            let expected = try bytes(name)
            #expect(found.labels.indices == Array(expected.prefix(expected.count / 2)), "\(item)")
            #expect(found.saliency == Array(expected.suffix(expected.count / 2)), "\(item)")
            maps.insert(found.labels.indices)
        }
        #expect(maps.count == 10, "every case must differ")
    }

    @Test func planesMayComeInAnyOrder() throws {
        let numbers = try json("completion")["numbers"].integers
        let maps = try pixelMaps("completion_maps", classes: numbers)
        let order = [2, 0, 1]
        let shuffled = PixelMaps(
            classes: order.map { numbers[$0] }, height: maps.height, width: maps.width, values: order.flatMap { maps.plane($0) })
        let saliency = try mask("completion_saliency")
        let completion = LabelCompletion(mode: .published)
        #expect(
            try completion.labels(try Activation(shuffled, labels: order.map { UInt8(numbers[$0]) }), saliency: saliency)
                == completion.labels(try activation(), saliency: saliency))
    }

    @Test func withoutSaliency() throws {
        let activation = try activation()
        var completion = LabelCompletion(background: .level(0.3), completionCut: nil, openingSize: 0)
        #expect(try completion.labels(activation, saliency: nil).labels.indices == bytes("completion_level"))
        completion.background = .band(low: 0.1, high: 0.4)
        let band = try completion.labels(activation, saliency: nil)
        #expect(band.labels.indices == (try bytes("completion_band")))
        #expect(band.saliency == nil && band.labels.indices.contains(255) && band.labels.indices.contains(0))
    }

    /// On the edges themselves: the band's lower level is unknown, its upper one too, and a level is background.
    @Test func levelsAreExact() throws {
        // 0.5 and 0.25 are Float32 numbers; 0.1 as Float32 lies above 0.1, 0.3 as Float32 too, 0.7 below.
        let values: [Float] = [0.5, Float(0.5).nextUp, 0.25, Float(0.25).nextDown, 0.1, 0.3, 0.7, 0]
        let activation = try Activation(PixelMaps(classes: [0], height: 1, width: 8, values: values))
        func labels(_ background: LabelCompletion.Background) throws -> [UInt8] {
            try LabelCompletion(background: background, completionCut: nil, openingSize: 0).labels(activation, saliency: nil)
                .labels.indices
        }
        #expect(try labels(.band(low: 0.25, high: 0.5)) == [255, 1, 255, 0, 0, 255, 1, 0])
        for level in [0.1, 0.25, 0.3, 0.5, 0.7] {
            #expect(try labels(.level(level)) == values.map { Double($0) > level ? 1 : 0 })
        }
    }

    @Test func publishedPowerIsALevel() {
        // Where (1 − m)³² = m.
        #expect(abs(LabelCompletion(background: .power(32)).highestBackground - 0.0770) < 5e-5)
        #expect(abs(LabelCompletion(background: .power(1)).highestBackground - 0.5) < 1e-6)
    }

    @Test func picturesWithoutClasses() throws {
        let saliency = try mask("completion_saliency")
        let completion = LabelCompletion(openingSize: 0)
        func labels(width: Int, height: Int, _ saliency: Mask?) throws -> CompletedLabels {
            let maps = PixelMaps(classes: [], height: height, width: width, values: [])
            return try completion.labels(try Activation(maps, labels: []), saliency: saliency)
        }
        let found = try labels(width: saliency.width, height: saliency.height, saliency)
        #expect(found.labels.indices == saliency.values.map { $0 == 0 ? 0 : 255 })
        let plain = try labels(width: 4, height: 3, nil)
        #expect(plain.labels.indices == [UInt8](repeating: 0, count: 12))
    }

    @Test func quantileIsTheSortedOne() throws {
        var random = SplitMix(seed: 7)
        for round in 0..<50 {
            var values = random.floats(1 + round * 7, in: -1...1)
            if round % 3 == 0 { values = values.map { ($0 * 4).rounded() / 4 } }
            if round % 7 == 0 { values = values.map { $0 * 1e-30 } }
            let activation = try Activation(PixelMaps(classes: [0], height: 1, width: values.count, values: values))
            let sorted = values.filter { $0 > 0 }.sorted()
            for cut in [0, 0.1, 0.5, 0.9, 0.99, 1] {
                let place = Int(Double(sorted.count) * cut)
                let expected: Float? = place > 0 && place < sorted.count ? sorted[place] : nil
                #expect(activation.quantile(0, cut: cut) == expected, "round \(round), cut \(cut)")
            }
        }
    }

    @Test func whatCannotBeIsRefused() throws {
        let activation = try activation()
        let small = Mask(width: 3, height: 2, values: [UInt8](repeating: 1, count: 6))
        #expect(complaint { _ = try LabelCompletion().labels(activation, saliency: small) }
            == "the saliency mask is 3×2, but the class map is 74×61")
        let maps = PixelMaps(classes: [0, 1], height: 1, width: 1, values: [0, 0])
        for labels: [UInt8] in [[1], [0, 1], [1, 255], [2, 2], [1, 2, 3]] {
            #expect(throws: LabelError.self) { try Activation(maps, labels: labels) }
        }
        #expect(throws: LabelError.self) { try Activation(PixelMaps(classes: [254], height: 1, width: 1, values: [0])) }
        for completion in [
            LabelCompletion(background: .power(0)), LabelCompletion(background: .power(.nan)), LabelCompletion(background: .level(1.1)),
            LabelCompletion(background: .band(low: 0.5, high: 0.4)), LabelCompletion(completionCut: -0.1),
            LabelCompletion(openingSize: -1),
        ] {
            #expect(throws: LabelError.self) { try completion.labels(activation, saliency: nil) }
        }
    }

    /// Far above the 5 ms that are meant, because tests share the machine; `getam-bench` measures.
    @Test func isQuick() throws {
        var random = SplitMix(seed: 3)
        let side = 384
        let maps = PixelMaps(classes: [0, 1, 2], height: side, width: side, values: random.floats(3 * side * side, in: 0...1))
        let saliency = Mask(width: side, height: side, values: (0..<side * side).map { $0 % side > 100 ? 1 : 0 })
        let clock = ContinuousClock()
        var whole = Duration.seconds(1), again = Duration.seconds(1)
        for _ in 0..<5 {
            var activation: Activation?
            let first = try clock.measure {
                let prepared = try Activation(maps)
                _ = try LabelCompletion().labels(prepared, saliency: saliency)
                activation = prepared
            }
            let prepared = try #require(activation)
            whole = min(whole, first)
            again = min(again, try clock.measure { _ = try LabelCompletion(completionCut: 0.8).labels(prepared, saliency: saliency) })
        }
        #expect(whole < .milliseconds(300) && again < .milliseconds(300))
    }
}
