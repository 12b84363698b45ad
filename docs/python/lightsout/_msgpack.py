"""Decodes MessagePack as transport/WIRE.md uses it: no extensions."""

import struct

_FIXED = {  # first byte: format and length
    0xCA: (">f", 4), 0xCB: (">d", 8), 0xCC: (">B", 1), 0xCD: (">H", 2), 0xCE: (">I", 4), 0xCF: (">Q", 8),
    0xD0: (">b", 1), 0xD1: (">h", 2), 0xD2: (">i", 4), 0xD3: (">q", 8),
}
_SIZED = {  # first byte: kind, and format and length of the size
    0xC4: ("bin", ">B", 1), 0xC5: ("bin", ">H", 2), 0xC6: ("bin", ">I", 4), 0xD9: ("str", ">B", 1), 0xDA: ("str", ">H", 2),
    0xDB: ("str", ">I", 4), 0xDC: ("array", ">H", 2), 0xDD: ("array", ">I", 4), 0xDE: ("map", ">H", 2), 0xDF: ("map", ">I", 4),
}


def unpack(data):
    """Decodes one value, which must be all of the data."""
    value, end = _value(data, 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes follow the value")
    return value


def _value(data, at):
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if first >= 0xE0:
        return first - 0x100, at
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    if first in _FIXED:
        form, n = _FIXED[first]
        return struct.unpack_from(form, data, at)[0], at + n
    if first in _SIZED:
        kind, form, n = _SIZED[first]
        size, at = struct.unpack_from(form, data, at)[0], at + n
    elif first < 0x90:
        kind, size = "map", first & 0x0F
    elif first < 0xA0:
        kind, size = "array", first & 0x0F
    elif first < 0xC0:
        kind, size = "str", first & 0x1F
    else:
        raise ValueError(f"byte {first:#x} begins no value")
    return _sized(kind, size, data, at)


def _sized(kind, size, data, at):
    if kind in ("str", "bin"):
        if at + size > len(data):
            raise ValueError("the data is cut off")
        part = bytes(data[at : at + size])
        return (part.decode("utf-8") if kind == "str" else part), at + size
    if kind == "array":
        items = []
        for _ in range(size):
            item, at = _value(data, at)
            items.append(item)
        return items, at
    pairs = {}
    for _ in range(size):
        key, at = _value(data, at)
        pairs[key], at = _value(data, at)
    return pairs, at
