import Tensors

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
        var order = Order()
        let (epoch, range) = order.turn(to: step, size: size, seed: seed, of: self)
        return (epoch, Array(order.pictures[range]))
    }

    /// The order of the pictures in an epoch, which serves for all its steps.
    struct Order: Sendable {
        private(set) var pictures: [Int] = []
        private var key: (epoch: Int, seed: Int)?

        /// The epoch of a step, counted from 1, and where its pictures are in the order.
        mutating func turn(to step: Int, size: Int, seed: Int, of set: TrainingSet) -> (epoch: Int, places: Range<Int>) {
            let (epoch, place) = (step - 1).quotientAndRemainder(dividingBy: max(set.steps(batch: size), 1))
            if key.map({ $0 != (epoch, seed) }) ?? true {
                var random = RandomStream(seed: seed, epoch: epoch, .order)
                random.permute(set.pictures.count, into: &pictures)
                key = (epoch, seed)
            }
            return (epoch, place * size..<(place + 1) * size)
        }
    }
}
