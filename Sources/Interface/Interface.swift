import GETAM
import Glibc

/// A model for programs in other languages: the functions of C by which `getam.py` makes maps.
///
/// Pointers that are handed out are given back by `getam_free`, models by `getam_close`. A function that fails returns nil, and where
/// `message` is not nil leaves one line there that says why. Functions may be called by several threads at a time.
private final class OpenModel: Sendable {
    let loaded: LoadedModel
    let model: VisionTransformer

    init(path: String, threads: Int) throws {
        loaded = try ModelLoader.load(path: path)
        // The process is another program's: nothing in its environment is set.
        let compute = Compute(product: .load(path: nil, coreTypeIsSet: true), pool: ThreadPool(threads: threads))
        model = VisionTransformer(loaded.parameters, compute: compute)
    }

    /// The model of a handle.
    static func of(_ handle: UnsafeRawPointer) -> OpenModel { Unmanaged<OpenModel>.fromOpaque(handle).takeUnretainedValue() }

    /// The class of a name or number.
    func target(_ name: String) throws -> ClassTarget { .logit(try model.configuration.classIndex(name)) }
}

/// What cannot be asked for.
private struct Refusal: Error, CustomStringConvertible {
    let description: String
}

/// Where a function says why it failed.
public typealias MessagePlace = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Runs `body`; what it throws becomes a line at `message`.
private func attempt<Result>(_ message: MessagePlace?, _ body: () throws -> Result) -> Result? {
    do { return try body() } catch {
        message?.pointee = strdup("\(error)")
        return nil
    }
}

/// Numbers that the caller frees.
private func handedOut(_ values: [Float]) -> UnsafeMutablePointer<Float>? {
    guard let memory = malloc(max(values.count, 1) * MemoryLayout<Float>.stride) else { return nil }
    let numbers = memory.bindMemory(to: Float.self, capacity: values.count)
    values.withUnsafeBufferPointer { source in if let base = source.baseAddress { numbers.update(from: base, count: source.count) } }
    return numbers
}

/// A picture: a file's, where `path` is not nil, else `height × width × 3` samples of `samples`.
private func picture(_ path: UnsafePointer<CChar>?, _ samples: UnsafePointer<UInt8>?, _ width: Int32, _ height: Int32) throws -> RGBImage {
    if let path { return try ImageFile.read(path: String(cString: path)) }
    guard let samples, width > 0, height > 0 else { throw Refusal(description: "a picture without pixels") }
    let count = Int(width) * Int(height) * 3
    return RGBImage(width: Int(width), height: Int(height), samples: Array(UnsafeBufferPointer(start: samples, count: count)))
}

extension OpenModel {
    /// The pass over a picture, brought to the model as `getam map` brings it.
    fileprivate func trace(_ picture: RGBImage, side: Int32, _ options: ForwardOptions) throws -> Trace {
        let configuration = model.configuration
        let size = try ResizeMode.fit.inputSize(
            width: picture.width, height: picture.height, for: configuration, side: side > 0 ? Int(side) : nil)
        return try model.forward(picture.modelInput(size, configuration.preprocessing), options: options)
    }
}

/// Opens the checkpoint at a path, as `--model` names it.
@_cdecl("getam_open")
public func openModel(_ path: UnsafePointer<CChar>, threads: Int32, message: MessagePlace?) -> UnsafeMutableRawPointer? {
    attempt(message) {
        guard (1...1024).contains(threads) else { throw Refusal(description: "threads must be from 1 to 1024") }
        return Unmanaged.passRetained(try OpenModel(path: String(cString: path), threads: Int(threads))).toOpaque()
    }
}

/// Closes a model.
@_cdecl("getam_close")
public func closeModel(_ handle: UnsafeRawPointer) { Unmanaged<OpenModel>.fromOpaque(handle).release() }

/// Gives back what another function handed out.
@_cdecl("getam_free")
public func freeMemory(_ memory: UnsafeMutableRawPointer?) { free(memory) }

/// What a model is, as a line of JSON: `name`, `classes`, `depth`, `heads`, `patch` and `input` (height and width in pixels), `methods` and
/// `notes`.
@_cdecl("getam_describe")
public func describeModel(_ handle: UnsafeRawPointer) -> UnsafeMutablePointer<CChar>? {
    let open = OpenModel.of(handle), configuration = open.model.configuration
    func size(_ size: ModelConfiguration.Size) -> JSONValue { .array([.integer(size.height), .integer(size.width)]) }
    return strdup(JSONValue.object([
        "name": .string(open.loaded.displayName), "classes": .array(configuration.distinctClassNames.map { .string($0) }),
        "depth": .integer(configuration.depth), "heads": .integer(configuration.heads), "patch": size(configuration.patch),
        "input": size(configuration.inputSize), "methods": .array(MapMethods.usable(for: configuration).map { .string($0.identifier) }),
        "notes": .array(open.loaded.notes.map { .string($0) }),
    ]).text())
}

/// The classes' logits for a picture; `count` says how many.
@_cdecl("getam_logits")
public func modelLogits(
    _ handle: UnsafeRawPointer, path: UnsafePointer<CChar>?, samples: UnsafePointer<UInt8>?, width: Int32, height: Int32, side: Int32,
    count: UnsafeMutablePointer<Int64>, message: MessagePlace?
) -> UnsafeMutablePointer<Float>? {
    attempt(message) {
        let found = try OpenModel.of(handle).trace(picture(path, samples, width, height), side: side, .maps).logits
        count.pointee = Int64(found.count)
        return handedOut(found)
    } ?? nil
}

/// Maps of a picture: those of `getam map`.
///
/// - Parameters:
///   - side: the longer side of the model's input; 0 for the model's own.
///   - classes, classCount: names or numbers; of none the most probable class.
///   - method: an identifier of ``MapMethods``.
///   - first, last: the layers to fuse; −1 for those that are usual.
///   - apart: whether layers are kept apart instead.
///   - shape: four numbers to be filled in: classes, layers (1 where they are fused), rows and columns.
@_cdecl("getam_maps")
public func modelMaps(
    _ handle: UnsafeRawPointer, path: UnsafePointer<CChar>?, samples: UnsafePointer<UInt8>?, width: Int32, height: Int32, side: Int32,
    classes: UnsafePointer<UnsafePointer<CChar>?>?, classCount: Int32, method: UnsafePointer<CChar>, first: Int32, last: Int32, apart: Bool,
    shape: UnsafeMutablePointer<Int64>, message: MessagePlace?
) -> UnsafeMutablePointer<Float>? {
    attempt(message) {
        let open = OpenModel.of(handle), configuration = open.model.configuration, name = String(cString: method)
        guard let method = MapMethods.named(name) else {
            throw Refusal(description: "no method is called “\(name)”; those of the model are in methods")
        }
        if let obstacle = method.obstacle(for: configuration) { throw Refusal(description: "\(name): \(obstacle)") }
        let usual = method.standardLayers(of: configuration)
        let range = (first < 0 ? usual.lowerBound : Int(first), last < 0 ? usual.upperBound : Int(last))
        guard range.0 <= range.1, range.1 < configuration.depth else {
            throw Refusal(description: "layers \(range.0) to \(range.1): the model's are 0 to \(configuration.depth - 1)")
        }
        let layers = range.0...range.1
        let names = UnsafeBufferPointer(start: classes, count: Int(classCount)).compactMap { $0.map { String(cString: $0) } }
        let trace = try open.trace(
            picture(path, samples, width, height), side: side,
            method.readsCompleteTrace ? .complete(depth: configuration.depth) : .maps)
        var targets = method.needsClass ? try names.map(open.target) : []
        if method.needsClass, targets.isEmpty { targets = trace.mostProbable.map { [.logit($0)] } ?? [] }
        let request = QuantityRequest(targets: targets, layers: apart ? layers : method.needed(over: layers), start: layers.lowerBound)
        var found: [QuantityPlace: QuantityValue] = [:]
        try method.values(of: trace, model: open.model, request: request, isCancelled: { false }) { found[$0] = $1 }
        let rows = max(targets.count, 1)
        let all = (0..<rows).flatMap { target -> [PatchMap?] in
            apart ? layers.map { found[QuantityPlace(target: target, layer: $0)]?.map } : [method.fused(found, target: target, over: layers)?.map]
        }
        let maps = all.compactMap(\.self)
        guard maps.count == all.count, let map = maps.first else { throw Refusal(description: "\(name) made no map of this picture") }
        for (place, number) in [rows, apart ? layers.count : 1, map.rows, map.columns].enumerated() { shape[place] = Int64(number) }
        return handedOut(maps.flatMap(\.values))
    } ?? nil
}
