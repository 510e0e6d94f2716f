import CTerminal

/// The terminal, left as it was found by a program that ends without its loop.
public enum TerminalRescue {
    /// Puts the terminal back where it is another's to be; else does nothing. May be called on any thread, and allocates nothing.
    public static func run() { terminal_rescue() }
}
