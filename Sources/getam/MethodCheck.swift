import GETAM

extension Quantity {
    /// Refuses a model that it can give no value of.
    ///
    /// - Parameter choices: what else there is to choose from.
    func check(with configuration: ModelConfiguration, among choices: [any Quantity]) throws {
        guard needsClass, configuration.head == .none else {
            if let obstacle = obstacle(for: configuration) { throw CommandFailure(.usage, "--method \(identifier): \(obstacle)") }
            return
        }
        let others = choices.filter { !$0.needsClass && $0.obstacle(for: configuration) == nil }.map(\.identifier)
        throw CommandFailure(
            .usage,
            "the model has no classification head, so --method \(identifier) has no class to explain; give it a head with --head, "
                + "or choose one that needs none: \(others.joined(separator: ", "))")
    }
}

extension MapMethod {
    /// Refuses a model that the method can make no map of.
    func check(with configuration: ModelConfiguration) throws { try check(with: configuration, among: MapMethods.all) }
}
