/// What the program around the explorer tells it.
public struct ProgramContext: Sendable, Equatable {
    public var theme: ThemeSetting
    public var graphics: GraphicsSetting
    /// Whether frames are shown whole.
    public var isSynchronized: Bool
    /// Options of the command line that hold for the whole run, for the one that reproduces a view.
    public var options: [String]
    /// The models' files by name, without their folders.
    public var modelNames: [String]
    /// What the program computes with.
    public var facts: [Fact]

    public init(
        theme: ThemeSetting = ThemeSetting(), graphics: GraphicsSetting = GraphicsSetting(), isSynchronized: Bool = true,
        options: [String] = [], modelNames: [String] = [], facts: [Fact] = []
    ) {
        self.theme = theme
        self.graphics = graphics
        self.isSynchronized = isSynchronized
        self.options = options
        self.modelNames = modelNames
        self.facts = facts
    }
}
