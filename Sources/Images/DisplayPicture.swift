extension RGBImage {
    /// This picture, or a smaller one with the given long side.
    package func forDisplay(longSide: Int) -> RGBImage {
        guard max(width, height) > longSide else { return self }
        let scale = Double(longSide) / Double(max(width, height))
        return resized(
            width: max(1, Int((Double(width) * scale).rounded())), height: max(1, Int((Double(height) * scale).rounded())),
            filter: .box)
    }
}
