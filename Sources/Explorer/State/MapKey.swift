import Attribution
import VisionTransformer

/// What a picture's maps are of: all that the value of a quantity depends on, but for the layer.
public struct MapKey: Sendable, Hashable {
    /// An index into the models.
    public var model: Int
    /// `nil` for a quantity that needs no class.
    public var target: ClassTarget?
    /// An index into the methods.
    public var method: Int
    /// Where the method starts; 0 where its layers' maps do not depend on it.
    public var start: Int
    /// `nil` for all heads together.
    public var head: Int?
    public var query: QueryToken
    /// What is done to the model's pass; empty for nothing.
    public var ablations: HeadAblations

    public init(
        model: Int = 0, target: ClassTarget?, method: Int, start: Int = 0, head: Int? = nil, query: QueryToken = .picture,
        ablations: HeadAblations = .none
    ) {
        self.model = model
        self.target = target
        self.method = method
        self.start = start
        self.head = head
        self.query = query
        self.ablations = ablations
    }

    /// The map of a class by all heads of the untouched model, of what stands for the picture.
    public init(classIndex: Int?, method: Int, start: Int = 0) {
        self.init(target: classIndex.map(ClassTarget.logit), method: method, start: start)
    }

    /// The class that the map speaks for.
    public var classIndex: Int? { target?.classIndex }
}
