/// The mean change of the class's probability under ``ROAD`` over the shares 10 … 90 %: of either order, or both combined.
public struct ROADMetric: QualityMetric {
    /// Nil for both combined: (least relevant first − most relevant first) / 2.
    public let order: ROAD?

    public init(_ order: ROAD?) { self.order = order }

    static let all: [any QualityMetric] = [ROADMetric(nil), ROADMetric(.mostRelevantFirst), ROADMetric(.leastRelevantFirst)]

    public var identifier: String {
        switch order {
        case nil: "road"
        case .mostRelevantFirst?: "road-morf"
        case .leastRelevantFirst?: "road-lerf"
        }
    }

    public var title: String {
        switch order {
        case nil: "ROAD, combined"
        case .mostRelevantFirst?: "ROAD, most relevant first"
        case .leastRelevantFirst?: "ROAD, least relevant first"
        }
    }

    public var definition: String {
        let change = "change of the class's probability, averaged over 10, 20 … 90 % of the pixels imputed by noisy linear imputation"
        let source = "(Rong et al. 2022, arXiv 2202.00449; pytorch-grad-cam)."
        return switch order {
        case nil:
            "Half the difference of the \(change), the least relevant first less the most relevant first. −1 to 1 \(source)"
        case .mostRelevantFirst?: "The \(change), the most relevant first. −1 to 1 \(source)"
        case .leastRelevantFirst?: "The \(change), the least relevant first. −1 to 1 \(source)"
        }
    }

    public var unit: String { "probability" }
    public var preference: MetricPreference { order == .mostRelevantFirst ? .lower : .higher }

    public func value(of subject: QualitySubject) throws -> Double {
        let before = try subject.probability()
        func change(_ order: ROAD) throws -> Double {
            let after = try subject.probabilities(order).map { try $0.score(of: subject.classIndex) }
            return after.reduce(0) { $0 + $1 - before } / Double(after.count)
        }
        if let order { return try change(order) }
        return (try change(.leastRelevantFirst) - change(.mostRelevantFirst)) / 2
    }
}
