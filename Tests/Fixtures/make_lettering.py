#!/usr/bin/env python3
"""Writes Sources/Images/Lettering/LetteringTable.swift, the outlines of the letters in figures, and what they are tested against.

Needs fontTools, freetype-py, numpy and Pillow. Run in the repository's root with the path of Roboto-Regular.ttf, version 2.138
(copyright 2011 Google, Apache License 2.0; in Debian's package fonts-roboto-unhinted). The scripts of Latin, Greek and Cyrillic,
punctuation and signs are kept, coordinates in its own 2048 units an em; letters that are made of others stay so. Letters.swift says
how the bytes are read. Tests/Fixtures/lettering/ gets lines of text as FreeType draws them without hints sixteen times as large,
made smaller, black on white.
"""
import base64
import os
import sys

import freetype
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image

UNITS = 2048
RANGES = [
    (0x20, 0x7E), (0xA0, 0x180), (0x18F, 0x18F), (0x192, 0x192), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x1C4, 0x1DC), (0x1E6, 0x1EF),
    (0x1F4, 0x21B), (0x259, 0x259), (0x300, 0x304), (0x306, 0x30C), (0x323, 0x328), (0x384, 0x3CE), (0x400, 0x45F),
    (0x490, 0x4B1), (0x1E00, 0x1EF9), (0x2010, 0x2027), (0x2030, 0x203A), (0x2080, 0x2089), (0x20AC, 0x20AC), (0x2122, 0x2122),
    (0x2202, 0x2265),
]
DROPPED = {0xAD}  # a place to break a line, no sign


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return value << 1 if value >= 0 else (-value << 1) - 1


def main():
    font = TTFont(sys.argv[1])
    assert font["name"].getDebugName(5).startswith("Version 2.138"), font["name"].getDebugName(5)
    scale = UNITS / font["head"].unitsPerEm
    unit = lambda value: int(value * scale + 0.5 + 4096) - 4096
    glyphs, metrics, names = font["glyf"], font["hmtx"], font.getBestCmap()
    codes = [code for low, high in RANGES for code in range(low, high + 1) if code in names and code not in DROPPED]
    order = [".notdef"]

    def number(name):
        if name not in order:
            order.append(name)
        return order.index(name)

    def is_plain(component):
        return not hasattr(component, "transform") and hasattr(component, "x")

    for code in codes:
        number(names[code])
    records, place = [], 0
    while place < len(order):
        glyph = glyphs[order[place]]
        record = varint(unit(metrics[order[place]][0]))
        if glyph.isComposite() and all(map(is_plain, glyph.components)):
            record += varint(2 * len(glyph.components) + 1)
            for part in glyph.components:
                record += varint(number(part.glyphName)) + varint(zigzag(unit(part.x))) + varint(zigzag(unit(part.y)))
        else:
            points, ends, flags = glyph.getCoordinates(glyphs)
            record += varint(2 * len(ends))
            start, x, y = 0, 0, 0
            for end in ends:
                record += varint(end + 1 - start)
                for index in range(start, end + 1):
                    next_x, next_y = unit(points[index][0]), unit(points[index][1])
                    record += varint(zigzag(next_x - x) << 1 | flags[index] & 1) + varint(zigzag(next_y - y))
                    x, y = next_x, next_y
                start = end + 1
        records.append(record)
        place += 1
    data, before = varint(len(codes)), 0
    for code in codes:
        data += varint(code - before) + varint(number(names[code]))
        before = code
    data += varint(len(records)) + b"".join(records)
    text = base64.b64encode(data).decode()
    lines = [text[start:start + 160] for start in range(0, len(text), 160)]
    with open("Sources/Images/Lettering/LetteringTable.swift", "w") as file:
        file.write(
            "// Written by Tests/Fixtures/make_lettering.py of Roboto Regular 2.138, copyright 2011 Google, Apache License 2.0.\n\n"
            "/// The letters behind `Lettering`, in base 64.\n"
            f"enum LetteringTable {{\n    static let unitsPerEm = {UNITS}\n"
            "    static let text: StaticString = \"\"\"\n        " + "\\\n        ".join(lines) + "\n        \"\"\"\n}\n")
    print(len(codes), "characters,", len(records), "glyphs,", len(data), "bytes,", len(lines), "lines")


# The size, where the line starts, and the text: LetteringTests draws the same.
LINES = [
    (13, "layer 11 \u00b7 fused 6\u201311"), (30, "Schn\u00e4uzer \u00c5\u0142\u015e\u1ebf na\u00efve, 2.04e-06 to 0.132 (%)"),
    (47, "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u0440\u0443\u0441\u0441\u043a\u0438\u0439 @&\u00a7Q8"),
]

# FreeType draws curves coarsely: so many times as large they are right.
FINER = 16


def draw_lines():
    face = freetype.Face(sys.argv[1])
    os.makedirs("Tests/Fixtures/lettering", exist_ok=True)
    for number, (size, text) in enumerate(LINES):
        face.set_pixel_sizes(0, size * FINER)
        rows, columns = size * 3 // 2, size * 20
        picture, x, base = np.zeros((rows * FINER, columns * FINER)), 4.25 * FINER, size * FINER
        for letter in text:
            face.set_transform(freetype.Matrix(0x10000, 0, 0, 0x10000), freetype.Vector(round((x - int(x)) * 64), 0))
            face.load_char(letter, freetype.FT_LOAD_NO_HINTING | freetype.FT_LOAD_NO_BITMAP)
            advance = face.glyph.linearHoriAdvance / 65536
            face.glyph.render(freetype.FT_RENDER_MODE_NORMAL)
            bitmap = face.glyph.bitmap
            if bitmap.width:
                cover = np.array(bitmap.buffer, float).reshape(bitmap.rows, bitmap.pitch)[:, :bitmap.width] / 255
                top, left = base - face.glyph.bitmap_top, int(x) + face.glyph.bitmap_left
                picture[top:top + bitmap.rows, left:left + bitmap.width] += cover
            x += advance
        light = 1 - np.minimum(picture, 1).reshape(rows, FINER, columns, FINER).mean((1, 3))
        Image.fromarray(np.rint(light * 255).astype(np.uint8)).save(f"Tests/Fixtures/lettering/{number}.png", optimize=True)
        print(f"{text}: {x / FINER - 4.25:.4f} pixels wide, at a size of {size}")


main()
draw_lines()
