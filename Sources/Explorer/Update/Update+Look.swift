import Images

/// How pictures, maps and labels are drawn.
extension ExplorerState {
    mutating func cycleBlend() {
        guard adjustments.view.showsLabels else { return setBlend(Self.next(adjustments.blend)) }
        setThreshold(.fill, adjustments.fill > 0 ? 0 : LabelPaint.standardFill)
    }

    mutating func setBlend(_ kind: Blend.Kind) {
        change {
            $0.blend = kind
            $0.overlayShown = true
        }
        let what =
            switch kind {
            case .value: "value: the opacity follows the map"
            case .flat: "flat: one opacity everywhere"
            case .contour: "contour: lines at 25, 50 and 75 % of the scale"
            case .spotlight: "spotlight: dark where the map is low"
            }
        say("blend " + what + (adjustments.view == .overlay ? "" : "; v shows the overlay"))
    }

    mutating func setPalette(_ palette: LabelPalette) {
        change { $0.palette = palette }
        say(palette == .screen ? "palette screen: bright colors; label files keep VOC's" : "palette voc: as in label files")
    }

    mutating func cycleGlyphs() {
        let all = GlyphChoice.allCases.filter { ($0.set ?? .half) <= finestGlyphs }
        let place = all.firstIndex(of: glyphs).map { $0 + 1 } ?? 0
        setGlyphs(all[place % all.count])
    }

    mutating func setGlyphs(_ choice: GlyphChoice) {
        if let set = choice.set, set > finestGlyphs {
            return refuse(
                finestGlyphs == .half
                    ? "this terminal's fonts have no \(choice.rawValue)s: half blocks it is"
                    : "sextants need a locale of UTF-8, such as LANG=C.UTF-8")
        }
        glyphs = choice
        let isPlain = colorDepth == .mono || colorDepth == .ansi16
        say("glyphs \(choice.rawValue)" + (isPlain ? ", from 256 colors on" : ""))
    }

    /// The pixels of a view's picture: the terminal's own where it shows such.
    func area(_ placement: PicturePlacement, for view: ViewKind) -> PixelArea {
        let rows = (placement.height + 1) / 2
        guard context.graphics.isOn, colorDepth == .trueColor || colorDepth == .palette256,
            max(placement.width, rows) <= GraphicsSetting.mostCells
        else { return PixelArea(placement, glyphs(for: view)) }
        // Panes share what a frame may take.
        let shown = panes.all.count == 1 && effectiveLayout == .split ? 2 : panes.all.count
        return PixelArea(placement, cell ?? .usual, limit: GraphicsSetting.pixelLimit / shown)
    }

    /// What a view's pixels become, as characters.
    func glyphs(for view: ViewKind) -> GlyphSet {
        if colorDepth == .mono || colorDepth == .ansi16 { return .half }
        if let set = glyphs.set { return min(set, finestGlyphs) }
        switch view {
        case .map, .refined, .saliency: return .half
        case .picture, .overlay, .label, .decoder: return min(.quadrant, finestGlyphs)
        }
    }
}
