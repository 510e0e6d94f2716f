extension Recipe {
    /// One network that learns to classify, then to segment by its own labels as well: the best found for small models and some
    /// thousand pictures on two cores (the tables in `Sources/Training/README.md`).
    ///
    /// 1,100 steps of the class head alone; then 1,500 of both, with pseudo labels of maps and decoder, made anew once.
    public static let getam: Recipe = {
        var recipe = Recipe()
        recipe.name = "getam"
        recipe.steps = 2600
        recipe.size = 320
        recipe.augment = .standard
        recipe.cropArea = 0.28
        recipe.optimizer = .adamw
        recipe.learningRate = 1.2e-4
        recipe.headRate = 10
        recipe.layerDecay = 0.85
        recipe.weightDecay = 0.05
        recipe.schedule = .poly
        recipe.warmup = 120
        recipe.clip = 2
        recipe.dropPath = 0.1
        recipe.ema = 0.998
        recipe.segmentationStart = 1100
        recipe.labelPreset = "joint"
        recipe.labelEvery = 750
        return recipe
    }()
}
