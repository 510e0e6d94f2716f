/// The pictures a run learns from, with the classes that are in them.
public struct TrainingSet: Sendable {
    public struct Picture: Sendable {
        /// What it is called in messages.
        public let name: String
        public let path: String
        /// Indices of classes, among the model's logits.
        public let classes: Set<Int>
        /// The path of its saliency map; nil where none is used.
        public let saliency: String?
        public init(name: String, path: String, classes: Set<Int>, saliency: String? = nil) {
            self.name = name
            self.path = path
            self.classes = classes
            self.saliency = saliency
        }
    }

    public let pictures: [Picture]

    public init(_ pictures: [Picture]) { self.pictures = pictures }

    /// Steps an epoch: whole batches; what is left over waits for another order.
    func steps(batch: Int) -> Int { pictures.count / batch }

    /// The pictures of a step, counted from 1, and which epoch it is in.
    func batch(step: Int, size: Int, seed: Int) -> (epoch: Int, pictures: [Int]) {
        let (epoch, place) = (step - 1).quotientAndRemainder(dividingBy: max(steps(batch: size), 1))
        var random = RandomStream(seed: seed, epoch: epoch, .order)
        let order = random.permutation(pictures.count)
        return (epoch, Array(order[place * size..<(place + 1) * size]))
    }
}
