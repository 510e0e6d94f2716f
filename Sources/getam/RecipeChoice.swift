import Files
import GETAM
import Training

/// `--recipe` and `--set`: a recipe by name or in a file, and what is changed of it.
struct RecipeChoice {
    /// Nil is the first built-in one.
    let name: String?
    let settings: [String]

    func recipe() throws -> Recipe {
        var recipe = try named()
        for setting in settings {
            if let reason = recipe.set(setting) { throw CommandFailure(.usage, "--set \(setting): \(reason)") }
        }
        return recipe
    }

    private func named() throws -> Recipe {
        guard let name else { return Recipe.builtIn[0] }
        let known = Recipe.builtIn.map(\.name)
        if let place = known.firstIndex(of: name) { return Recipe.builtIn[place] }
        guard AtomicFile.exists(name) else {
            throw CommandFailure(
                .missingInput, "--recipe \(name): neither a built-in recipe (\(known.joined(separator: ", "))) "
                    + "nor a file that is there" + NearestNames.question(name, among: known))
        }
        return try Recipe.read(path: name)
    }
}
