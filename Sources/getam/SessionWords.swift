import Explorer
import GETAM
import Synchronization

/// The classes in words and the words of the background that a session of the explorer has: given by options or added. Every model that
/// is read gets them by its own text tower.
final class SessionWords: Sendable {
    private let checkpoint: CheckpointOption
    private let texts = TextModels()
    /// Classes that were added, in their order.
    private let added = Mutex<[TextClass]>([])

    init(_ checkpoint: CheckpointOption) { self.checkpoint = checkpoint }

    /// A model with a class in words more; one that is read later has it, too.
    func adding(_ text: String, to model: EngineModel) throws -> EngineModel {
        guard let group = TextClass(line: text) else {
            throw ModelError.input("“\(text)” is no class in words: a text, or name: prompt | prompt")
        }
        guard let path = model.path else { throw ModelError.input("where the model was read is not known") }
        let reader = try texts.model(path, compute: model.compute)
        let embeddings = try reader.classes([group], templates: checkpoint.texts.sentences).embeddings
        let result = model.with(try model.parameters.adding(embeddings, scale: reader.tower.logitScale, bias: reader.tower.logitBias))
        added.withLock { added in if !added.contains(where: { $0.name == group.name }) { added.append(group) } }
        return result
    }

    /// Reads a model, with the words where it has a text tower that they go with, else without them, which the remark says.
    func load(_ path: String, compute: Compute) throws -> (loaded: LoadedModel, remark: String?) {
        let added = added.withLock { $0 }
        func plain() throws -> LoadedModel { try checkpoint.concepts.added(to: ModelLoader.load(path: path)) }
        // A run's checkpoints have no text tower, and never had the words.
        guard checkpoint.texts.isGiven || checkpoint.background.isGiven || !added.isEmpty, TrainingRun.owner(ofWeights: path) == nil,
            TrainingRun(path: path) == nil
        else { return (try plain(), nil) }
        do { return (try Notes.undoing { try withWords(path, added, compute) }, nil) } catch {
            return (try plain(), "the session's words are left behind: \(error)")
        }
    }

    private func withWords(_ path: String, _ added: [TextClass], _ compute: Compute) throws -> LoadedModel {
        let reader = try texts.model(path, compute: compute), sentences = try checkpoint.texts.sentences
        let given = try checkpoint.texts.isGiven ? checkpoint.texts.classes() : []
        let head = given.isEmpty ? nil : HeadSource(texts: try reader.classes(given, templates: sentences).embeddings, title: "--text")
        var loaded = try checkpoint.concepts.added(to: ModelLoader.load(path: path, head: head))
        let names = head == nil ? [] : Set(loaded.configuration.distinctClassNames), more = added.filter { !names.contains($0.name) }
        if !more.isEmpty {
            let embeddings = try reader.classes(more, templates: sentences).embeddings
            loaded.parameters = try loaded.parameters.adding(embeddings, scale: reader.tower.logitScale, bias: reader.tower.logitBias)
        }
        return try checkpoint.background.added(to: loaded, by: reader, templates: sentences)
    }
}
