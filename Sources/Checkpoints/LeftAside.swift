/// What a file holds beside the tower that is read and does not change its numbers, where one would look for it.
enum LeftAside {
    /// A piece of a name, and the note on what it gives away. The first that occurs counts.
    private static let pieces: [(piece: String, note: String)] = [
        ("decoder.film_mul.", "CLIPSeg's decoder of masks is not read: texts are compared with the picture, as by its CLIP"),
        ("class_head.dense0.", "the heads that give patches boxes and classes are not read: texts are compared with the picture"),
        ("qformer.encoder.", "BLIP-2's Q-Former is not read: the vision tower's features are not those that texts are compared with"),
        ("text_decoder.bert.", "BLIP's text decoder is not read: there are the vision tower's features alone"),
        ("text_encoder.transformer.resblocks.", lacksTexts), ("embeddings.word_embeddings.", lacksTexts),
    ]
    private static let lacksTexts = "its text tower is not read: --text is not to be had, --head with embeddings of texts (.npy) is"

    /// In words; nil where nothing is.
    static func note(_ names: TensorNames) -> String? { pieces.first { names.contain($0.piece) }?.note }
}
