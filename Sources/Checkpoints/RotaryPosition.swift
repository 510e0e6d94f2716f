extension ModelConfiguration {
    /// A rotary position embedding: pairs of elements of the patches' queries and keys are turned by angles that are a place times a
    /// frequency. Prefix tokens are left alone, or the class token has angles of its own.
    public struct Rotary: Sendable, Equatable, Codable {
        /// What a patch's place on an axis is.
        public enum Places: String, Sendable, Codable {
            /// Its center, the picture's edges being −2π and 2π (DINOv3): the same at every input size.
            case centers
            /// Its number, scaled where there is a reference (EVA-02).
            case indices
        }

        public var places: Places
        /// Added to a patch's number.
        public var offset: Float
        /// The grid, in patches, to which the numbers of any other are scaled.
        public var reference: Size?
        /// Whether columns come before rows among the frequencies.
        public var columnsFirst: Bool
        /// Whether the elements of a pair lie half a head apart; else they are neighbors.
        public var pairsHalves: Bool
        /// Frequency i of n an axis is base^(−i/n); nil where the checkpoint holds frequencies of its own.
        public var base: Float?
        /// Whether the class token is turned, too, by angles that the checkpoint holds (MLCD).
        public var turnsClassToken = false

        /// Whether a head's first half is turned by one axis' place and its second by the other's, each with pairs of its own (Gemma).
        public var splitsHeads = false

        public init(
            places: Places, base: Float?, offset: Float = 0, reference: Size? = nil, columnsFirst: Bool = false, pairsHalves: Bool = false
        ) {
            self.places = places
            self.offset = offset
            self.reference = reference
            self.columnsFirst = columnsFirst
            self.pairsHalves = pairsHalves
            self.base = base
        }

        /// DINOv3's.
        static func dinov3(base: Float = 100) -> Rotary { Rotary(places: .centers, base: base, pairsHalves: true) }
        /// EVA-02's and those derived from it; `reference` is the side of a square grid.
        static func axial(
            base: Float = 10000, reference: Int?, offset: Float = 0, columnsFirst: Bool = false, pairsHalves: Bool = false
        ) -> Rotary {
            Rotary(
                places: .indices, base: base, offset: offset, reference: reference.map { Size(height: $0, width: $0) },
                columnsFirst: columnsFirst, pairsHalves: pairsHalves)
        }
        /// MLCD's: rows and columns, and the class token's own angles.
        static let mlcd: Rotary = {
            var rotary = axial(reference: nil, pairsHalves: true)
            rotary.turnsClassToken = true
            return rotary
        }()
        /// Gemma 4's: half a head by columns, the other by rows.
        static let gemma: Rotary = {
            var rotary = axial(base: 100, reference: nil, columnsFirst: true, pairsHalves: true)
            rotary.splitsHeads = true
            return rotary
        }()
        /// Frequencies of every layer and head, learned for both axes at once.
        static func mixed(columnsFirst: Bool) -> Rotary { Rotary(places: .indices, base: nil, columnsFirst: columnsFirst) }
    }
}
