#!/usr/bin/env python3
"""How much of the picture is left under a map: contrast and brightness where the map is below a quarter of its scale.

contrast.py GETAM [PICTURE...]: runs `GETAM map` on pictures (without any, the bundled ones) with every blend, and, as a terminal
would show it, at 82 pixels across, compares with the picture: the sum of the differences between neighbors, and the mean
brightness, each in percent of the picture's own. Needs numpy and Pillow. Ends with 1 where the blend that is the default keeps
less than 84 % of the contrast of a picture.
"""
import os
import subprocess
import sys
import tempfile
import numpy as np
from PIL import Image

WIDTH = 82
LOOKS = [('flat 0.6', ['--blend', 'flat', '--opacity', '0.6'])] + [
    (kind, ['--blend', kind]) for kind in ('value', 'contour', 'spotlight')]


def gray(path, size):
    return np.asarray(Image.open(path).convert('RGB').resize(size, Image.BOX), float) @ [0.299, 0.587, 0.114]


def figures(bare, seen, cold):
    """Contrast and brightness of what is seen, over that of the picture, in the cold part."""
    across, down = cold[:, 1:] & cold[:, :-1], cold[1:] & cold[:-1]
    contrast = lambda light: abs(np.diff(light, axis=1))[across].sum() + abs(np.diff(light, axis=0))[down].sum()
    return 100 * contrast(seen) / contrast(bare), 100 * seen[cold].mean() / bare[cold].mean()


getam = sys.argv[1]
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
folder = os.path.join(root, 'assets/pictures')
pictures = sys.argv[2:] or [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith('.jpg')]
least = 100
print(f'{"contrast / brightness kept, %":32}' + ''.join(f'{name:>15}' for name, _ in LOOKS))
with tempfile.TemporaryDirectory() as work:
    for picture in pictures:
        run = lambda output, *options: subprocess.run([getam, 'map', picture, '-o', output, *options], check=True)
        run(os.path.join(work, 'gray.png'), '--colormap', 'gray')
        width, height = Image.open(os.path.join(work, 'gray.png')).size
        size = (WIDTH, round(height * WIDTH / width))
        cold = gray(os.path.join(work, 'gray.png'), size) < 64
        run(os.path.join(work, 'bare.png'), '--opacity', '0')
        bare = gray(os.path.join(work, 'bare.png'), size)
        line = f'{os.path.basename(picture):32}'
        for name, options in LOOKS:
            run(os.path.join(work, 'seen.png'), *options)
            contrast, brightness = figures(bare, gray(os.path.join(work, 'seen.png'), size), cold)
            line += f'{contrast:9.0f} /{brightness:4.0f}'
            if name == 'value':
                least = min(least, contrast)
        print(line)
sys.exit(1 if least < 84 else 0)
