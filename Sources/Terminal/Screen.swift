import Explorer

/// A place to draw frames and take events from.
public protocol Screen: AnyObject {
    /// In cells.
    var size: (columns: Int, rows: Int) { get }
    /// The colors it shows.
    var depth: ColorDepth { get }
    /// Descriptors for `poll`: the keyboard, the drawing, and the pipe of signals (a byte each, the signal's number).
    var descriptors: (input: Int32, output: Int32, signals: Int32) { get }

    /// Brings the frame on the screen; returns when all is written.
    func draw(_ frame: Frame)
    /// Everything that was typed, clicked or pasted up to now. Does not wait for more.
    func nextEvents() -> [Event]
    /// Milliseconds after which ``nextEvents()`` is to be called even if nothing was typed, for what was begun and not
    /// ended; nil where nothing was.
    var patience: Int32? { get }
    /// Mouse reports on or off.
    func setMouse(_ on: Bool)
    /// Asks the terminal for its size again; the event to pass on. What is shown is forgotten.
    func resized() -> Event
    /// Gives the terminal back for a while, in the state it was in.
    func suspend()
    /// Takes it again; the next frame is drawn anew.
    func resume()
    /// Gives the terminal back for good. Calling it again does nothing.
    func restore()
}
