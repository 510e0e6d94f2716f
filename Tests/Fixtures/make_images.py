#!/usr/bin/env python3
"""Makes Tests/Fixtures/images (all but colormaps.txt and interpolation.txt): small pictures of every kind, and what Pillow
makes of them. Needs Pillow and numpy. Run from anywhere: make_images.py

    png/ jpeg/ portable/   pictures; NAME.idx beside NAME.png holds its indices as stored
    pictures.txt           "file width height" a line
    pictures.rgb           the RGB samples of these files one after another, alpha on white, upright
    resample.txt           "source width height filter new-width new-height left top right bottom" a line
    resample.rgb           the picture `noise`, the picture `dot`, then the resized ones, line by line
    hostile/               files that must be refused
    masks/                 label maps; NAME.idx holds the numbers, files without one must be refused
"""
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'images')
RNG = np.random.default_rng(20211202)
PICTURES = []
SAMPLES = []


def path(name):
    full = os.path.join(ROOT, name)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    return full


def put(name, data):
    with open(path(name), 'wb') as out:
        out.write(data)


# ---- PNG, written by hand so that every kind can be made ----

def chunk(kind, body):
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))


def png(samples, depth, color, before=(), after=(), interlace=False, size=None):
    """samples: height × width × channels of integers below 2**depth."""
    height, width = samples.shape[:2]

    def packed(part):
        rows = b''
        for number, row in enumerate(part):
            flat = row.reshape(-1)
            if depth == 16:
                line = flat.astype('>u2').tobytes()
            elif depth == 8:
                line = flat.astype(np.uint8).tobytes()
            else:
                bits = ((flat[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
                line = np.packbits(bits).tobytes()
            if number % 2 and depth >= 8:  # filter "Sub" on every other row
                step = max(1, part.shape[2] * depth // 8)
                line = b'\1' + bytes((line[i] - (line[i - step] if i >= step else 0)) & 255 for i in range(len(line)))
            else:
                line = b'\0' + line
            rows += line
        return rows

    if interlace:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        data = b''
        for y, x, dy, dx in passes:
            part = samples[y::dy, x::dx]
            if part.size:
                data += packed(part)
    else:
        data = packed(samples)
    w, h = size or (width, height)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, depth, color, 0, 0, int(interlace)))
            + b''.join(chunk(*c) for c in before) + chunk(b'IDAT', zlib.compress(data, 9))
            + b''.join(chunk(*c) for c in after) + chunk(b'IEND', b''))


def picture(width, height, channels, levels=256):
    """A smooth ramp with noise, different in every corner."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        ramp = (x / max(width - 1, 1) * (0.9 - 0.3 * c) + (y / max(height - 1, 1)) ** 2 * (0.1 + 0.3 * c))
        planes.append(np.clip(ramp + RNG.normal(0, 0.08, x.shape), 0, 0.999))
    return (np.stack(planes, -1) * levels).astype(np.int64)


def expect(name, rgb):
    rgb = np.ascontiguousarray(rgb, np.uint8)
    SAMPLES.append(rgb.tobytes())
    PICTURES.append(f'{name} {rgb.shape[1]} {rgb.shape[0]}')


def on_white(image):
    if 'A' in image.getbands() or 'transparency' in image.info:
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image.convert('RGBA'))
    return np.asarray(image.convert('RGB'))


def add_png(name, samples, depth, color, oracle=None, **more):
    data = png(samples, depth, color, **more)
    put(name, data)
    expect(name, on_white(Image.open(io.BytesIO(data))) if oracle is None else oracle)


W, H = 19, 13
for depth in (1, 2, 4, 8, 16):
    for interlace in (False, True):
        suffix = f'{depth}{"i" if interlace else ""}'
        gray = picture(W, H, 1, 1 << depth)
        # Pillow clips 16-bit gray in convert(); its other 16-bit kinds keep the high byte, as here.
        oracle = np.repeat(gray >> 8, 3, axis=2) if depth == 16 else None
        add_png(f'png/gray{suffix}.png', gray, depth, 0, oracle, interlace=interlace)
        if depth <= 8:
            size = 1 << depth
            entries = RNG.integers(0, 256, (size, 3)).astype(np.uint8)
            indices = picture(W, H, 1, size)
            plte = (b'PLTE', entries.tobytes())
            add_png(f'png/palette{suffix}.png', indices, depth, 3, before=[plte], interlace=interlace)
            put(f'png/palette{suffix}.idx', indices.astype(np.uint8).tobytes())
            put(f'png/gray{suffix}.idx', gray.astype(np.uint8).tobytes())
        else:
            add_png(f'png/rgb{suffix}.png', picture(W, H, 3, 65536), 16, 2, interlace=interlace)
            add_png(f'png/rgba{suffix}.png', picture(W, H, 4, 65536), 16, 6, interlace=interlace)
            add_png(f'png/grayalpha{suffix}.png', picture(W, H, 2, 65536), 16, 4, interlace=interlace)
        if depth == 8:
            add_png(f'png/rgb{suffix}.png', picture(W, H, 3), 8, 2, interlace=interlace)
            add_png(f'png/rgba{suffix}.png', picture(W, H, 4), 8, 6, interlace=interlace)
            add_png(f'png/grayalpha{suffix}.png', picture(W, H, 2), 8, 4, interlace=interlace)
            shades = bytes(range(0, 256, 2))
            add_png(f'png/palettealpha{suffix}.png', indices, 8, 3, before=[plte, (b'tRNS', shades)], interlace=interlace)

gray = picture(W, H, 1) // 16 * 16
add_png('png/gray8key.png', gray, 8, 0, before=[(b'tRNS', struct.pack('>H', 64))])
gray = picture(W, H, 1, 4)
# Pillow compares the key with scaled samples; by the PNG specification it is in the file's own levels.
white = np.repeat(np.where(gray == 2, 255, gray * 85), 3, axis=2)
add_png('png/gray2key.png', gray, 2, 0, white, before=[(b'tRNS', struct.pack('>H', 2))])
rgb = picture(W, H, 3) // 128 * 128
add_png('png/rgb8key.png', rgb, 8, 2, before=[(b'tRNS', struct.pack('>HHH', 128, 0, 0))])
# Chunks that describe color: Pillow's samples do not follow them, nor must ours.
profile = (b'iCCP', b'odd\0\0' + zlib.compress(bytes(128)))
rgb = picture(W, H, 3)
add_png('png/gamma.png', rgb, 8, 2, before=[(b'gAMA', struct.pack('>I', 100000))])
add_png('png/described.png', rgb, 8, 2, before=[
    profile, (b'gAMA', struct.pack('>I', 220000)), (b'cHRM', struct.pack('>8I', *[31270, 32900, 64000, 33000] * 2))])
add_png('png/srgb.png', rgb, 8, 2, before=[(b'sRGB', b'\0'), (b'pHYs', struct.pack('>IIB', 100, 50, 1))])
add_png('png/dot.png', picture(1, 1, 4), 8, 6, interlace=True)
add_png('png/column.png', picture(1, 9, 3), 8, 2, interlace=True)

note = PngImagePlugin.PngInfo()
note.add_text('Title', 'plain caf\xe9', zip=False)
note.add_text('Packed', 'again and ' * 30, zip=True)
note.add_itxt('Wide', 'Übersicht 図 🐈', lang='de', tkey='Weit')
note.add_itxt('Wide packed', '図' * 50, zip=True)
out = io.BytesIO()
Image.fromarray(picture(W, H, 3).astype(np.uint8)).save(out, 'png', pnginfo=note)
body = out.getvalue()
put('png/notes.png', body[:-12] + chunk(b'tEXt', b'Last\0after the pixels') + body[-12:])


# ---- JPEG ----

def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, 'jpeg', **options)
    return out.getvalue()


def add_jpeg(name, data):
    put(name, data)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    expect(name, np.asarray(image.convert('RGB')))


def exif(orientation, order):
    entries = [(0x0100, 4, 1, 7), (0x0112, 3, 1, orientation), (0x0128, 3, 1, 2)]
    block = (b'II*\0' if order == '<' else b'MM\0*') + struct.pack(order + 'IH', 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(order + 'HHI', tag, kind, count)
        block += struct.pack(order + ('I' if kind == 4 else 'HH'), *([value] if kind == 4 else [value, 0]))
    return b'Exif\0\0' + block + bytes(4)


def without_adobe(data):
    start = data.index(b'\xff\xee')
    return data[:start] + data[start + 2 + struct.unpack('>H', data[start + 2:start + 4])[0]:]


def as_ycck(data):
    start = data.index(b'\xff\xee')
    return data[:start + 15] + b'\2' + data[start + 16:]


smooth = Image.fromarray(picture(10, 7, 3).astype(np.uint8)).resize((43, 29), Image.Resampling.BICUBIC)
add_jpeg('jpeg/baseline444.jpg', jpeg(smooth, quality=92, subsampling=0))
add_jpeg('jpeg/baseline422.jpg', jpeg(smooth, quality=85, subsampling=1))
add_jpeg('jpeg/baseline420.jpg', jpeg(smooth, quality=75, subsampling=2))
add_jpeg('jpeg/progressive.jpg', jpeg(smooth, quality=85, progressive=True))
add_jpeg('jpeg/optimized_restart.jpg', jpeg(smooth, quality=85, optimize=True, restart_marker_blocks=2))
add_jpeg('jpeg/rgb.jpg', jpeg(smooth, quality=90, keep_rgb=True))
add_jpeg('jpeg/gray.jpg', jpeg(smooth.convert('L'), quality=90))
add_jpeg('jpeg/gray_progressive.jpg', jpeg(smooth.convert('L'), quality=90, progressive=True))
inks = Image.fromarray(picture(10, 7, 4).astype(np.uint8), 'CMYK').resize((43, 29), Image.Resampling.BICUBIC)
add_jpeg('jpeg/cmyk.jpg', jpeg(inks, quality=92))
add_jpeg('jpeg/cmyk_unmarked.jpg', without_adobe(jpeg(inks, quality=92)))
add_jpeg('jpeg/ycck.jpg', as_ycck(jpeg(inks, quality=92)))
for orientation in range(1, 9):
    order = '<>'[orientation % 2]
    add_jpeg(f'jpeg/orientation{orientation}.jpg', jpeg(smooth, quality=90, exif=exif(orientation, order)))
add_jpeg('jpeg/orientation9.jpg', jpeg(smooth, quality=90, exif=exif(9, '<')))
add_jpeg('jpeg/exif_cut.jpg', jpeg(smooth, quality=90, exif=exif(6, '<')[:20]))

# ---- PBM, PGM, PPM ----


def add_portable(name, data):
    put(name, data)
    image = Image.open(io.BytesIO(data))
    if image.mode in ('I', 'I;16'):
        full = np.asarray(image).astype(np.float64)  # Pillow scales to 65535
        expect(name, np.repeat(np.round(full / 257).astype(np.uint8)[:, :, None], 3, axis=2))
    else:
        expect(name, np.asarray(image.convert('RGB')))


def plain(values):
    return '\n'.join(' '.join(str(v) for v in row.reshape(-1)) for row in values).encode()


bits, gray, rgb = picture(W, H, 1, 2), picture(W, H, 1), picture(W, H, 3)
size = f'{W} {H}\n'.encode()
rows = np.packbits(bits[:, :, 0].astype(np.uint8), axis=1).tobytes()
add_portable('portable/plain.pbm', b'P1\n# a note\n' + size + plain(bits))
add_portable('portable/raw.pbm', b'P4\n' + size + rows)
add_portable('portable/plain.pgm', b'P2 # note\n# another\n%d # width\n%d\n255\n' % (W, H) + plain(gray))
add_portable('portable/plain_max6.ppm', b'P3\n' + size + b'6\n' + plain(rgb % 7))
add_portable('portable/raw.pgm', b'P5\n' + size + b'255\n' + gray.astype(np.uint8).tobytes())
add_portable('portable/raw_max100.pgm', b'P5\n#c\n' + size + b'100\n' + (gray * 100 // 255).astype(np.uint8).tobytes())
add_portable('portable/raw16.pgm', b'P5\n' + size + b'65535\n' + (gray * 257 - 3).clip(0).astype('>u2').tobytes())
add_portable('portable/raw.ppm', b'P6\n' + size + b'255\n' + rgb.astype(np.uint8).tobytes())
add_portable('portable/raw_max1000.ppm', b'P6\n' + size + b'1000\n' + (rgb * 1000 // 255).astype('>u2').tobytes())

# ---- Resampling ----

HOW = []
RESIZED = []
FILTERS = {'nearest': 0, 'box': 4, 'bilinear': 2, 'bicubic': 3}


def add_resampled(source, image, sizes, box=None):
    for width, height in sizes:
        for name, code in FILTERS.items():
            RESIZED.append(np.asarray(image.resize((width, height), code, box=box)).tobytes())
            edges = ' '.join(map(str, box or (0, 0, *image.size)))
            HOW.append(f'{source} {image.width} {image.height} {name} {width} {height} {edges}')


noise = RNG.integers(0, 256, (29, 37, 3))
noise = np.where(RNG.random((29, 37, 1)) < 0.4, noise, picture(37, 29, 3)).astype(np.uint8)
RESIZED.append(noise.tobytes())
dot = RNG.integers(0, 256, (1, 1, 3)).astype(np.uint8)
RESIZED.append(dot.tobytes())
small = Image.fromarray(noise)
add_resampled('noise', small, [(16, 12), (53, 41), (37, 12), (16, 29), (37, 29), (1, 1), (74, 3), (2, 90), (36, 30)])
add_resampled('noise', small, [(16, 16), (40, 11)], box=(5, 3, 30, 28))
add_resampled('noise', small, [(14, 14)], box=(2.25, 0.5, 36.75, 20.125))
add_resampled('dot', Image.fromarray(dot), [(5, 3), (1, 1)])
# A photograph's size; the source is computed, by the same rule, in the test.
state, values = 1, np.empty(500 * 375 * 3, np.uint8)
for i in range(values.size):
    state = (state * 1664525 + 1013904223) % 2**32
    values[i] = state >> 24
add_resampled('computed', Image.fromarray(values.reshape(375, 500, 3)), [(56, 48)])

# ---- Files to be refused ----

rgb = picture(10, 10, 3)
put('hostile/huge.png', png(rgb, 8, 2, size=(100000, 100000)))
put('hostile/lying.png', png(rgb, 8, 2, size=(12000, 12000)))
put('hostile/taller.png', png(rgb, 8, 2, size=(10, 11)))
put('hostile/zero.png', png(rgb, 8, 2, size=(0, 10)))
good = png(rgb, 8, 2)
put('hostile/crc.png', good[:60] + bytes([good[60] ^ 1]) + good[61:])
put('hostile/headless.png', good[:8] + good[33:])
good = jpeg(smooth, quality=85)
frame = good.index(b'\xff\xc0')
put('hostile/huge.jpg', good[:frame + 5] + struct.pack('>HH', 65000, 65000) + good[frame + 9:])
put('hostile/zero.jpg', good[:frame + 5] + struct.pack('>HH', 29, 0) + good[frame + 9:])
put('hostile/taller.jpg', good[:frame + 5] + struct.pack('>HH', 290, 43) + good[frame + 9:])
scan = good.index(b'\xff\xda')
put('hostile/filled.jpg', good[:scan + 60] + b'\xff\xd9')
put('hostile/text.png', b'This is a text, not a picture.\n')
put('hostile/empty.png', b'')

# ---- Orientation in PNG: before and after the pixels, both byte orders, with JPEG's mark, and damaged ----

def add_oriented(name, data, is_read=True):
    put(name, data)
    image = Image.open(io.BytesIO(data))
    image.load()
    expect(name, on_white(ImageOps.exif_transpose(image) if is_read else image))


shape = np.add.outer(np.arange(7) * 31, np.arange(11) * 5)[:, :, None] * [1, 2, 3] % 256
for orientation in range(1, 9):
    order = '<>'[orientation % 2]
    block = (b'eXIf', exif(orientation, order)[6:])
    add_oriented(f'png/orientation{orientation}.png', png(shape, 8, 2, before=[block]))
    add_oriented(f'png/orientation{orientation}_after.png', png(shape, 8, 2, after=[block], interlace=True))
clear = np.concatenate([shape, shape[:, :, :1]], 2)
add_oriented('png/orientation6_alpha.png', png(clear, 8, 6, before=[(b'eXIf', exif(6, '<')[6:])]))
add_oriented('png/orientation6_marked.png', png(shape, 8, 2, before=[(b'eXIf', exif(6, '<'))]))
add_oriented('png/orientation9.png', png(shape, 8, 2, before=[(b'eXIf', exif(9, '<')[6:])]))
for length in (0, 3, 7, 12, 20):
    add_oriented(f'png/exif_cut{length}.png', png(shape, 8, 2, before=[(b'eXIf', exif(6, '<')[6:6 + length])]), is_read=False)
far = bytearray(exif(6, '<')[6:])
far[4:8] = b'\xf0\xff\xff\xff'
add_oriented('png/exif_far.png', png(shape, 8, 2, before=[(b'eXIf', bytes(far))]), is_read=False)
many = bytearray(exif(6, '<')[6:])
many[8:10] = b'\xff\xff'
many[22:24] = b'\0\0'
add_oriented('png/exif_many.png', png(shape, 8, 2, before=[(b'eXIf', bytes(many))]), is_read=False)

# ---- Masks that other programs write ----

def voc_color(index):
    return [sum((index >> (3 * j + c) & 1) << (7 - j) for j in range(3)) for c in range(3)]


def add_mask(name, samples, depth, color, indices=None, **more):
    put(f'masks/{name}.png', png(samples, depth, color, **more))
    if indices is not None:
        put(f'masks/{name}.idx', np.asarray(indices, np.uint8).tobytes())


rows, columns = np.mgrid[0:9, 0:14]
numbers = np.where((rows - 4) ** 2 + (columns - 6) ** 2 < 12, 8, np.where(columns > 10, 15, np.where(rows == 0, 255, 0)))
for suffix, interlace in (('', False), ('_interlaced', True)):
    add_mask('gray16' + suffix, numbers[:, :, None], 16, 0, numbers, interlace=interlace)
    add_mask('colors' + suffix, np.array([[voc_color(v) for v in row] for row in numbers]), 8, 2, numbers, interlace=interlace)
every = np.arange(256).reshape(16, 16)
add_mask('colors_all', np.array([[voc_color(v) for v in row] for row in every]), 8, 2, every)
add_mask('gray16_all', every[:, :, None], 16, 0, every)
opaque = np.array([[voc_color(v) + [255] for v in row] for row in numbers])
add_mask('colors_opaque', opaque, 8, 6, numbers)
add_mask('gray_opaque', np.stack([numbers, np.full_like(numbers, 255)], 2), 8, 4, numbers)
add_mask('gray_threefold', np.repeat(numbers[:, :, None], 3, 2), 8, 2, numbers)
add_mask('turned', numbers[:, :, None], 8, 0, numbers, before=[(b'eXIf', exif(6, '<')[6:])])
large = numbers.copy()
large[2, 3:6] = [256, 300, 40000]
add_mask('gray16_large', large[:, :, None], 16, 0)
foreign = np.array([[voc_color(v) for v in row] for row in numbers])
foreign[1, 1:4] = [200, 10, 10]
foreign[1, 4] = [12, 34, 56]
add_mask('colors_foreign', foreign, 8, 2)
opaque[3, 3:5, 3] = 0
add_mask('colors_clear', opaque, 8, 6)

put('pictures.rgb', b''.join(SAMPLES))
put('resample.rgb', b''.join(RESIZED))
put('pictures.txt', ('\n'.join(PICTURES) + '\n').encode())
put('resample.txt', ('\n'.join(HOW) + '\n').encode())
print(len(PICTURES), 'pictures,', len(HOW), 'resized')
