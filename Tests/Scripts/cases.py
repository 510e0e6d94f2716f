#!/usr/bin/env python3
"""Runs every case of a folder of cases (cmd.txt: the command, want.txt: what is right) and checks what it says is right.

    cases.py GETAM CASES [NAME ...]

GETAM is the program, CASES the folder that holds field/ and reliability/, NAME a part of the cases' names to run only those.
A line a case; exit status 1 where one falls short. Needs Python alone; the labelme case compares with Pillow's polygons
where Pillow is there.
"""
import json, os, re, shutil, struct, subprocess, sys, tempfile, zlib

GETAM, CASES, NAMES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]


def png(path):
    """(width, height, values) of a PNG of 8 bits and one channel, or of palette indices."""
    data = open(path, 'rb').read()
    assert data[:8] == b'\x89PNG\r\n\x1a\n', path
    at, body = 8, b''
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        if kind == b'IHDR': width, height, depth, color = struct.unpack('>IIBB', data[at + 8:at + 18])
        if kind == b'IDAT': body += data[at + 8:at + 8 + size]
        at += size + 12
    assert color in (0, 3), path
    raw, stride, values = zlib.decompress(body), (width * depth + 7) // 8, bytearray()
    above = bytearray(stride)
    for y in range(height):
        filter, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            a, b, c = (line[x - 1] if x else 0), above[x], (above[x - 1] if x else 0)
            p = a + b - c
            paeth = a if abs(p - a) <= min(abs(p - b), abs(p - c)) else b if abs(p - b) <= abs(p - c) else c
            line[x] = (line[x] + (0, a, b, (a + b) // 2, paeth)[filter]) & 255
        above = line
        values += bytes(line[x * depth // 8] >> (8 - depth - x * depth % 8) & (1 << depth) - 1 for x in range(width))
    return width, height, values


def npy(path):
    """(shape, values) of a Float32 .npy file."""
    data = open(path, 'rb').read()
    size = struct.unpack('<H', data[8:10])[0]
    header = eval(data[10:10 + size])
    assert header['descr'] == '<f4', header
    return header['shape'], struct.unpack(f'<{(len(data) - 10 - size) // 4}f', data[10 + size:])


def classes(path): return sorted(set(png(path)[2]) - {0, 255})


def near(a, b, tolerance=1e-5):
    (shape, x), (other, y) = npy(a), npy(b)
    limit = tolerance * max(map(abs, y))
    return sorted(s for s in shape if s > 1) == sorted(s for s in other if s > 1) and all(abs(p - q) <= limit for p, q in zip(x, y))


def polygons(run):
    try: from PIL import Image, ImageDraw
    except ImportError: return 'skipped: needs Pillow'
    import base64, io
    width, height, label = png('out.png')
    document = json.load(open('out.json'))
    canvas = Image.new('L', (width, height))
    for shape in document['shapes']:
        points = [tuple(p) for p in shape['points']]
        if shape['shape_type'] == 'mask':
            canvas.paste(1, tuple(map(int, points[0])), Image.open(io.BytesIO(base64.b64decode(shape['mask']))).convert('L').point(lambda v: 255 if v else 0))
        else: ImageDraw.Draw(canvas).polygon(points, outline=1, fill=1)
    drawn = canvas.tobytes()
    both = sum(1 for a, b in zip(drawn, label) if a and b not in (0, 255))
    either = sum(1 for a, b in zip(drawn, label) if a or b not in (0, 255))
    return both / either >= 0.999 or f'intersection over union {both / either:.4f}'


def logits(run):
    want = [2.38536, -1.03349, -0.61463, -1.90275, 0.43932]
    found = {c['index']: c['logit'] for c in json.loads(run.out)['classes']}
    return all(abs(found[i] - w) < 1e-4 for i, w in enumerate(want)) or str(found)


def statuses(run): return [int(n) for n in re.findall(r'^rc (-?\d+)|^(\d+)$', run.out, re.M) for n in n if n]


def peaks(run): return [int(n) for n in re.findall(r'(\d+) KB', run.err)]


def has(text, *words): return all(re.search(w, text, re.I | re.S) for w in words)


CHECKS = {
    '01-timm': logits,
    '03-irn': lambda r: [classes(f'out/{n}.png') for n in ('2007_000032', '2008_000001', '2011_003256')] == [[8], [10], [12]],
    '05-labelme': polygons,
    '06-dinov2': lambda r: near('out.npy', 'want.npy'),
    '07-names': lambda r: classes('out/my cat.png') == [1] and classes('out/dog.png') == [3],
    '08-only': lambda r: r.status == 0 and has(r.out, r'cow, brown +100\.00'),
    '09-two': lambda r: has(r.err, 'crane', r'\b0\b') and r.status == 0 and [classes(f'out/{n}.png') for n in ('01-cat', '03-dog')] == [[4], [2]],
    '10-no': lambda r: statuses(r) == [64] and not (os.path.isdir('out') and os.listdir('out')),
    '11-output': lambda r: statuses(r) == [73, 73] and r.err.count('\n') == 2,
    '13-hugging': lambda r: near('out.npy', 'want.npy'),
    '14-refused': lambda r: r.status == 65 and has(r.err, 'DINOv3', 'SigLIP'),
    '15-lora': lambda r: r.status == 65 and has(r.err, 'LoRA|PEFT', 'google/vit-base-patch16-224-in21k', 'merge_and_unload') and r.err.count('merge_and_unload') == 2,
    '16-terminal': lambda r: '\x1b[?1049h' in r.out and '38;2;' in r.out.replace(':', ';'),
    '18-class': lambda r: len(re.findall(r'cat +74\.67', r.out)) == 2,
    '19-png': lambda r: r.status == 0 and npy('a.npy')[0][-2] > npy('a.npy')[0][-1],
    '20-labelme': lambda r: [classes(f'out/{n}.png') for n in ('01-cat', '02-cow', '03-dog')] == [[1], [2], [3]],
    '21-sixteen': lambda r: has(r.out, r'background +100\.00', r'cat +100\.00'),
    '22-file': lambda r: r.status == 0 and os.path.exists('out.npy'),
    '23-two': lambda r: r.status == 0 and len(os.listdir('out')) == 3,
    '24-class': lambda r: classes('out/cat/1.png') == [1] and classes('out/dog/1.png') == [3],
    '25-phone': lambda r: r.status == 0 and len(os.listdir('out')) == 2 and int(re.search(r'Maximum resident set size \(kbytes\): (\d+)', r.err)[1]) < 2_400_000,
    'reliability/01': lambda r: has(r.out, 'rc 0, 12 of 12'),
    'reliability/02': lambda r: statuses(r) == [0, 0, 66, 66] and os.path.exists('out/a.png'),
    'reliability/03': lambda r: statuses(r)[:1] == [0] and r.out.split()[-1] == '6',
    'reliability/04': lambda r: statuses(r) == [0] + [3],
    'reliability/05': lambda r: (found := [int(n) for n in re.findall(r'rc (-?\d+)', r.out)]) and len(found) == 6 and set(found) <= {0, 65},
    'reliability/06': lambda r: peaks(r)[0] < 2_000_000 and statuses(r)[-1] in (0, 65, 71),
    'reliability/07': lambda r: peaks(r)[0] < 1_000_000,
    'reliability/08': lambda r: r.out.count('help opens') == 6 and r.out.count('rc 0') == 6,
    'reliability/09': lambda r: has(r.out, 'message: True', 'rc 73') and '.part' not in r.out,
    'reliability/11': lambda r: has(r.out, 'rc 143'),
    'reliability/13': lambda r: statuses(r)[:1] == [64] and 'P   N   G' in r.out,
    'reliability/14': lambda r: statuses(r) in ([71], [65], [0]) and 'Fatal' not in r.out,
}


class Run:
    def __init__(self, folder):
        command = open('cmd.txt').read()
        path = os.path.dirname(GETAM) + ':' + os.environ['PATH']
        try:
            run = subprocess.run(['bash', '-c', command], capture_output=True, timeout=300, env=dict(os.environ, PATH=path, LANG='C.UTF-8'))
            self.status, out, err = run.returncode, run.stdout, run.stderr
        except subprocess.TimeoutExpired as late: self.status, out, err = None, late.stdout or b'', late.stderr or b''
        self.out, self.err = out.decode(errors='replace'), err.decode(errors='replace')


failed = 0
for kind in sorted(os.listdir(CASES)):
    if not os.path.isdir(f'{CASES}/{kind}'): continue
    for name in sorted(os.listdir(f'{CASES}/{kind}')):
        full = f'{kind}/{name}'
        if NAMES and not any(n in full for n in NAMES): continue
        check = next((c for k, c in CHECKS.items() if full.startswith(k) or name.startswith(k)), None)
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(f'{CASES}/{full}', f'{place}/case')
            subprocess.run(['chmod', '-R', 'u+w', f'{place}/case'])
            os.chdir(f'{place}/case')
            run = Run(full)
            try: answer = check(run) if check else 'no check for this case'
            except Exception as error: answer = f'{type(error).__name__}: {error}'
            os.chdir('/')
        if answer is True: print(f'{full}: as wanted')
        elif isinstance(answer, str) and answer.startswith('skipped'): print(f'{full}: {answer}')
        else:
            failed += 1
            tail = ' | '.join((run.out + run.err).strip().splitlines()[-4:])
            print(f'{full}: FALLS SHORT (status {run.status}) {answer if answer else ""} {tail[:400]}')
        sys.stdout.flush()
sys.exit(1 if failed else 0)
