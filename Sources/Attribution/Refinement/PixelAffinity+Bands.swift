import Images
import Tensors

/// How iterations follow each other down a picture, a band of rows at a time, each as close behind the one before as it may.
///
/// Iteration t reads rows up to `reach` below its own, so it stays `lag` bands behind iteration t − 1; and it writes its rows
/// `lag` bands above where it read them, where no one reads any more: one set of planes serves all iterations. Weights
/// are formed one band ahead of the first iteration and dropped when the last has passed. All steps of one moment are
/// independent of each other.
package struct BandSchedule {
    /// Bands between an iteration and the next.
    package let lag: Int
    /// Iterations that go down the picture together.
    package let together: Int
    /// Bands of weights that are held.
    package var ring: Int { lag * (together - 1) + 2 }
    /// Rows by which all together move the maps up.
    var shift: Int { together * lag * PixelAffinity.band }

    /// - Parameters:
    ///   - reach: rows to the farthest neighbour.
    ///   - bandBytes: of a band's weights.
    package init(height: Int, reach: Int, bandBytes: Int, iterations: Int, limit: Int = PixelAffinity.bandLimit) {
        lag = 1 + (reach + PixelAffinity.band - 1) / PixelAffinity.band
        let fitting = max(limit / max(bandBytes, 1), 2)
        // More than the picture has would wait for each other in vain.
        let useful = (height + PixelAffinity.band - 1) / PixelAffinity.band / lag + 1
        together = max(1, min(iterations, (fitting - 2) / lag + 1, useful))
    }
}

extension PixelAffinity {
    /// Most bytes of weights that are held at a time, if two bands are not more.
    package static let bandLimit = 256 << 20
    /// Most bytes of maps that are worked on at a time, if one is not more.
    static let planeLimit = 256 << 20

    /// The same values as with weights that are kept.
    func propagateByBands<Failure>(
        _ maps: inout PixelMaps, iterations: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let schedule = BandSchedule(
            height: height, reach: marginRows, bandBytes: Self.band * perRow * MemoryLayout<Float>.stride, iterations: iterations)
        let ring = MemoryBlock<Float>(count: schedule.ring * Self.band * perRow)
        let bytes = MarginedPlanes.byteCount(
            count: 1, height: height + schedule.shift, width: width, marginRows: marginRows, marginColumns: marginColumns, block: block)
        let group = max(1, min(maps.classes.count, Self.planeLimit / bytes))
        for first in stride(from: 0, to: maps.classes.count, by: group) {
            let count = min(group, maps.classes.count - first)
            let planes = MarginedPlanes(
                count: count, height: height + schedule.shift, width: width, marginRows: marginRows, marginColumns: marginColumns,
                block: block)
            var left = iterations
            while left > 0 {
                let together = min(left, schedule.together)
                let shift = together * schedule.lag * Self.band
                forRows(of: &maps, first, count) { values, y, plane in
                    planes.row(shift + y, plane: plane).update(from: values, count: width)
                }
                for y in 0..<height { planes.extend(row: shift + y, isFirst: y == 0, isLast: y == height - 1) }
                try descend(planes, together, schedule, ring, compute, checkpoint)
                forRows(of: &maps, first, count) { values, y, plane in
                    values.update(from: planes.row(y, plane: plane), count: width)
                }
                left -= together
            }
        }
    }

    /// Calls `body` with every row of some planes.
    private func forRows(
        of maps: inout PixelMaps, _ first: Int, _ count: Int, _ body: (UnsafeMutablePointer<Float>, Int, Int) -> Void
    ) {
        maps.values.withUnsafeMutableBufferPointer { values in
            guard let values = values.baseAddress else { return }
            for plane in 0..<count {
                for y in 0..<height { body(values + ((first + plane) * height + y) * width, y, plane) }
            }
        }
    }

    /// Takes `together` iterations down the picture; what begins at row `together` · lag · band ends at row 0.
    private func descend<Failure>(
        _ planes: MarginedPlanes, _ together: Int, _ schedule: BandSchedule, _ ring: MemoryBlock<Float>, _ compute: Compute,
        _ checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let bands = (height + Self.band - 1) / Self.band, perSlab = Self.slab / Self.band
        let step = schedule.lag * Self.band
        var slab: MarginedPlanes?
        for moment in 0..<bands + schedule.lag * (together - 1) + 1 {
            if moment < bands, moment % perSlab == 0 {
                try checkpoint()
                slab = nil
                slab = pictureRows(moment * Self.band..<min(height, moment * Self.band + Self.slab), compute)
            }
            compute.pool.forEach(together + 1) { task in
                let band = task == 0 ? moment : moment - 1 - schedule.lag * (task - 1)
                guard band >= 0, band < bands else { return }
                for y in rows(of: band) {
                    let weights = ring.base + (band % schedule.ring * Self.band + y % Self.band) * perRow
                    guard task > 0 else {
                        if let slab { formWeights(slab, y % Self.slab, into: weights, compute) }
                        continue
                    }
                    let target = (together - task) * step + y
                    compute.refinementKernels.pamr_propagate(
                        weights, offsets, neighbours, blocks, planes.row(target + step), planes.count, planes.planeStride,
                        planes.row(target))
                    addOwn(planes, target + step, to: planes, target)
                    planes.extend(row: target, isFirst: y == 0, isLast: y == height - 1)
                }
            }
        }
    }
}
