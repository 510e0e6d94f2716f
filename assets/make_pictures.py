#!/usr/bin/env python3
"""Make the bundled pictures from freely licensed source photographs.

Sources (see README.md for the authors and licenses):
  GCOMPRIS   the unpacked Debian package gcompris-qt-data 3.1-2
  WALLPAPERS the unpacked Debian package lomiri-wallpapers-16.04 20.04.0-2
  SKIMAGE    the unpacked wheel scikit-image 0.26.0

Usage:   make_pictures.py GCOMPRIS WALLPAPERS SKIMAGE OUTPUT
Needs:   numpy, Pillow (with WebP), opencv-python-headless (GrabCut for the composites)
"""

import argparse
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

LONG_SIDE = 500
QUALITY = 90

# Hand-drawn outlines in source pixels: a first guess that GrabCut refines.
SHEEP_OUTLINE = [
    (430, 105), (500, 110), (560, 86), (600, 98), (662, 86), (660, 118), (640, 140), (700, 230),
    (726, 330), (720, 400), (690, 480), (625, 490), (612, 640), (572, 645), (575, 490), (545, 490),
    (540, 662), (500, 662), (505, 500), (420, 490), (395, 655), (345, 650), (370, 470), (310, 510),
    (297, 675), (245, 670), (270, 510), (240, 480), (235, 250), (270, 180), (330, 145), (480, 140),
]
DOG_OUTLINE = [
    (38, 530), (60, 512), (140, 540), (190, 500), (220, 380), (250, 325), (350, 260), (480, 222),
    (690, 203), (760, 150), (762, 80), (775, 28), (792, 25), (820, 95), (850, 95), (880, 35),
    (895, 28), (908, 80), (898, 150), (895, 240), (870, 310), (835, 350), (835, 380), (820, 420),
    (805, 425), (765, 460), (752, 540), (770, 690), (825, 710), (800, 725), (750, 722), (705, 600),
    (695, 560), (685, 660), (730, 685), (690, 697), (655, 688), (640, 630), (655, 490), (540, 482),
    (430, 480), (390, 500), (350, 570), (305, 620), (310, 660), (370, 678), (330, 690), (385, 720),
    (320, 726), (245, 640), (245, 600), (275, 560), (180, 605), (90, 610), (45, 580),
]
# Parts of the dog that resemble the dry grass around it: surely the dog, surely not.
DOG_INSIDE = [[(292, 660), (325, 702), (372, 711), (372, 719), (320, 722)], [(752, 700), (815, 708), (798, 719), (758, 718)]]
DOG_OUTSIDE = [[(696, 570), (704, 605), (716, 665), (693, 664), (690, 640)], [(334, 600), (420, 520), (600, 500), (640, 660), (400, 690), (378, 672), (334, 664)]]


def read_resource(package: Path, bundle: str, name: str) -> Image.Image:
    """One picture out of a Qt resource file (.rcc), found by the end of its path."""
    data = next(package.rglob(f"{bundle}.rcc")).read_bytes()
    magic, version, tree, payload, names = struct.unpack(">4sIIII", data[:20])
    if magic != b"qres":
        raise ValueError(f"{bundle}.rcc is not a Qt resource file")
    node_size = 22 if version >= 2 else 14

    def entries(index: int, prefix: str):
        at = tree + index * node_size
        name_at, flags = struct.unpack(">IH", data[at:at + 6])
        if index:
            length = struct.unpack(">H", data[names + name_at:names + name_at + 2])[0]
            start = names + name_at + 6
            prefix = f"{prefix}/{data[start:start + 2 * length].decode('utf-16-be')}"
        if flags & 2:
            count, child = struct.unpack(">II", data[at + 6:at + 14])
            for offset in range(count):
                yield from entries(child + offset, prefix)
        else:
            yield prefix, flags, payload + struct.unpack(">I", data[at + 10:at + 14])[0]

    for path, flags, at in entries(0, ""):
        if path.endswith("/" + name):
            size = struct.unpack(">I", data[at:at + 4])[0]
            body = data[at + 4:at + 4 + size]
            if flags & 1:
                body = zlib.decompress(body[4:])
            return Image.open(io.BytesIO(body)).convert("RGB")
    raise FileNotFoundError(f"{name} in {bundle}.rcc")


def cut_out(picture: Image.Image, outline, inside=(), outside=(), slack: int = 13) -> Image.Image:
    """The animal within `outline` as RGBA, cropped to it; GrabCut decides within `slack` pixels of the outline."""
    pixels = np.array(picture)
    shape = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(shape, [np.array(outline, np.int32)], 1)
    kernel = np.ones((3, 3), np.uint8)
    labels = np.where(shape == 1, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(shape, kernel, iterations=slack) == 1] = cv2.GC_FGD
    labels[cv2.dilate(shape, kernel, iterations=slack) == 0] = cv2.GC_BGD
    for polygons, label in ((inside, cv2.GC_FGD), (outside, cv2.GC_BGD)):
        for polygon in polygons:
            cv2.fillPoly(labels, [np.array(polygon, np.int32)], int(label))
    cv2.setRNGSeed(0)
    cv2.grabCut(pixels, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 8, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
    mask = (parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.uint8)
    # One pixel in from the edge, then feathered: no rim of the old background.
    alpha = cv2.GaussianBlur(cv2.erode(mask, kernel) * 255, (0, 0), 1.5)
    animal = Image.fromarray(np.dstack([pixels, alpha]), "RGBA")
    return animal.crop(animal.getchannel("A").getbbox())


def place(scene: Image.Image, animal: Image.Image, left: int, feet: int, height: int,
          mirrored: bool = False, shadow: float = 0.45) -> Image.Image:
    """`animal`, `height` pixels high, standing on the line `feet`, with a soft shadow on the ground."""
    width = round(animal.width * height / animal.height)
    animal = animal.resize((width, height), Image.LANCZOS)
    if mirrored:
        animal = ImageOps.mirror(animal)
    alpha = animal.getchannel("A")
    ground = Image.new("L", scene.size, 0)
    ImageDraw.Draw(ground).ellipse(
        (left + 0.03 * width, feet - 0.10 * height, left + 0.97 * width, feet + 0.03 * height), fill=round(255 * shadow))
    ground = ground.filter(ImageFilter.GaussianBlur(0.035 * height))
    scene = Image.composite(scene.point(lambda value: round(value * 0.25)), scene, ground)
    # The grass hides the very feet.
    fade = Image.new("L", animal.size, 255)
    draw = ImageDraw.Draw(fade)
    depth = max(2, round(0.02 * height))
    for row in range(depth):
        draw.line((0, height - 1 - row, width, height - 1 - row), fill=round(255 * (0.35 + 0.65 * row / depth)))
    alpha = Image.fromarray((np.array(alpha, np.uint16) * np.array(fade) // 255).astype(np.uint8))
    scene.paste(animal.convert("RGB"), (left, feet - height), alpha)
    return scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gcompris", "wallpapers", "skimage", "output"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()

    def farm(name: str) -> Image.Image:
        return read_resource(arguments.gcompris, "explore_farm_animals", f"{name}.webp")

    def wallpaper(name: str) -> Image.Image:
        return Image.open(next(arguments.wallpapers.rglob(name))).convert("RGB")

    def sample(name: str) -> Image.Image:
        return Image.open(next(arguments.skimage.rglob(f"data/{name}"))).convert("RGB")

    cat, cow, dog, horses, sheep = (farm(name) for name in ("cat", "cow", "dog", "horse", "sheep"))
    spaniels = wallpaper("friends_by_Aitzol_Berasategi.jpg")
    cut_sheep = cut_out(sheep, SHEEP_OUTLINE)
    cut_dog = cut_out(dog, DOG_OUTLINE, DOG_INSIDE, DOG_OUTSIDE)

    pictures = {
        "01-cat": cat,
        "02-cow": cow,
        "03-dog": dog,
        "04-horses": horses.crop((500, 130, 1000, 560)),
        "05-person": sample("astronaut.png").crop((40, 0, 424, 512)),
        "06-sheep": sheep,
        "07-cat-face": sample("chelsea.png"),
        "08-two-dogs": spaniels.crop((300, 500, 1700, 2366)),
        "09-cow-and-sheep": place(cow, cut_sheep, left=0, feet=745, height=280, mirrored=True).crop((0, 60, 755, 768)),
        "10-horses-and-dog": place(horses, cut_dog, left=670, feet=648, height=215, mirrored=True).crop((500, 190, 1000, 664)),
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        scale = LONG_SIDE / max(picture.size)
        if scale < 1:
            picture = picture.resize([round(side * scale) for side in picture.size], Image.LANCZOS)
        picture.save(arguments.output / f"{name}.jpg", quality=QUALITY, optimize=True, icc_profile=None)


if __name__ == "__main__":
    main()
