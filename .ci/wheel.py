#!/usr/bin/env python3
"""Packs the program and its Python module as a wheel.

    wheel.py PROGRAM-FOLDER LIBRARY VERSION GLIBC OUTPUT

PROGRAM-FOLDER: with the program `getam`, its resources and the libraries it needs beside it; LIBRARY: libgetam-interface.so, stripped;
GLIBC: the C library's version that both need at least, such as 2.36. Prints the wheel's path.
"""
import base64
import hashlib
import os
import platform
import sys
import zipfile
from pathlib import Path

folder, library, version, glibc, output = sys.argv[1:]
root = Path(__file__).resolve().parent.parent
tag = f"py3-none-manylinux_{glibc.replace('.', '_')}_{platform.machine()}"
information = f"getam-{version}.dist-info"
wheel = Path(output) / f"getam-{version}-{tag}.whl"
records = []


def put(archive, name, content, mode=0o644):
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=9)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    records.append(f"{name},sha256={digest},{len(content)}")


with zipfile.ZipFile(wheel, "w") as archive:
    put(archive, "getam/__init__.py", (root / "Sources/Interface/python/__init__.py").read_bytes())
    put(archive, "getam/lib/libgetam-interface.so", Path(library).read_bytes(), 0o755)
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            put(archive, f"getam/lib/{path.relative_to(folder)}", path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)
    put(archive, f"{information}/METADATA", f"""Metadata-Version: 2.1
Name: getam
Version: {version}
Summary: Where a Vision Transformer looks, layer by layer and class by class
Requires-Python: >=3.9
Requires-Dist: numpy
License-File: LICENSE
""".encode())
    put(archive, f"{information}/LICENSE", (root / "LICENSE").read_bytes())
    put(archive, f"{information}/WHEEL", f"Wheel-Version: 1.0\nGenerator: getam\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
    put(archive, f"{information}/entry_points.txt", b"[console_scripts]\ngetam = getam:main\n")
    archive.writestr(f"{information}/RECORD", "\n".join(records + [f"{information}/RECORD,,", ""]))
print(wheel)
