import Testing

/// The built program, driven by keys in a pseudo terminal, one at a time. Nothing here sleeps: each step waits for what
/// the screen must show.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ExplorerSessionTests {}
