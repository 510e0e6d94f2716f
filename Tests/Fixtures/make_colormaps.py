#!/usr/bin/env python3
"""Writes the color tables and what they are tested against. Needs matplotlib and numpy.

Run in the repository's root: Sources/Images/ColorMapTables.swift gets the tables of viridis, magma and cividis (matplotlib's own
data, dedicated to the public domain under CC0), of the diverging colors and of the colors of labels, which are made here;
Tests/Fixtures/images/colormaps.txt gets, for every map, the 8-bit colors matplotlib gives at some values.
"""
import numpy as np
import matplotlib
import matplotlib.colors

# Oklab (Ottosson 2020), a space in which equal steps look equal.
LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005]])
LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660]])


def linear_from_oklab(lab):
    return (lab @ np.linalg.inv(LAB).T) ** 3 @ np.linalg.inv(LMS).T


def bytes_from_oklab(lab):
    linear = np.clip(linear_from_oklab(lab), 0, 1)
    return np.rint(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)).astype(np.uint8)


def polar(lightness, chroma, degrees):
    return np.stack([lightness, chroma * np.cos(np.radians(degrees)), chroma * np.sin(np.radians(degrees))], -1)


def diverging():
    """Blue, white, orange: on either side a straight line of equal steps from near white, both of the same lightness and chroma."""
    step = (np.arange(128) + 0.5) / 128
    side = lambda degrees: polar(0.97 - 0.35 * step, 0.165 * step, degrees)
    lab = np.concatenate([side(256)[::-1], side(50)])
    assert linear_from_oklab(lab).min() > -1e-3 and linear_from_oklab(lab).max() < 1.001
    return bytes_from_oklab(lab)


def distinct(count=254):
    """Bright colors, each as far as it can be from white, black, grays and those before it."""
    grid = np.stack(np.meshgrid(np.linspace(0.66, 0.88, 12), np.linspace(0.11, 0.3, 20), np.arange(0, 360, 4), indexing='ij'), -1)
    candidates = polar(*grid.reshape(-1, 3).T)
    linear = linear_from_oklab(candidates)
    candidates = candidates[((linear >= 0) & (linear <= 1)).all(1)]
    # Lightness tells colors on a small area apart less than hue does.
    weighted = candidates * [0.7, 1, 1]
    far = np.min([np.linalg.norm(weighted - [0.7 * gray, 0, 0], axis=1) for gray in np.linspace(0, 1, 11)], axis=0)
    chosen = []
    for _ in range(count):
        chosen.append(int(np.argmax(far)))
        far = np.minimum(far, np.linalg.norm(weighted - weighted[chosen[-1]], axis=1))
    return bytes_from_oklab(candidates[chosen])

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
    tables = {name: matplotlib.colormaps[name](np.arange(256), bytes=True)[:, :3] for name in ('viridis', 'magma', 'cividis')}
    tables |= {'blueOrange': diverging(), 'distinct': distinct()}
    for name, table in tables.items():
        digits = table.tobytes().hex()
        out.write(f'    static let {name} = colors(\n        """\n')
        for start in range(0, len(digits), 96):
            out.write('        ' + digits[start:start + 96] + '\n')
        out.write('        """)\n')
    out.write(TAIL)

values = sorted({i / 256 for i in range(257)} | {i / 97 for i in range(98)} | {-0.5, 1.5, 0.499999, 0.999999})
with open('Tests/Fixtures/images/colormaps.txt', 'w') as out:
    out.write('# map value red green blue, from matplotlib ' + matplotlib.__version__ + '\n')
    maps = {name: matplotlib.colormaps[name] for name in ('viridis', 'magma', 'cividis', 'jet', 'gray')}
    maps['blueOrange'] = matplotlib.colors.ListedColormap(diverging() / 255)
    for name in maps:
        for value in values:
            r, g, b, _ = maps[name](np.float32(value), bytes=True)
            out.write(f'{name} {np.float32(value)!s} {r} {g} {b}\n')
