import Images
import Labels
import Testing
import TestSupport

@Suite struct StrokeTests {
    static func point(_ x: Int, _ y: Int) -> StrokePoint { StrokePoint(x: x, y: y) }

    static func line(_ points: [(Int, Int)], _ radius: Double) throws -> LabelStroke {
        try LabelStroke(.background, .line(points.map { point($0.0, $0.1) }, radius: radius))
    }

    /// The pixels that a stroke covers; fails where a run leaves the picture.
    static func pixels(_ stroke: LabelStroke, _ width: Int, _ height: Int) -> Set<Int> {
        var pixels: Set<Int> = []
        stroke.spans(width: width, height: height) { row, columns in
            #expect(!columns.isEmpty && columns.lowerBound >= 0 && columns.upperBound <= width && (0..<height).contains(row))
            for column in columns { pixels.insert(row * width + column) }
        }
        if let box = stroke.box(width: width, height: height) {
            #expect(pixels.allSatisfy { (box.left...box.right).contains($0 % width) && (box.top...box.bottom).contains($0 / width) })
        } else {
            #expect(pixels.isEmpty)
        }
        return pixels
    }

    @Test func discsHaveTheirClosedForm() throws {
        for (radius, area) in [(0.0, 1), (0.5, 1), (1.0, 5), (1.5, 9), (2.0, 13), (3.0, 29), (5.0, 81), (10.0, 317)] {
            let disc = try Self.line([(20, 17)], radius)
            let pixels = Self.pixels(disc, 40, 40)
            // The number of whole points in a circle, Gauss' circle problem.
            #expect(pixels.count == area, "radius \(radius)")
            #expect(pixels == Set((0..<1600).filter {
                let x = Double($0 % 40 - 20), y = Double($0 / 40 - 17)
                return x * x + y * y <= max(radius, 0.5) * max(radius, 0.5)
            }))
        }
    }

    @Test func linesAreCapsules() throws {
        var random = SplitMix(seed: 3)
        for _ in 0..<400 {
            let (width, height) = (Int(random.next() % 60) + 1, Int(random.next() % 60) + 1)
            func any() -> (Int, Int) { (Int(random.next() % 120) - 30, Int(random.next() % 120) - 30) }
            let (a, b) = (any(), random.next() % 8 == 0 ? (5, 5) : any())
            let radius = Double(random.next() % 40) / 4
            let expected = (0..<width * height).filter { at in
                let (x, y) = (Double(at % width - a.0), Double(at / width - a.1))
                let (dx, dy) = (Double(b.0 - a.0), Double(b.1 - a.1))
                let length = dx * dx + dy * dy
                let t = length == 0 ? 0 : min(max((x * dx + y * dy) / length, 0), 1)
                let distance = (x - t * dx) * (x - t * dx) + (y - t * dy) * (y - t * dy)
                // What lies on the border is within: the next point beyond it is 2e-6 away.
                return distance <= max(radius, 0.5) * max(radius, 0.5) + 1e-9
            }
            let found = Self.pixels(try Self.line([a, b], radius), width, height)
            #expect(found == Set(expected), "\(a) \(b) radius \(radius) in \(width)×\(height)")
        }
    }

    @Test func thinLinesHaveNoGaps() throws {
        for end in 0..<30 {
            let pixels = Self.pixels(try Self.line([(0, 0), (29, end)], 0), 30, 30)
            for column in 0..<30 {
                let rows = (0..<30).filter { pixels.contains($0 * 30 + column) }
                #expect(!rows.isEmpty && rows.count <= 2)
            }
        }
        // All of the points, one after the other.
        #expect(Self.pixels(try Self.line([(0, 0), (4, 0), (4, 3)], 0), 6, 6) == [0, 1, 2, 3, 4, 10, 16, 22])
        // Without length, the same as its one point.
        #expect(Self.pixels(try Self.line([(3, 3), (3, 3)], 2), 8, 8) == Self.pixels(try Self.line([(3, 3)], 2), 8, 8))
    }

    @Test func rectanglesAreClipped() throws {
        let rectangle = try LabelStroke(.ignored, .rectangle(Self.point(7, -5), Self.point(2, 1)), mode: .exact)
        #expect(Self.pixels(rectangle, 6, 4) == [2, 3, 4, 5, 8, 9, 10, 11])
        let beside = try LabelStroke(.ignored, .rectangle(Self.point(9, 0), Self.point(12, 3)))
        #expect(Self.pixels(beside, 6, 4).isEmpty && beside.box(width: 6, height: 4) == nil)
        #expect(Self.pixels(try Self.line([(-50, -50), (200, 200)], 10_000), 6, 4).count == 24)
    }

    @Test func numbersOutOfRangeAreRefused() {
        for (stroke, reason) in [
            ({ _ = try Self.line([(0, 0)], .nan) }, "radius"), ({ _ = try Self.line([(0, 0)], .infinity) }, "radius"),
            ({ _ = try Self.line([(0, 0)], -1) }, "radius"), ({ _ = try Self.line([(0, 0)], 10_001) }, "radius"),
            ({ _ = try Self.line([], 1) }, "no points"), ({ _ = try Self.line([(1_000_001, 0)], 1) }, "coordinates"),
            ({ _ = try LabelStroke(.background, .region(Self.point(0, Int.min))) }, "coordinates"),
            ({ _ = try LabelStroke(.background, .region(Self.point(0, 0)), mode: .add) }, "name the class"),
            ({ _ = try LabelStroke(.named("cat"), .region(Self.point(0, 0)), mode: .take) }, "no region"),
        ] as [(() throws -> Void, String)] {
            #expect(complaint(stroke).contains(reason), "\(complaint(stroke))")
        }
    }

    static func samples() throws -> [LabelStroke] {
        [
            try LabelStroke(.named("ca\"t, \\ ☃\u{0}"), .line([point(0, 0), point(-3, 1_000_000)], radius: 0.1 + 0.2)),
            try LabelStroke(.background, .rectangle(point(1, 2), point(-3, 4)), mode: .exact),
            try LabelStroke(.automatic, .region(point(5, 6))), try LabelStroke(.ignored, .line([point(7, 7)], radius: 10_000)),
            try LabelStroke(.named(""), .line([point(7, 7)], radius: 0), mode: .add),
            try LabelStroke(.named("1"), .rectangle(point(0, 0), point(0, 0)), mode: .take),
            try LabelStroke(.automatic, .othersThan(point(-1, 1)), mode: .exact), try LabelStroke(.named("a"), .tidied(.largest), mode: .exact),
            try LabelStroke(.automatic, .tidied(.holes), mode: .exact), try LabelStroke(.named("a"), .tidied(.least(area: 99)), mode: .exact),
            try LabelStroke(.automatic, .tidied(.smooth(radius: 3)), mode: .exact),
        ]
    }

    @Test func textComesBack() throws {
        let strokes = try Self.samples()
        for count in 0...strokes.count {
            let list = try LabelStrokes(strokes, count: count)
            #expect(!list.line.contains("\n"))
            #expect(try LabelStrokes.decode(list.line, path: "note") == list)
        }
        #expect(try LabelStrokes.decode("{\"version\": 1}", path: "note") == LabelStrokes())
    }

    @Test func mistakesInTextAreNamed() {
        let mistakes: [(String, String)] = [
            ("{", "is not valid JSON"), ("[]", "must hold a JSON object"), ("{}", "\"version\" is missing"),
            ("{\"version\":2}", "\"version\" is 2; this program reads strokes of version 1"),
            ("{\"version\":1,\"count\":1}", "\"count\" does not fit: of 0 strokes 1 cannot hold"),
            ("{\"version\":1,\"count\":-1}", "\"count\" does not fit"), ("{\"version\":1,\"lines\":[]}", "\"lines\" is not a setting"),
        ] + [
            ("{}", "\"strokes[0].target\" or \"class\" must be given"), ("{\"class\":\"a\",\"target\":\"ignore\"}", "and not both"),
            ("{\"class\":\"a\"}", "\"strokes[0].shape\" is missing"), ("{\"class\":\"a\",\"shape\":\"blot\"}", "must be one of line, rectangle, region, others, largest, least, holes, smooth"),
            ("{\"class\":\"a\",\"shape\":\"line\",\"points\":[1]}", "columns and rows in turn"),
            ("{\"class\":\"a\",\"shape\":\"line\",\"points\":[1,1e300]}", "must be whole numbers"),
            ("{\"class\":\"a\",\"shape\":\"line\",\"points\":[1,1],\"radius\":1e300}", "cannot be: a stroke's radius must be 0 to 10000"),
            ("{\"class\":\"a\",\"shape\":\"line\",\"points\":[1,1],\"radius\":NaN}", "is not valid JSON"),
            ("{\"class\":\"a\",\"shape\":\"line\"}", "cannot be: a line has no points"),
            ("{\"class\":\"a\",\"shape\":\"rectangle\",\"points\":[1,1]}", "must be two corners"),
            ("{\"class\":\"a\",\"shape\":\"region\",\"points\":[1,1],\"radius\":1}", "\"strokes[0].radius\" is not a setting"),
            ("{\"class\":\"a\",\"shape\":\"region\",\"points\":[1,1],\"mode\":\"soft\"}", "must be one of constraint, exact, add, take"),
        ].map { ("{\"version\":1,\"strokes\":[\($0.0)]}", $0.1) }
        for (text, reason) in mistakes {
            let line = complaint { _ = try LabelStrokes.decode(text, path: "a.png") }
            #expect(line.hasPrefix("a.png: ") && line.contains(reason) && !line.contains("\n"), "\(text): \(line)")
        }
    }

    @Test func undoAndRedo() throws {
        let strokes = try Self.samples()
        var list = LabelStrokes()
        let (nothing, none) = (list.undo(), list.redo())
        #expect(nothing == nil && none == nil && list.isEmpty)
        for stroke in strokes { list.append(stroke) }
        #expect(Array(list.held) == strokes)
        let (last, before) = (list.undo(), list.undo())
        #expect(last == strokes[10] && before == strokes[9] && list.count == 9 && list.strokes == strokes)
        let again = list.redo()
        #expect(again == strokes[9] && list.held.last == strokes[9])
        list.append(strokes[0])
        #expect(list.strokes == Array(strokes[..<10]) + [strokes[0]] && list.count == 11)
        list.replaceLast(strokes[1])
        #expect(list.strokes == Array(strokes[..<10]) + [strokes[1]] && list.count == 11)
        let beyond = list.redo()
        #expect(beyond == nil)
    }

    static func numbers(_ name: String) -> UInt8? { ["cat": 8, "dog": 12][name] }

    @Test func layersHoldWhatStrokesSay() throws {
        var layer = StrokeLayer(width: 12, height: 9)
        #expect(layer.box == nil && layer[3, 3] == nil)
        layer.add(try LabelStroke(.named("cat"), .rectangle(Self.point(2, 2), Self.point(5, 4))), numbers: Self.numbers)
        #expect(layer.box == PixelBox(left: 2, top: 2, right: 5, bottom: 4) && layer.values.count == 12)
        layer.add(try LabelStroke(.background, .rectangle(Self.point(5, 4), Self.point(99, 99)), mode: .exact), numbers: Self.numbers)
        layer.add(try LabelStroke(.automatic, .line([Self.point(2, 2)], radius: 0)), numbers: Self.numbers)
        layer.add(try LabelStroke(.named("horse"), .rectangle(Self.point(0, 0), Self.point(9, 9))), numbers: Self.numbers)
        layer.add(try LabelStroke(.named("dog"), .line([Self.point(3, 3)], radius: 0), mode: .add), numbers: Self.numbers)
        #expect(layer.box == PixelBox(left: 2, top: 2, right: 11, bottom: 8))
        for row in -1...9 {
            for column in -1...12 {
                let isBackground = (5...11).contains(column) && (4...8).contains(row)
                let isCat = (2...5).contains(column) && (2...4).contains(row) && (column, row) != (2, 2)
                #expect(layer[column, row] == (isBackground ? 0 : isCat ? 8 : nil))
                #expect(layer.value(column, row) & StrokeLayer.spreads == (isCat && !isBackground ? StrokeLayer.spreads : 0))
            }
        }
    }

    @Test func coarseLayersKeepThinStrokes() throws {
        var layer = StrokeLayer(width: 4, height: 3)
        layer.add(
            try LabelStroke(.named("dog"), .line([Self.point(101, 0), Self.point(101, 299)], radius: 0)), pictureWidth: 400, pictureHeight: 300,
            numbers: Self.numbers)
        #expect((0..<3).allSatisfy { row in (0..<4).allSatisfy { layer[$0, row] == ($0 == 1 ? 12 : nil) } })
    }

    @Test func paintedLabels() throws {
        // Two cats, apart by a column of background.
        let labels = IndexedImage(width: 5, height: 2, indices: [8, 8, 0, 8, 8, 8, 8, 0, 8, 8])
        func painted(_ strokes: [LabelStroke], _ expected: [UInt8], _ changed: Int) throws {
            let result = try LabelStrokes(strokes).painted(on: labels, numbers: Self.numbers)
            #expect(result.labels.indices == expected && result.changed == changed)
            #expect(result.share == Double(changed) / 10)
        }
        let left = try LabelStroke(.named("dog"), .region(Self.point(0, 1)))
        let bridge = try LabelStroke(.named("cat"), .line([Self.point(2, 0)], radius: 0))
        let all = try LabelStroke(.automatic, .rectangle(Self.point(0, 0), Self.point(9, 9)))
        try painted([], labels.indices, 0)
        try painted([left], [12, 12, 0, 8, 8, 12, 12, 0, 8, 8], 4)
        try painted([bridge, left], [12, 12, 12, 12, 12, 12, 12, 0, 12, 12], 9)
        try painted([bridge, left, all], labels.indices, 0)
        try painted([try LabelStroke(.background, .region(Self.point(9, 9)))], labels.indices, 0)
        // Back to what it was, in one region alone.
        try painted([bridge, left, try LabelStroke(.automatic, .region(Self.point(0, 0)))], labels.indices, 0)
        let odd = try LabelStrokes([LabelStroke(.named("horse"), .region(Self.point(0, 0)))]).painted(on: labels, numbers: Self.numbers)
        #expect(odd.unknown == ["horse"] && odd.changed == 0)
    }

    /// A label at a lower size has what the painted label of the full size has under its pixels' centers.
    @Test func smallLabelsAreSamplesOfLargeOnes() throws {
        var random = SplitMix(seed: 9)
        for _ in 0..<60 {
            let (width, height) = (Int(random.next() % 90) + 10, Int(random.next() % 90) + 10)
            let (across, down) = (Int(random.next() % UInt64(width)) + 1, Int(random.next() % UInt64(height)) + 1)
            func any() -> StrokePoint { Self.point(Int(random.next() % 120) - 10, Int(random.next() % 120) - 10) }
            let strokes = try LabelStrokes([
                LabelStroke(.named("cat"), .line([any(), any(), any()], radius: Double(random.next() % 16) / 2)),
                LabelStroke(.ignored, .rectangle(any(), any())), LabelStroke(.automatic, .line([any()], radius: 9)),
            ])
            let large = strokes.painted(on: IndexedImage(width: width, height: height, indices: [UInt8](repeating: 0, count: width * height)), numbers: Self.numbers)
            let small = strokes.painted(
                on: IndexedImage(width: across, height: down, indices: [UInt8](repeating: 0, count: across * down)), pictureWidth: width,
                pictureHeight: height, numbers: Self.numbers)
            let samples = (0..<across * down).map { at in
                large.labels.indices[(2 * (at / across) + 1) * height / (2 * down) * width + (2 * (at % across) + 1) * width / (2 * across)]
            }
            #expect(small.labels.indices == samples)
        }
    }
}
