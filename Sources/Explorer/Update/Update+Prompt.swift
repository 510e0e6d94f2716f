extension ExplorerState {
    static let historyLimit = 200

    mutating func edit(_ edit: Edit, _ effects: inout [Effect]) {
        if case .palette(let palette) = mode { return editPalette(palette, edit, &effects) }
        guard case .prompt(var prompt) = mode else { return }
        switch edit {
        case .accept: return accept(prompt, &effects)
        case .complete(let step): complete(&prompt, step)
        case .history(let step): recall(&prompt, step)
        default: prompt.apply(edit)
        }
        mode = .prompt(prompt)
        // The list follows what is typed.
        if prompt.kind == .find {
            filter = prompt.string
            relist()
        }
        if prompt.kind == .queueFilter { filterQueue(prompt.string) }
    }

    private mutating func accept(_ prompt: Prompt, _ effects: inout [Effect]) {
        mode = .browse
        let line = prompt.string
        switch prompt.kind {
        case .command:
            Self.remember(line, in: &commandHistory)
            if line.contains(where: { $0 != " " }) { run(line, &effects) }
        case .find:
            Self.remember(line, in: &findHistory)
            perform(.filterClasses(line), &effects)
        case .palette: break
        case .exportPath(let kind):
            perform(.export(kind, path: line), &effects)
        case .marksPath(let end):
            if end == nil { perform(.saveMarks(path: line), &effects) } else { saveMarks(path: line, then: end, &effects) }
        case .note: perform(.setNote(line), &effects)
        case .queueFilter: perform(.filterQueue(line), &effects)
        }
    }

    private static func remember(_ line: String, in history: inout [String]) {
        guard line.contains(where: { $0 != " " }) else { return }
        history.removeAll { $0 == line }
        history.append(line)
        if history.count > historyLimit { history.removeFirst() }
    }

    mutating func run(_ line: String, _ effects: inout [Effect]) {
        do throws(CommandError) {
            let action = try Command.action(of: line, in: self)
            if case .run = action { return }
            perform(action, &effects)
        } catch {
            complain(error.message)
        }
    }

    /// Lists what fits and looks at the most probable of it.
    mutating func keepFilter(_ text: String) {
        filter = DisplayText.sanitized(text)
        relist()
        guard record != nil else { return }
        guard model.hasClasses else {
            filter = ""
            relist()
            return refuseClassless()
        }
        guard let first = listed.first else {
            let wanted = filter
            filter = ""
            relist()
            return refuse("no class name contains “\(wanted)”")
        }
        guard !filter.isEmpty else { return }
        if selectedClass.map(listed.contains) != true { selectClass(first) }
        say("\(listed.count) of \(record?.ranking.count ?? 0) classes; Esc shows all")
    }

    private func complete(_ prompt: inout Prompt, _ step: Int) {
        if prompt.completionIndex == nil {
            prompt.completions = completions(of: prompt)
        }
        guard !prompt.completions.isEmpty else { return }
        let count = prompt.completions.count
        let index = prompt.completionIndex.map { ($0 + step + count) % count } ?? (step > 0 ? 0 : count - 1)
        let line = prompt.completions[index]
        // The only command that fits: go on to its argument; the only folder: to what is in it.
        if count == 1, prompt.kind == .command && !line.contains(" ") || line.hasSuffix("/") {
            prompt.replace(with: line.hasSuffix("/") ? line : line + " ")
            prompt.completions = []
            prompt.completionIndex = nil
        } else {
            prompt.replace(with: line)
            prompt.completionIndex = index
        }
    }

    private func recall(_ prompt: inout Prompt, _ step: Int) {
        let history: [String]
        switch prompt.kind {
        case .command: history = commandHistory
        case .find: history = findHistory
        case .exportPath, .marksPath, .palette, .note, .queueFilter: return
        }
        guard !history.isEmpty else { return }
        let place = prompt.historyIndex ?? history.count
        let target = min(max(place + step, 0), history.count)
        if place == history.count, target < place { prompt.draft = prompt.text }
        prompt.replace(with: target == history.count ? String(prompt.draft) : history[target])
        prompt.historyIndex = target == history.count ? nil : target
        prompt.completions = []
        prompt.completionIndex = nil
    }

    mutating func show(_ facts: [Fact], of title: String) {
        report = facts
        reportTitle = title
        mode = .report(0)
    }

    mutating func scrollReport(_ lines: Int) {
        guard case .report(let top) = mode else { return }
        let limit = max(ReportView.lines(for: self).count - ReportView.capacity(in: self), 0)
        mode = .report(min(max(top + lines, 0), limit))
    }

    // MARK: Leaving

    mutating func cancel(_ effects: inout [Effect]) {
        switch mode {
        case .prompt(let prompt):
            mode = .browse
            if prompt.kind == .find {
                filter = ""
                relist()
            }
            if prompt.kind == .queueFilter { filterQueue("") }
            return
        case .chooseExport, .chooseCopy, .chooseLock, .palette, .report:
            mode = .browse
            return
        case .confirmOverwrite, .confirmQuit: return answer(false, &effects)
        case .browse: break
        }
        if let chosen = sheet?.chosen {
            if chosen.isEmpty { sheet = nil } else { sheet?.chosen = [] }
            return
        }
        if showsGrid {
            // What its cells wait for is no longer wanted.
            if let work { effects.append(.cancel(generation: work.generation)) }
            work = nil
            closeGrid()
        } else if let work {
            effects.append(.cancel(generation: work.generation))
            suppressed.insert(work.task)
            suppressed.formUnion(wanted)
            self.work = nil
            say("stopped; R asks again")
        } else if isBenchBusy {
            let current = preset.nameless
            bench?.stop(at: current)
            say("the bench has stopped; R goes on")
        } else if bench?.sweep != nil {
            sweep(.close)
        } else if grid != nil {
            leaveCell()
        } else if tool?.corner != nil {
            tool?.corner = nil
        } else if tool != nil {
            paint(.set(false))
        } else if !filter.isEmpty {
            filter = ""
            relist()
        } else if region != nil {
            setRegion(nil)
        } else if probe != nil {
            probe = nil
        } else {
            refuse("nothing to stop")
        }
    }

    mutating func retry() {
        if notes.removeValue(forKey: picture) != nil || !suppressed.isEmpty {
            suppressed = []
        } else if bench?.resume() == true {
            say("the bench goes on")
        } else {
            refuse(work == nil ? "nothing to ask for again: all is here" : "not needed: the work goes on")
        }
    }
}
