import Checkpoints
import Files
import Foundation
import Images
import Tensors
import Testing
import TestSupport
@testable import Training

/// Event files, byte by byte; `Tests/Scripts/tensorboard-reads.py` opens them with TensorBoard's own reader.
@Suite struct TensorBoardTests {
    /// RFC 3720, B.4, and the check value of the polynomial.
    @Test func checksums() {
        #expect(RecordFile.checksum(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(RecordFile.checksum(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(RecordFile.checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(RecordFile.checksum(Array("123456789".utf8)) == 0xE306_9283)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    /// As TensorBoard's own writer and messages have them (2.21).
    @Test func recordsAndMessages() throws {
        #expect(Self.hexadecimal(RecordFile.record(Array("abc".utf8))) == "0300000000000000b099490e6162636e57f121")
        let loss = try SummaryEvent.values([.scalar("loss", 0.25)]).message(time: 1.5, step: 300)
        #expect(Self.hexadecimal(loss) == "09000000000000f83f10ac022a0d0a0b0a046c6f7373150000803e")
        #expect(Self.hexadecimal(try SummaryEvent.start.message(time: 1.5, step: 7)) == "09000000000000f83f10073a020801")
        let version = try SummaryEvent.version.message(time: 1.5, step: 0)
        #expect(Self.hexadecimal(version) == "09000000000000f83f10001a0d627261696e2e4576656e743a32")
    }

    /// The payloads of a file's records, whose checksums are right.
    private static func records(_ path: String) throws -> [[UInt8]] {
        let bytes = try MappedFile(path: path).withBytes { Array($0) }
        var records: [[UInt8]] = [], place = 0
        while place < bytes.count {
            let length = bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let payload = Array(bytes[place + 12..<place + 12 + length])
            #expect(Array(bytes[place..<place + 16 + length]) == RecordFile.record(payload))
            records.append(payload)
            place += 16 + length
        }
        return records
    }

    /// A start has a file of its own; a run that is over begins none.
    @Test func aRunWritesEvents() throws {
        let folder = try TemporaryFolder()
        let set = try TrainerTests.pictures(folder), run = folder.path + "/run"
        let recipe = TrainerTests.recipe(
            "steps=6", "segmentationStart=2", "labels.preset=acr", "decoder.channels=16", "decoder.taps=2", "keepEvery=3")
        func train(stops: Int? = nil) throws {
            let trainer = try TrainerTests.trainer(
                recipe, set, run, resumes: true, start: TrainingStart.withDecoder(TrainerTests.start(), recipe))
            trainer.tensorBoard = TensorBoardLog(RunFolder(path: run), recipe: recipe, set: set, compute: trainer.model.compute)
            var steps = 0
            _ = try trainer.run(shouldStop: { steps += 1; return steps == stops })
        }
        func files() throws -> [String] {
            try FolderListing(run).entries.map(\.name).filter { $0.hasPrefix("events.out.tfevents.") }.map { "\(run)/\($0)" }
        }
        try train(stops: 5)
        let first = try #require(try files().first)
        // Of the first file: version, start, a record a step, and one of pictures.
        let records = try Self.records(first), texts = records.map { String(decoding: $0, as: UTF8.self) }
        #expect(texts[0].contains("brain.Event:2"))
        #expect(records.count == 2 + 4 + 1, "\(records.count)")
        let steps = texts.filter { $0.contains("loss/segmentation") && $0.contains("gradientNorm") && $0.contains("picturesPerSecond") }
        #expect(steps.count == 4)
        // Pictures of 48×40 pixels: picture, map, label and answer of each of three.
        let place = try #require(texts.firstIndex { $0.contains("probe/") }), pictures = texts[place]
        for name in ["probe/0", "probe/1", "probe/2"] { #expect(pictures.contains(name)) }
        let image = try #require(records[place].firstRange(of: Array("\u{89}PNG".unicodeScalars.map { UInt8($0.value) })))
        let header = records[place][image.lowerBound + 16..<image.lowerBound + 24]
        #expect(Array(header) == [0, 0, 0, 192, 0, 0, 0, 40])
        // Another second, and so another name.
        Thread.sleep(forTimeInterval: 1.1)
        try train()
        let second = try #require(try files().sorted().last)
        #expect(second != first)
        #expect(try Self.records(second).count == 2 + 2 + 1)
        try train()
        #expect(try files().count == 2)
    }
}
