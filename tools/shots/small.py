"""Makes a picture of a page small enough for the documentation: 255 colours at most.

python -m tools.shots.small picture.png small.png
"""

import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 255


def read(data: bytes) -> tuple[int, list[bytes]]:
    """Width and rows of RGB of a picture as Chromium writes it: 8 bits, RGB or RGBA, not interlaced."""
    place, packed, width, size = len(SIGNATURE), b"", 0, 0
    while place < len(data):
        (length,), kind = struct.unpack(">I", data[place : place + 4]), data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            width, _, _, colours = struct.unpack(">IIBB", body[:10])
            size = 4 if colours == 6 else 3
        packed += body if kind == b"IDAT" else b""
        place += length + 12
    raw, step, rows = zlib.decompress(packed), width * size + 1, []
    before = bytearray(width * size)
    for start in range(0, len(raw), step):
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + step]), before, size)
        rows.append(bytes(before) if size == 3 else bytes(byte for at, byte in enumerate(before) if at % 4 < 3))
    return width, rows


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    if kind == 0:
        return line
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        guess = (left, above[at], (left + above[at]) // 2, _nearest(left, above[at], corner))[kind - 1]
        line[at] = (line[at] + guess) & 255
    return line


def _nearest(left: int, up: int, corner: int) -> int:
    wanted = left + up - corner
    return min((left, up, corner), key=lambda value: abs(wanted - value))


def write(width: int, rows: list[bytes]) -> bytes:
    """The picture with few colours, and every other one as the nearest of them."""
    pixels = [[row[at : at + 3] for at in range(0, len(row), 3)] for row in rows]
    palette, nearest = _palette(Counter(pixel for row in pixels for pixel in row))
    lines = b"".join(b"\0" + bytes(nearest[pixel] for pixel in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = [(b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def _palette(found: Counter[bytes]) -> tuple[list[bytes], dict[bytes, int]]:
    """One colour after the other, always the one whose pixels are furthest off by now, so that no small mark loses its
    tint to the many greys of text; and the place of the nearest for each colour."""
    palette: list[bytes] = []
    off, nearest = dict.fromkeys(found, sys.maxsize), dict.fromkeys(found, 0)
    while len(palette) < MOST_COLOURS and (colour := max(off, key=lambda one: off[one] * found[one])) and off[colour]:
        palette.append(colour)
        for one in found:
            if (far := _distance(one, colour)) < off[one]:
                off[one], nearest[one] = far, len(palette) - 1
    return palette, nearest


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    target.write_bytes(write(*read(source.read_bytes())))
