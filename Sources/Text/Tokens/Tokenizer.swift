/// Turns a text into the numbers that a text tower reads.
public protocol Tokenizer: Sendable {
    /// The tokens of the text itself.
    func body(of text: String) -> [Int]
    /// What stands before every text.
    var opening: [Int] { get }
    /// What stands after every text.
    var closing: [Int] { get }
    /// What fills a context up; nil where the files do not say.
    var padding: Int? { get }
    /// How many different tokens there are: each is below.
    var count: Int { get }
    /// What it is, in a few words.
    var title: String { get }
}

extension Tokenizer {
    /// The whole text with what stands around it.
    public func tokens(of text: String) -> [Int] { opening + body(of: text) + closing }

    /// The text in a context of `length` tokens, its end cut off where it is longer; what stands around it stays.
    ///
    /// - Returns: the tokens, `length` at most, and whether something was cut off. They are not padded.
    public func tokens(of text: String, length: Int) -> (tokens: [Int], isCut: Bool) {
        let body = body(of: text), room = max(0, length - opening.count - closing.count)
        return (Array((opening + body.prefix(room) + closing).prefix(length)), body.count > room)
    }
}
