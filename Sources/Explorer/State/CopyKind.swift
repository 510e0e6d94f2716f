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
            guard let path = picturePath else { return .failure(CommandError("no pictures")) }
            let left = leftOut
            let remark = left.isEmpty ? "" : "without " + left.joined(separator: ", ")
            return .success((commandLine(path).map(\.shellQuoted).joined(separator: " "), remark))
        }
    }

    /// The words that start the explorer with what is shown.
    private func commandLine(_ path: String) -> [String] {
        var words = ["getam", "explore", path.hasPrefix("-") ? "./" + path : path] + context.options
        if isMethod { words += ["--method", methodName] }
        if let selected = selectedClass {
            let others = marks.count > 1 && marks.contains(selected) ? marks.subtracting([selected]).sorted() : []
            for index in [selected] + others { words += ["--class", className(asWord: index)] }
        }
        words += ["--start-layer", "\(adjustments.startLayer)"]
        if case .layer(let index) = layer { words += ["--layer", "\(index)"] }
        words += ["--view", adjustments.view.rawValue]
        if adjustments.view == .overlay { words += ["--opacity", "\(adjustments.opacity)"] }
        words += ["--colormap", adjustments.colorMap.rawValue]
        if adjustments.view.showsLabels {
            words += ["--preset", adjustments.preset.name, "--predict", "\(adjustments.predict)"]
        }
        return words
    }

    /// A class's name, where that means no other.
    func className(asWord index: Int) -> String {
        let name = model.className(index)
        let isSure = Int(name) == nil && !name.hasPrefix("-") && model.classNames.count { $0.lowercased() == name.lowercased() } == 1
        return isSure ? name : "\(index)"
    }

    /// What is shown and cannot be said by options.
    private var leftOut: [String] {
        var left: [String] = []
        if !isMethod { left.append("the quantity \(methodName)") }
        if adjustments.cut > 0 { left.append("the threshold") }
        if adjustments.normalization != .map { left.append("the scale") }
        if adjustments.sampling != .smooth { left.append("the sampling") }
        if viewport != Viewport() { left.append("the zoom") }
        if probe != nil { left.append("the probe") }
        if panes.all.count > 1 { left.append("the other panes") }
        if grid != nil { left.append("the grid") }
        if head != nil { left.append("the head") }
        if query != .picture { left.append("the query") }
        if against != .none { left.append("what the class is seen against") }
        if !ablations.isEmpty { left.append("the heads left out") }
        if region != nil { left.append("the region") }
        if adjustments.view.showsLabels, adjustments.preset != adjustments.origin { left.append("changes of the preset") }
        return left
    }
}
