import Images
import Tensors
import Testing

@Suite struct ResamplingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let source: RGBImage
        let filter: ResampleFilter
        let box: ResampleBox?
        let expected: RGBImage
    }

    static func cases() throws -> [Case] {
        let samples = try Fixtures.bytes("resample.rgb")
        var position = 0
        func next(_ width: Int, _ height: Int) -> RGBImage {
            defer { position += width * height * 3 }
            return RGBImage(
                width: width, height: height, samples: Array(samples[position..<position + width * height * 3]))
        }
        let noise = next(37, 29)
        let dot = next(1, 1)
        var state: UInt32 = 1
        let computed = RGBImage(width: 500, height: 375, samples: (0..<500 * 375 * 3).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        })
        let sources = ["noise": noise, "dot": dot, "computed": computed]
        let filters: [String: ResampleFilter] = ["nearest": .nearest, "box": .box, "bilinear": .bilinear, "bicubic": .bicubic]
        return try Fixtures.words("resample.txt").map { words in
            let source = try #require(sources[words[0]])
            let edges = words[6...9].compactMap(Double.init)
            let box = ResampleBox(left: edges[0], top: edges[1], right: edges[2], bottom: edges[3])
            let whole = ResampleBox(left: 0, top: 0, right: Double(source.width), bottom: Double(source.height))
            return Case(
                testDescription: words.joined(separator: " "), source: source, filter: try #require(filters[words[3]]),
                box: box == whole ? nil : box, expected: next(try #require(Int(words[4])), try #require(Int(words[5]))))
        }
    }

    @Test(arguments: try cases())
    func equalsPillow(_ one: Case) {
        let result = one.source.resized(
            width: one.expected.width, height: one.expected.height, filter: one.filter, box: one.box)
        #expect(result.width == one.expected.width && result.height == one.expected.height)
        // The arithmetic is Pillow's, so not one level of difference is granted.
        #expect(difference(result, one.expected).largest == 0)
    }

    @Test func everyFilterIsCovered() throws {
        let cases = try Self.cases()
        #expect(cases.count >= 50)
        for filter in ResampleFilter.allCases { #expect(cases.contains { $0.filter == filter && $0.box != nil }) }
    }

    /// Lines resampled with the coefficients, against PyTorch in double precision.
    @Test func coefficientsEqualTorch() throws {
        let lines = try Fixtures.words("interpolation.txt")
        #expect(lines.count >= 34)
        for words in lines {
            let parts = words.split(separator: "|").map(Array.init)
            let head = parts[0]
            let input = parts[1].compactMap(Double.init)
            let expected = parts[2].compactMap(Double.init)
            let antialias = head[1] == "1"
            let filter: ResampleCoefficients.Filter = head[0] == "bilinear"
                ? .bilinear : .bicubic(a: antialias ? -0.5 : -0.75)
            let scale = try #require(Double(head[3]))
            let coefficients = ResampleCoefficients(
                input: input.count, output: expected.count, filter: filter, antialias: antialias,
                scale: scale > 0 ? scale : nil)
            for output in 0..<coefficients.output {
                let sum = (0..<coefficients.counts[output]).reduce(0.0) {
                    $0 + coefficients.weights[output * coefficients.stride + $1] * input[coefficients.starts[output] + $1]
                }
                #expect(abs(sum - expected[output]) < 1e-9, "\(head) output \(output): \(sum) for \(expected[output])")
            }
        }
    }

    @Test(arguments: [true, false], [(1, 1), (1, 7), (7, 1), (5, 5), (14, 37), (100, 3)])
    func weightsSumToOne(antialias: Bool, sizes: (Int, Int)) {
        for filter in [ResampleCoefficients.Filter.box, .bilinear, .bicubic(a: -0.5), .bicubic(a: -0.75)] {
            let coefficients = ResampleCoefficients(
                input: sizes.0, output: sizes.1, filter: filter, antialias: antialias)
            for output in 0..<sizes.1 {
                let row = coefficients.weights[output * coefficients.stride..<(output + 1) * coefficients.stride]
                #expect(abs(row.reduce(0, +) - 1) < 1e-12)
                #expect(coefficients.starts[output] >= 0)
                #expect(coefficients.starts[output] + coefficients.counts[output] <= sizes.0)
            }
        }
    }
}
