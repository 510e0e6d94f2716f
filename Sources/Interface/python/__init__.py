"""Attention maps of Vision Transformers as NumPy arrays.

    import getam
    model = getam.Model("deit_tiny")            # without a path: the bundled model
    maps = model.maps("cat.jpg", ["cat"])       # [classes, rows, columns], float32
    maps = model.maps(array, layers=(6, 11), apart=True, method="gae")   # [classes, layers, rows, columns]

The maps are those of the command `getam map`, which comes with it; see getam-map(1) for the methods.
"""
import ctypes
import json
import os
import weakref

import numpy as np

_HERE = os.path.dirname(os.path.abspath(__file__))
_library = ctypes.CDLL(os.path.join(_HERE, "lib", "libgetam-interface.so"))
_text, _number, _place = ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p
_message = ctypes.POINTER(_place)
_picture = [_place, _text, _place, _number, _number, _number]
for _name, _result, _arguments in [
    ("open", _place, [_text, _number, _message]),
    ("close", None, [_place]),
    ("free", None, [_place]),
    ("describe", _place, [_place]),
    ("logits", _place, _picture + [ctypes.POINTER(ctypes.c_int64), _message]),
    ("maps", _place, _picture + [ctypes.POINTER(_text), _number, _text, _number, _number, ctypes.c_bool,
                                 ctypes.POINTER(ctypes.c_int64), _message]),
]:
    _function = getattr(_library, "getam_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


class GetamError(RuntimeError):
    """What went wrong, in one line."""


def _taken(text):
    value = ctypes.cast(text, _text).value.decode("utf-8", "surrogateescape")
    _library.getam_free(text)
    return value


def _called(function, *arguments):
    message = _place()
    result = function(*arguments, ctypes.byref(message))
    if not result:
        raise GetamError(_taken(message) if message else "out of memory")
    return result


def _array(place, shape):
    """The numbers at a place as an array, which gives them back when nobody looks at them any more."""
    numbers = (ctypes.c_float * int(np.prod(shape))).from_address(place)
    weakref.finalize(numbers, _library.getam_free, place)
    return np.frombuffer(numbers, np.float32).reshape(shape)


class Model:
    """A checkpoint, ready to compute.

    classes, depth, heads, patch and input (height and width in pixels), methods, name and notes say what it is.
    """

    def __init__(self, path=None, threads=None):
        path = os.path.join(_HERE, "lib", "getam_Assets.resources", "models", "animals") if path is None else path
        self._handle = _called(_library.getam_open, os.fsencode(path), threads or len(os.sched_getaffinity(0)))
        self._close = weakref.finalize(self, _library.getam_close, self._handle)
        self.__dict__.update(json.loads(_taken(_library.getam_describe(self._handle))))

    @staticmethod
    def _shown(picture, size):
        if isinstance(picture, (str, bytes, os.PathLike)):
            return None, (os.fsencode(picture), None, 0, 0, size or 0)
        array = np.ascontiguousarray(picture)
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
            raise ValueError(f"a picture is a path, or uint8 of [height, width, 3], not {array.dtype} of {list(array.shape)}")
        return array, (None, array.ctypes.data, array.shape[1], array.shape[0], size or 0)

    def logits(self, picture, size=None):
        """The classes' logits for a picture (a path, or uint8 of [height, width, 3])."""
        kept, shown = self._shown(picture, size)
        count = ctypes.c_int64()
        place = _called(_library.getam_logits, self._handle, *shown, ctypes.byref(count))
        return _array(place, (count.value,))

    def maps(self, picture, classes=None, method="getam", layers=None, apart=False, size=None):
        """Maps of a picture: [classes, rows, columns], or [classes, layers, rows, columns] with apart.

        classes: names or numbers, or one of them; the most probable class where there are none.
        layers: first and last, from 0; where not given, those that are usual for the method.
        size: the longer side of the model's input in pixels.
        """
        kept, shown = self._shown(picture, size)
        names = [] if classes is None else [classes] if isinstance(classes, (str, int, np.integer)) else list(classes)
        words = (_text * max(len(names), 1))(*(str(name).encode("utf-8", "surrogateescape") for name in names))
        first, last = (-1, -1) if layers is None else layers
        shape = (ctypes.c_int64 * 4)()
        place = _called(
            _library.getam_maps, self._handle, *shown, words, len(names), method.encode(), first, last, apart, shape)
        found = _array(place, tuple(shape))
        return found if apart else found[:, 0]


def main():
    """Becomes the program `getam`."""
    import sys

    program = os.path.join(_HERE, "lib", "getam")
    os.execv(program, [program] + sys.argv[1:])
