/// What the program around the explorer tells it.
public struct ProgramContext: Sendable, Equatable {
    public var theme: ThemeSetting
    public var graphics: GraphicsSetting
    /// Whether frames are shown whole.
    public var isSynchronized: Bool
    /// Options of the command line that hold for the whole run but the models, each with its value, for the one that reproduces a view.
    public var options: [String]
    /// The models' files or folders.
    public var modelPaths: [String]
    /// Whether the first of them was named, and is not the bundled one.
    public var namesModel: Bool
    /// What the program computes with.
    public var facts: [Fact]
    /// Whether no terminal shows the screen, which has then the size that it is told.
    public var isHeadless = false

    public init(
        theme: ThemeSetting = ThemeSetting(), graphics: GraphicsSetting = GraphicsSetting(), isSynchronized: Bool = true,
        options: [String] = [], modelPaths: [String] = [], namesModel: Bool = false, facts: [Fact] = []
    ) {
        self.theme = theme
        self.graphics = graphics
        self.isSynchronized = isSynchronized
        self.options = options
        self.modelPaths = modelPaths
        self.namesModel = namesModel
        self.facts = facts
    }

    /// The models' files by name, without their folders.
    var modelNames: [String] { modelPaths.map(\.nameAlone) }
}
