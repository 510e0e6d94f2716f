extension Recipe {
    /// GETAM's end-to-end training as its published code runs it on VOC's 10,582 pictures (arXiv 2112.02841): half of the steps the
    /// class head alone, then all losses at once, on labels that each step makes of its own first way back with saliency maps.
    ///
    /// Its slips are kept: SGD takes the weight decay of 5e-4 for its momentum and decays nothing; the saliency loss sees background
    /// wherever nothing was completed; label completion as ``Labels/LabelCompletion/Mode/published``. What lies beside a picture is
    /// background.
    public static let published: Recipe = {
        var recipe = Recipe()
        recipe.name = "published"
        (recipe.steps, recipe.batch, recipe.size) = (52_900, 4, 256)
        recipe.augment = .published
        (recipe.optimizer, recipe.learningRate, recipe.momentum, recipe.weightDecay) = (.sgd, 0.04, 5e-4, 0)
        (recipe.schedule, recipe.power) = (.poly, 0.9)
        (recipe.segmentationBegin, recipe.segmentationRate) = (nil, 0.1)
        (recipe.decoderKind, recipe.decoderChannels) = (.published, 256)
        (recipe.classificationWeight, recipe.segmentationWeight, recipe.saliencyWeight) = (1, 1, 1)
        (recipe.saliencyForm, recipe.energyWeight) = (.published, DenseEnergy.publishedWeight)
        (recipe.labelPreset, recipe.labelSource, recipe.labelNormalization) = ("getam-official", .step, .published)
        (recipe.keepEvery, recipe.saveEvery) = (3000, 500)
        return recipe
    }()
}
