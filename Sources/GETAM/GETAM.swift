/// Everything another program needs to make attention maps: one import.
///
///     import GETAM
///
///     let loaded = try ModelLoader.load(path: "deit.safetensors")
///     let compute = Compute(product: .load(path: nil, coreTypeIsSet: false), pool: ThreadPool(threads: 4))
///     let model = VisionTransformer(loaded.parameters, compute: compute)
///     let picture = try ImageFile.read(path: "cat.jpg")
///     let size = try ResizeMode.fit.inputSize(width: picture.width, height: picture.height, for: model.configuration)
///     let trace = try model.forward(picture.modelInput(size, model.configuration.preprocessing))
///     let maps = try model.layerMaps(of: trace, classes: [281], method: GETAM(), layers: 6...11)
///     let fused = PatchMap.sum(maps[0])
@_exported import Attribution
@_exported import Checkpoints
@_exported import Files
@_exported import Images
@_exported import Labels
@_exported import Quality
@_exported import Tensors
@_exported import Text
@_exported import VisionTransformer
