import GETAM

extension MapMethod {
    /// Refuses a model that the method can make no map of.
    func check(with configuration: ModelConfiguration) throws {
        guard needsClass, configuration.head == .none else {
            if let obstacle = obstacle(for: configuration) { throw CommandFailure(.usage, "--method \(identifier): \(obstacle)") }
            return
        }
        throw CommandFailure(
            .usage,
            "the model has no classification head, so --method \(identifier) has no class to explain; give it a head with --head, "
                + "or choose a method that needs none: \(MapMethods.classFree.map(\.identifier).joined(separator: ", "))")
    }
}
