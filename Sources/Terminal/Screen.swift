import Explorer

/// A place to draw frames and take events from.
public protocol Screen: AnyObject {
    /// In cells.
    var size: (columns: Int, rows: Int) { get }
    /// Pixels of a cell; `nil` where the terminal does not say.
    var cell: CellSize? { get }
    /// The colors it shows.
    var depth: ColorDepth { get }
    /// Descriptors for `poll`: the keyboard, and the pipe of signals (a byte each, the signal's number).
    var descriptors: (input: Int32, signals: Int32) { get }

    /// Begins to bring the frame on the screen. To be called where ``isReady`` only.
    func start(_ frame: Frame)
    /// Whether what was started before is through, as far as can be known: at most one frame is on its way.
    var isReady: Bool { get }
    /// The descriptor to be polled for writing, and then ``send()`` called; nil where nothing waits to be written.
    var sending: Int32? { get }
    func send()
    /// Brings the frame on the screen; returns when all is written.
    func draw(_ frame: Frame)
    /// Everything that was typed, clicked or pasted up to now. Does not wait for more.
    func nextEvents() -> [Event]
    /// Milliseconds after which ``nextEvents()`` and ``isReady`` are to be looked at even if nothing was typed, for what was
    /// begun and not ended; nil where nothing was.
    var patience: Int32? { get }
    /// Mouse reports on or off.
    func setMouse(_ on: Bool)
    /// Frames shown whole, where the terminal can, or as they come.
    func setSynchronized(_ on: Bool)
    /// The window's title, where it can be brought back at the end.
    func setTitle(_ title: String)
    /// Puts a text on the clipboard of who sits at the terminal; false where there is no way to it.
    func copy(_ text: String) -> Bool
    /// Asks the terminal for its background once more; the answer is an event.
    func askBackground()
    /// Whether the terminal shows pixels; news are an event.
    var graphics: GraphicsSupport { get }
    /// Asks the terminal whether it does; the answer is an event.
    func askGraphics()
    /// With the next frame the terminal has none of our pictures, but those of that frame.
    func dropPictures()
    /// What is known of the terminal, and how.
    var facts: [Fact] { get }
    /// Asks the terminal for its size again; the event to pass on. What is shown is forgotten.
    func resized() -> Event
    /// Gives the terminal back for a while, in the state it was in.
    func suspend()
    /// Takes it again; the next frame is drawn anew.
    func resume()
    /// Gives the terminal back for good. Calling it again does nothing.
    func restore()
}
