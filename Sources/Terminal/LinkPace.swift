/// How fast frames get through, and when the next may go: at most one is on its way.
///
/// A frame's end carries a question (DSR) that the terminal answers once it has got there. Nothing waits for the answer but
/// the next frame, and that only where the line is known to be slow; keys are heard all the time. A terminal that never
/// answered is not waited for.
package struct LinkPace {
    package init() {}

    /// A frame that has been started.
    private struct Flight {
        let bytes: Int
        let began: Double
        /// Whether it carries the question.
        let isAsked: Bool
        /// When the system had taken all of it.
        var taken: Double?
    }

    /// Whether the terminal answers at all.
    package private(set) var answers = false
    /// Frames whose answer has not come: one, but on a line that is fast and far.
    private var flights: [Flight] = []
    /// The shortest time that an answer took, in seconds: the line's there and back.
    private(set) var shortest: Double?
    /// Seconds that a byte takes, on top of that.
    private(set) var secondsPerByte: Double?
    /// How much must be saved: 0 for nothing, up to ``mostThrift``.
    package private(set) var thrift = 0
    /// What the last frame was and took until it was through.
    package private(set) var last: (bytes: Int, seconds: Double)?

    static let mostThrift = 3
    /// Bytes of a frame that tells of the line: a cursor that moved does not.
    private static let telling = 500
    /// A frame that takes longer, in seconds, asks for thrift; one that takes less than a third gives it back.
    static let slow = 0.2
    /// Frames of fewer seconds may overlap on their way: the line is far, not slow.
    static let fleeting = 0.05
    private static let mostFlights = 32
    /// Seconds that any frame is waited for.
    private static let longest = 60.0

    /// What was on its way is no longer waited for.
    mutating func forgetFrames() { flights = [] }

    /// A frame starts.
    ///
    /// - Parameter isAsked: whether its end carries the question.
    package mutating func begin(bytes: Int, isAsked: Bool = true, at now: Double) {
        // One that is no longer waited for, or too many: the terminal has ceased to answer.
        if let last = flights.last, answers && !isFleeting(last) || flights.count >= Self.mostFlights {
            flights = []
            answers = false
        }
        forgetStale(at: now)
        // Where the terminal turns out to answer, it has answered for all before.
        if !answers { flights.removeAll { !$0.isAsked } }
        flights.append(Flight(bytes: bytes, began: now, isAsked: isAsked))
    }

    /// Frames that are long through by all that is known have lost their answers: those still to come are not taken for theirs.
    private mutating func forgetStale(at now: Double) {
        guard answers else { return }
        while let first = flights.first, now - (first.taken ?? first.began) > patience(for: first) { flights.removeFirst() }
    }

    /// The system has all of it.
    package mutating func taken(at now: Double) {
        guard let flown = flights.last, flown.taken == nil else { return }
        flights[flights.count - 1].taken = now
        guard !answers else { return }
        last = (flown.bytes, now - flown.began)
        settle(now - flown.began, flown.bytes)
    }

    /// The terminal has the oldest frame on its way, or answers what was asked at a moment.
    package mutating func answered(after asked: Double? = nil, at now: Double) {
        // What the system takes at once is not yet through.
        if !answers { secondsPerByte = nil }
        answers = true
        flights.removeAll { !$0.isAsked }
        // Where frames wait behind one whose answer is long overdue, this is theirs.
        if asked == nil {
            while flights.count > 1, now - (flights[0].taken ?? flights[0].began) > patience(for: flights[0]) { flights.removeFirst() }
        }
        guard let began = asked ?? flights.first?.began else { return }
        let time = max(now - began, 0)
        shortest = min(shortest ?? time, time)
        guard asked == nil else { return }
        let flown = flights.removeFirst()
        // Where a great frame waits behind it, this may be that one's answer, and its own lost: it tells nothing of the line.
        if secondsPerByte != nil, let behind = flights.last, !isFleeting(behind), time > 2 * expected(flown) + (shortest ?? 0) + Self.fleeting { return }
        if flown.bytes >= Self.telling || last == nil { last = (flown.bytes, time) }
        settle(time - (shortest ?? 0), flown.bytes)
        // Small frames tell more of the terminal than of the line.
        if let mean = secondsPerByte, flown.bytes > 4000 {
            isTooSlowForPictures = mean > (isTooSlowForPictures == true ? Self.slowest / 2 : Self.slowest)
        }
    }

    private mutating func settle(_ time: Double, _ bytes: Int) {
        if bytes > 1000 {
            let new = time / Double(bytes)
            secondsPerByte = (secondsPerByte ?? new) * 0.6 + new * 0.4
        }
        if time > Self.slow {
            thrift = min(thrift + 1, Self.mostThrift)
        } else if time < Self.slow / 3, thrift > 0 {
            thrift -= 1
        }
    }

    /// Whether a picture in pixels would keep the line busy for more than a second or two; what was too slow must become twice as
    /// fast first. `nil` until a frame has told.
    package private(set) var isTooSlowForPictures: Bool?
    private static let slowest = 1.0 / 200_000

    private func expected(_ flight: Flight) -> Double { (secondsPerByte ?? 0) * Double(flight.bytes) }
    private func isFleeting(_ flight: Flight) -> Bool { secondsPerByte != nil && expected(flight) < Self.fleeting }

    /// Seconds that the frame on its way takes, as the ones before tell.
    var expected: Double { flights.last.map(expected) ?? 0 }

    /// Seconds until the next frame may start without an answer: 0 for now.
    package func wait(at now: Double) -> Double {
        guard answers, let flight = flights.last else { return 0 }
        let patience = isFleeting(flight) ? 2 * expected(flight) + 0.005 : patience(for: flight)
        return max(0, (flight.taken ?? flight.began) + patience - now)
    }

    /// Seconds within which a frame's answer comes if it comes at all: by the line's speed where that is known.
    private func patience(for flight: Flight) -> Double {
        guard secondsPerByte != nil else { return min(2 + Double(flight.bytes) / 1000, Self.longest) }
        return min(2 + (shortest ?? 0) + 3 * expected(flight), Self.longest)
    }
}
