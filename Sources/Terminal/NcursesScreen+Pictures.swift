import Explorer

/// Pictures in pixels.
extension NcursesScreen {
    public var graphics: GraphicsSupport {
        let found = inquiry.graphics(depth: depth, traits, isCatching: output.isCatching)
        guard case .proven = found else { return found }
        // The first frame is made of characters: what it takes tells whether pictures get through.
        guard let isTooSlow = pace.isTooSlowForPictures else { return .asked }
        return isTooSlow ? .unproven("the line is slow; :graphics kitty draws pictures all the same") : found
    }

    public func dropPictures() { shelf.empty() }

    /// However the program ends, the terminal keeps none of its pictures.
    func guardPictures() {
        let bytes = shelf.removal(isCut: true) + modes.restoring
        guard bytes != guarded else { return }
        guarded = bytes
        modes.guardTerminal(with: bytes)
    }

    /// Leaves the terminal without them.
    ///
    /// - Parameter isCut: whether sending was cut off.
    func removePictures(isCut: Bool) {
        // Before the terminal's other screen is back, which keeps pictures of its own.
        output.append(shelf.removal(isCut: isCut))
        shelf.forget()
        guarded = []
        modes.guardTerminal(with: modes.restoring)
    }
}
