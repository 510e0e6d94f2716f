import Files

/// Adapters (LoRA and others, as PEFT saves them): changes of a model that are none by themselves.
enum Adapter {
    private static let configuration = "adapter_config.json"
    /// Pieces of names that only an adapter's tensors have.
    private static let pieces = [
        ".lora_A", ".lora_B", ".lora_E", ".lora_embedding_A", ".lora_magnitude_vector", ".lora.down.", ".lora_down.",
        ".vera_lambda_b", ".ia3_l", ".hada_w1_a", ".lokr_w1", ".oft_r", ".boft_R",
    ]

    /// The error for a folder that holds an adapter and no model; nil where it holds none.
    static func inFolder(_ folder: String) -> FileError? {
        isIn(folder) ? FileError(.invalid, path: folder.withoutTrailingSlash, alone(in: folder)) : nil
    }

    /// The error for tensors of an adapter, alone or in their model's layers; nil for others.
    static func refusal(_ names: TensorNames, path: String, folder: String) -> FileError? {
        guard pieces.contains(where: { names.contain($0) }) else { return nil }
        // PEFT calls the layer that an adapter changes so.
        let isInModel = [".base_layer.", "pos_embed", "position_embedding", "positional_embedding"].contains { names.contain($0) }
        return FileError(
            .invalid, path: path,
            isInModel
                ? "holds a model with adapters (LoRA or another of PEFT's) beside its layers: save the model that merge_and_unload() returns, and give that"
                : alone(in: folder))
    }

    /// Whether an adapter lies in the folder.
    static func isIn(_ folder: String) -> Bool { AtomicFile.exists(folder + configuration) }

    /// As far as the configuration can be read; it is an adapter without a model either way.
    private static func alone(in folder: String) -> String {
        var kind = "LoRA", base = "its base model"
        if isIn(folder), let config = try? JSONConfig(path: folder + configuration) {
            if let type = try? config.string("peft_type") { kind = type == "LORA" ? "LoRA" : type }
            if let name = try? config.string("base_model_name_or_path"), !name.isEmpty {
                base = "its base model, \(name) (\(configuration))"
            }
        }
        return "is a \(kind) adapter (PEFT) without \(base): no model by itself; load both, save the model that merge_and_unload() returns, and give that"
    }
}
