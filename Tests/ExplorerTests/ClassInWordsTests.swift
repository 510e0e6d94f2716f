import Attribution
import Checkpoints
@testable import Explorer
import Foundation
import Images
import Synchronization
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// `:class add TEXT`: the model has a class more, which is looked at.
@Suite struct ClassInWordsTests {
    private static func summary(_ names: [String]) -> ModelSummary { ModelSummary(name: "clip", depth: 12, classNames: names, heads: 3) }

    private func asked(_ explorer: ScriptedExplorer) -> [String] {
        explorer.effects.compactMap { if case .addClass(let text, let model) = $0 { "\(model) \(text)" } else { nil } }
    }

    @Test func itIsAskedForAndThenLookedAt() {
        var explorer = ScriptedExplorer()
        explorer.send(.run("class add a photo of a cat"))
        #expect(asked(explorer) == ["0 a photo of a cat"])
        explorer.answers = false
        explorer.send(.classAdded(Self.summary(ScriptedExplorer.classNames + ["a photo of a cat"]), model: 0))
        #expect(explorer.state.models[0].classNames.last == "a photo of a cat")
        #expect(explorer.state.classToSelect == ScriptedExplorer.classNames.count)
        #expect(explorer.state.message?.text == "class \(ScriptedExplorer.classNames.count): a photo of a cat")
        // Its label map's number is the model's next.
        #expect(explorer.state.labelSetup.names.last == "a photo of a cat")
    }

    @Test func withoutATextItIsRefused() {
        var explorer = ScriptedExplorer()
        explorer.send(.run("class add "))
        #expect(asked(explorer) == [])
        explorer.send(.classAdded(Self.summary(["a"]), model: 7))
        #expect(explorer.state.models.count == 1)
    }

    /// Where a model that is read cannot have the session's words, one line says so.
    @Test func wordsThatAreLeftBehind() {
        var explorer = ScriptedExplorer()
        explorer.answers = false
        explorer.send(.modelLoaded(Self.summary(["a"]), path: "vit", remark: "the session's words are left behind: no text tower"))
        #expect(explorer.state.message?.text == "model 2: clip; the session's words are left behind: no text tower")
        explorer.send(.modelLoaded(Self.summary(["a"]), path: "clip"))
        #expect(explorer.state.message?.text == "model 3: clip; “:model 2” and Y go back")
    }
}

/// What the engine keeps of passes where a model gets a class more.
@Suite struct ClassInWordsEngineTests {
    /// What the engine posted, and the engine itself, for what is done in between.
    private final class Board: Sendable {
        let actions = Mutex<[Action]>([])
        let engine = Mutex<Engine?>(nil)
        let isAdded = Mutex(false)

        /// Adds a class while the first pass goes on, and holds that until the new model waits.
        func post(_ action: Action) {
            actions.withLock { $0.append(action) }
            guard case .progress(_, "forward pass", let done, _) = action, done == 1, isAdded.withLock({ was in
                defer { was = true }
                return !was
            }), let engine = engine.withLock({ $0 }) else { return }
            engine.run(.addClass("thing5", model: 0))
            _ = waits { engine.newest(0)?.summary.classNames.count == 6 }
        }

        func waits(_ isThere: () -> Bool) -> Bool {
            for _ in 0..<3000 {
                if isThere() { return true }
                usleep(10_000)
            }
            return false
        }

        func waits(forAction isThere: @escaping (Action) -> Bool) -> Bool { waits { actions.withLock { $0.contains(where: isThere) } } }

        /// The logits of an answer, and whether a pass was made for it.
        func answer(_ wanted: Int) -> (logits: [Float], passed: Bool)? {
            guard waits(forAction: { if case .traced(_, _, wanted, _) = $0 { true } else { false } }) else { return nil }
            return actions.withLock { actions in
                let logits = actions.compactMap { if case .traced(_, _, wanted, let result) = $0 { result.logits } else { nil } }
                let passes = actions.contains { if case .progress(wanted, "forward pass", _, _) = $0 { true } else { false } }
                return logits.last.map { ($0, passes) }
            }
        }
    }

    /// The model with a row more, the sum of two others.
    private static func adding(_ name: String, to model: EngineModel) -> EngineModel {
        var parameters = model.parameters
        guard let head = parameters.head else { return model }
        let (rows, width) = (head.weight.shape[0], head.weight.shape[1]), values = head.weight.values
        let row = (0..<width).map { (values[$0] + values[width * (rows - 1) + $0]) / 2 }
        parameters.head = .init(weight: Tensor(shape: [rows + 1, width], values + row), bias: nil)
        parameters.configuration.classCount += 1
        parameters.configuration.classNames.append(name)
        return model.with(parameters)
    }

    @Test func passesGoOn() throws {
        let folder = Fixtures.path("families/clip_openclip")
        let loaded = try ModelLoader.load(path: folder, head: HeadSource(path: folder + "/embeddings.npy"))
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))
        let model = EngineModel(VisionTransformer(loaded.parameters, compute: compute), name: "clip")
        let pictures = try TemporaryFolder()
        var samples = [UInt8](repeating: 0, count: 3 * 32 * 32)
        for index in samples.indices { samples[index] = UInt8((index * 37 + index / 7) % 251) }
        let path = try pictures.write(PNGEncoder.encode(RGBImage(width: 32, height: 32, samples: samples)), "noise.png")
        let board = Board()
        let settings = Engine.Settings(
            resize: .fit, size: nil, traceLimit: 1 << 30, niceness: 0, programVersion: "", addClass: { Self.adding($0, to: $1) })
        let engine = Engine(models: [model], settings: settings) { board.post($0) }
        defer { engine.stop() }
        board.engine.withLock { $0 = engine }

        engine.run(.open(picture: 0, path: path, model: 0, generation: 1))
        #expect(board.waits { if case .classAdded(let summary, 0) = $0 { summary.classNames.count == 6 } else { false } })
        // The pass that was under way is there, with the logit of the new class.
        engine.run(.open(picture: 0, path: path, model: 0, generation: 2))
        let second = try #require(board.answer(2))
        #expect(second.logits.count == 6 && !second.passed)
        // And so is one that was over.
        engine.run(.addClass("thing6", model: 0))
        #expect(board.waits { if case .classAdded(let summary, 0) = $0 { summary.classNames.count == 7 } else { false } })
        engine.run(.open(picture: 0, path: path, model: 0, generation: 3))
        let third = try #require(board.answer(3))
        #expect(third.logits.count == 7 && !third.passed && third.logits.prefix(6) == second.logits[...])
        let picture = try ImageFile.read(path: path)
        let alone = Self.adding("thing6", to: Self.adding("thing5", to: model)).transformer
        let input = picture.modelInput(.init(height: 32, width: 32), alone.configuration.preprocessing)
        #expect(try alone.forward(input).logits == third.logits)
    }
}
