import Synchronization

extension Compute {
    /// The best rate of fused multiply-adds in registers on this thread, in floating-point operations a second.
    ///
    /// The largest of several short runs: what the processor can do, not what it did on average.
    public func measuredPeak() -> Double {
        var sink: Float = 0
        var best = 0.0
        for _ in 0..<8 {
            let start = ContinuousClock.now
            let operations = kernels.peak(400_000, &sink)
            best = max(best, operations / ((ContinuousClock.now - start) / .seconds(1)))
        }
        return best
    }

    /// The rate of fused multiply-adds in registers on all the pool's threads at once, in floating-point operations a
    /// second, over some time: what busy cores share, clock, power and other programs among it, counts here.
    public func measuredPeakOfAllThreads(over time: Duration) -> Double {
        let rates = Mutex<Double>(0)
        // As many indices as threads; all go on until the same moment.
        let end = ContinuousClock.now + time
        pool.forEach(pool.threads) { _ in
            var sink: Float = 0
            var operations = 0.0
            let start = ContinuousClock.now
            repeat { operations += kernels.peak(300_000, &sink) } while ContinuousClock.now < end
            let rate = operations / ((ContinuousClock.now - start) / .seconds(1))
            rates.withLock { $0 += rate }
        }
        return rates.withLock { $0 }
    }

    /// The best rate of a `size`³ matrix product on this thread, in floating-point operations a second.
    public func measuredProductRate(size: Int = 512) -> Double {
        let a = Tensor(shape: [size, size], repeating: 0.5), b = Tensor(shape: [size, size], repeating: 0.25)
        var c = Tensor(shape: [size, size])
        var best = 0.0
        for _ in 0..<6 {
            let start = ContinuousClock.now
            c.withUnsafeMutableElements {
                guard let target = $0.baseAddress else { return }
                product(size, size, size, .plain(a.base, stride: size), .plain(b.base, stride: size), into: target, stride: size)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            best = max(best, 2 * Double(size) * Double(size) * Double(size) / seconds)
        }
        return best
    }
}
