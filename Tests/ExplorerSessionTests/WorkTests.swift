import Foundation
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Work under way, its progress and its end; folders good and bad.
    @Suite struct WorkTests {
        @Test func keysWorkDuringAForwardPassAndEscapeStopsIt() throws {
            let session = try Explorer.launch([Explorer.pictures] + Explorer.slow)
            try session.wait("progress") { $0.hint.contains("forward pass") }
            // Keys are answered at once, though a pass goes on.
            let clock = ContinuousClock(), start = clock.now
            try session.press("v", shows: " map · ")
            try session.press("?", shows: " keys and commands ")
            try session.press("\u{3}\t", hint: "threshold")
            #expect(clock.now - start < .seconds(1))
            // The whole line may not be here yet.
            try session.wait("the pass still going on") { $0.hint.contains("forward pass") }
            try session.press("\u{1B}", hint: "stopped; R asks again")
            #expect(!session.screen.isWorking)
            try session.press("R", hint: "forward pass")
            // Another picture is wanted: the pass gives way.
            try session.press("n", "the next picture's pass") { $0.status.contains("2/10") && $0.hint.contains("forward pass") }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func aBadPictureIsSaidInItsPlace() throws {
            let folder = try ScratchFolder()
            try folder.link("a.jpg", to: Explorer.picture("01-cat.jpg"))
            try folder.write("b.png", "this is no picture")
            try folder.write("c.jpg", "")
            try folder.link("d.jpg", to: folder.file("nowhere"))
            try folder.link("e.jpg", to: Explorer.picture("03-dog.jpg"))
            let session = try Explorer.start([folder.path])
            for (number, name) in [(2, "b.png"), (3, "c.jpg"), (4, "d.jpg")] {
                try session.press("n", "a note about \(name)") {
                    $0.status.contains("\(number)/5") && $0.contains("n and p go on, R tries again")
                        && $0.lines.dropFirst(2).contains { $0.contains(name) }
                }
                #expect(session.screen.status.contains("fused 6-11"))
            }
            try session.press("j", hint: "could not be read")
            try session.press("e", hint: "could not be read")
            try session.press("n", "the last") { $0.status.contains("5/5") && $0.status.contains("dog") && $0.isComplete }
            try session.press("pp", "back") { $0.status.contains("3/5") && $0.contains("n and p go on") }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func tenThousandPicturesOpenAtOnce() throws {
            let folder = try ScratchFolder()
            let names = try FileManager.default.contentsOfDirectory(atPath: Explorer.pictures).sorted()
            for index in 0..<10_000 {
                try folder.link("\(10_000 + index).jpg", to: "\(Explorer.pictures)/\(names[index % names.count])")
            }
            let session = try Explorer.launch([folder.path])
            let clock = ContinuousClock(), start = clock.now
            try session.wait("the first maps") { $0.isComplete && $0.status.contains("1/10000") }
            #expect(clock.now - start < .seconds(3), "\(clock.now - start)")
            try session.press(":image 9999\r", "the last but one") { $0.status.contains("9999/10000") && $0.isComplete }
            try session.press("n", "the last") { $0.status.contains("10000/10000") && $0.isComplete }
            try session.press("n", hint: "no later picture")
            #expect(try session.quit() == (.status(0), []))
        }

        /// Many pictures, one after the other, within a bound of memory; the next is mostly there already.
        @Test func manyPicturesInBoundedMemory() throws {
            let folder = try ScratchFolder()
            let names = try FileManager.default.contentsOfDirectory(atPath: Explorer.pictures).sorted()
            for index in 0..<60 { try folder.link("\(100 + index).jpg", to: "\(Explorer.pictures)/\(names[index % names.count])") }
            let session = try Explorer.start([folder.path])
            session.keepsOutput = false
            let clock = ContinuousClock()
            var times: [Duration] = []
            for number in 2...60 {
                let start = clock.now
                try session.press("n", "picture \(number)") { $0.status.contains(" \(number)/60") && $0.isComplete }
                times.append(clock.now - start)
            }
            let status = try String(contentsOfFile: "/proc/\(session.process)/status", encoding: .utf8)
            let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
                .split(separator: " ").dropFirst().first.flatMap { Int($0) })
            times.sort()
            print("n to all maps: median \(times[times.count / 2]), slowest \(times[times.count - 1]); peak \(peak / 1024) MiB")
            #expect(peak < 700 * 1024, "\(peak / 1024) MiB")
            #expect(times[times.count / 2] < .seconds(1))
            // Back to the first, which may have been forgotten.
            try session.press(":image 1\r", "the first") { $0.status.contains(" 1/60") && $0.isComplete }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func workersGiveWayToTheScreen() throws {
            let session = try Explorer.launch([Explorer.picture("01-cat.jpg")] + Explorer.slow)
            try session.wait("progress") { $0.hint.contains("forward pass") }
            // Field 19 of a thread's stat is its nice value; 14 and 15 are its time.
            var screen: Int?, busiest = (time: -1, nice: -1)
            for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(session.process)/task") {
                let stat = try String(contentsOfFile: "/proc/\(session.process)/task/\(thread)/stat", encoding: .utf8)
                let fields = stat.split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
                guard fields.count > 17, let nice = Int(fields[16]), let time = Int(fields[11]) else { continue }
                if thread == "\(session.process)" { screen = nice } else if time > busiest.time { busiest = (time, nice) }
            }
            let here = getpriority(__priority_which_t(0), 0)
            #expect(screen == Int(here))
            #expect(busiest.nice == min(Int(here) + 10, 19))
            #expect(try session.quit() == (.status(0), []))
        }
    }
}
