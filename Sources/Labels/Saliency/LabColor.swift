import Glibc
import Images

/// CIE L*a*b* of sRGB pictures, white point D65 (2° observer).
package enum LabColor {
    /// Three planes L*, a*, b* of `height × width` values; L* 0…100.
    package static func planes(_ image: RGBImage) -> [[Float]] {
        let linear: [Double] = (0..<256).map {
            let value = Double($0) / 255
            return value > 0.04045 ? pow((value + 0.055) / 1.055, 2.4) : value / 12.92
        }
        // Cube roots by table: 4096 steps and linear between them is closer than 1e-3 in L*.
        func root(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
        let steps = 4096
        let roots = (0...steps + 1).map { root(Double($0) / Double(steps)) }
        func f(_ t: Double) -> Double {
            guard t > 0.02 else { return root(t) }
            let place = min(t, 1.0001) * Double(steps)
            let step = min(Int(place), steps)
            return roots[step] + (roots[step + 1] - roots[step]) * (place - Double(step))
        }
        let pixels = image.width * image.height
        var planes = [[Float]](repeating: [Float](repeating: 0, count: pixels), count: 3)
        for pixel in 0..<pixels {
            let (r, g, b) = (
                linear[Int(image.samples[3 * pixel])], linear[Int(image.samples[3 * pixel + 1])],
                linear[Int(image.samples[3 * pixel + 2])])
            let x = f((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047)
            let y = f(0.212671 * r + 0.715160 * g + 0.072169 * b)
            let z = f((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883)
            planes[0][pixel] = Float(116 * y - 16)
            planes[1][pixel] = Float(500 * (x - y))
            planes[2][pixel] = Float(200 * (y - z))
        }
        return planes
    }
}
