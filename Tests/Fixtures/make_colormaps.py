#!/usr/bin/env python3
"""Writes the color tables and what they are tested against. Needs matplotlib and numpy.

Run in the repository's root: Sources/Images/ColorMapTables.swift gets the tables of viridis and magma (matplotlib's own
data, dedicated to the public domain under CC0); Tests/Fixtures/images/colormaps.txt gets, for every map, the 8-bit colors
matplotlib gives at some values.
"""
import sys
import numpy as np
import matplotlib

HEAD = '''// Written by Tests/Fixtures/make_colormaps.py.

/// The tables behind `ColorMap`.
enum ColorMapTables {
'''
TAIL = '''
    /// Straight lines between these points of each channel, in matplotlib's words `_jet_data`.
    static let jet: [RGBColor] = {
        let red = ramp([(0, 0), (0.35, 0), (0.66, 1), (0.89, 1), (1, 0.5)])
        let green = ramp([(0, 0), (0.125, 0), (0.375, 1), (0.64, 1), (0.91, 0), (1, 0)])
        let blue = ramp([(0, 0.5), (0.11, 1), (0.34, 1), (0.65, 0), (1, 0)])
        return (0..<256).map { RGBColor(red: red[$0], green: green[$0], blue: blue[$0]) }
    }()

    static let gray: [RGBColor] = ramp([(0, 0), (1, 1)]).map(RGBColor.init(gray:))

    /// 256 levels along a broken line; fractions of a level are dropped, as matplotlib does.
    private static func ramp(_ points: [(x: Double, y: Double)]) -> [UInt8] {
        (0..<256).map { index in
            // Multiplied by the step and back, for the same rounding errors.
            let x = index == 255 ? 255 : 255 * (Double(index) * (1.0 / 255))
            let upper = points.firstIndex { $0.x * 255 >= x } ?? points.count - 1
            guard upper > 0 else { return UInt8(points[0].y * 255) }
            let (low, high) = (points[upper - 1], points[upper])
            let share = (x - low.x * 255) / (high.x * 255 - low.x * 255)
            return UInt8((share * (high.y - low.y) + low.y) * 255)
        }
    }

    /// Colors from hexadecimal digits, six a color; white space is skipped.
    private static func colors(_ digits: String) -> [RGBColor] {
        let nibbles = digits.utf8.filter { $0 > 0x20 }.map { $0 >= 0x61 ? $0 - 0x61 + 10 : $0 - 0x30 }
        return stride(from: 0, to: nibbles.count - 5, by: 6).map { start in
            func byte(_ offset: Int) -> UInt8 { nibbles[start + offset] << 4 | nibbles[start + offset + 1] }
            return RGBColor(red: byte(0), green: byte(2), blue: byte(4))
        }
    }
}
'''

with open('Sources/Images/ColorMapTables.swift', 'w') as out:
    out.write(HEAD)
    for name in ('viridis', 'magma'):
        table = matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3]
        digits = table.tobytes().hex()
        out.write(f'    static let {name} = colors(\n        """\n')
        for start in range(0, len(digits), 96):
            out.write('        ' + digits[start:start + 96] + '\n')
        out.write('        """)\n')
    out.write(TAIL)

values = sorted({i / 256 for i in range(257)} | {i / 97 for i in range(98)} | {-0.5, 1.5, 0.499999, 0.999999})
with open('Tests/Fixtures/images/colormaps.txt', 'w') as out:
    out.write('# map value red green blue, from matplotlib ' + matplotlib.__version__ + '\n')
    for name in ('viridis', 'magma', 'jet', 'gray'):
        for value in values:
            r, g, b, _ = matplotlib.colormaps[name](np.float32(value), bytes=True)
            out.write(f'{name} {np.float32(value)!s} {r} {g} {b}\n')
