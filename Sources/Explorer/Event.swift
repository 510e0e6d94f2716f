/// A key as the user knows it.
public enum Key: Sendable, Hashable {
    /// A printable character, the space included.
    case character(Character)
    /// A letter with the control key, lower case.
    case control(Character)
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, tab, backTab, escape, backspace, delete
    case function(Int)
}

/// What reaches the explorer from outside.
public enum Event: Sendable, Hashable {
    /// Named as `:click` has them.
    public enum MouseButton: String, Sendable, Hashable, CaseIterable {
        case left, middle, right
        case wheelUp = "up", wheelDown = "down"
    }

    case key(Key)
    /// A button pressed at a cell, counted from the top left.
    case mouse(MouseButton, column: Int, row: Int)
    /// The left button held and moved.
    case drag(column: Int, row: Int)
    /// Text pasted as one piece (bracketed paste).
    case paste(String)
    /// The window has the keyboard now, or has it no more.
    case focus(Bool)
    /// The terminal's background, as it answers.
    case background(Color)
    /// What is known of the terminal's pixels.
    case graphics(GraphicsSupport)
    /// The screen has a new size, and maybe other characters.
    case resize(columns: Int, rows: Int, cell: CellSize? = nil)
}
