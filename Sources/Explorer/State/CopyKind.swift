import Files

/// What can be put on the clipboard.
public enum CopyKind: String, Sendable, Hashable, CaseIterable {
    /// Of the patch under the probe.
    case value
    /// Of the class list: the class looked at, and its probability.
    case row
    /// The picture's.
    case path
    /// The command line that shows this view.
    case command
}

extension ExplorerState {
    /// The text, and what is to be said of it; a failure where there is none.
    func copied(_ kind: CopyKind) -> Result<(text: String, remark: String), CommandError> {
        switch kind {
        case .value:
            guard let probe else { return .failure(CommandError("no patch is probed: the arrows probe one, x the largest")) }
            guard let map = shown?.map.map, case let index = probe.row * map.columns + probe.column, map.values.indices.contains(index)
            else { return .failure(CommandError("not yet: the map is still being computed")) }
            return .success(("\(map.values[index])", "\(mapOwner), \(layerLabel), patch \(probe.column) \(probe.row)"))
        case .row:
            guard let index = selectedClass, let trace = record?.trace, trace.probabilities.indices.contains(index) else {
                return .failure(CommandError("no class is looked at"))
            }
            return .success(("\(model.className(index))\t\(shownProbabilities[index])", ""))
        case .path:
            guard let path = picturePath else { return .failure(CommandError("no pictures")) }
            return .success((path, ""))
        case .command:
            guard picturePath != nil else { return .failure(CommandError("no pictures")) }
            guard record != nil else { return .failure(CommandError("not yet: the picture is still being read")) }
            let command = ViewCommand(self)
            let remark = command.left.isEmpty ? "" : "without " + command.left.joined(separator: ", ")
            return .success((command.words.map(\.shellQuoted).joined(separator: " "), remark))
        }
    }
}
