#!/usr/bin/env python3
"""Writes the map of the tests as OpenStreetMap PBF: street_map.py FILE.osm.pbf

A grid of streets, 100 m apart, 2 km each way around 24.89 N 118.79 E (metres east and north of it below):

- a river from south to north at x = 250, with one bridge, at y = 1500;
- a terrace at y = -550 from x = -650 to the river: on foot over the steps at x = 0, else round it by x = -700;
- an island of 11 by 11 crossings from (4000, -500) and an islet of 2 by 2 at (4000, 2000), without a bridge
  (the engine prefers streets that lead to 50 crossings or more to those that don't);
- a lake without streets from x = -1500 to -1100 and y = 1100 to 1500.

PBF is written by hand (https://wiki.openstreetmap.org/wiki/PBF_Format), for want of a tool that is everywhere.
"""

import math
import struct
import sys
import zlib

LAT, LNG = 24.89, 118.79
METRES_A_DEGREE = 6_371_008.8 * math.pi / 180
STEP = 100


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def number(field, n):
    return varint(field << 3) + varint(n)


def data(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def blob(kind, content):
    body = number(2, len(content)) + data(3, zlib.compress(content))
    head = data(1, kind.encode()) + number(3, len(body))
    return struct.pack(">I", len(head)) + head + body


class Map:
    def __init__(self):
        self.nodes, self.ways = {}, []

    def node(self, x, y):
        return self.nodes.setdefault((x, y), len(self.nodes) + 1)

    def way(self, points, **tags):
        if len(points) > 1:
            self.ways.append(([self.node(*p) for p in points], tags))

    def line(self, points, joined, **tags):
        """Points in a row as ways, cut wherever two neighbours aren't joined."""
        run = []
        for point in points:
            if run and not joined(run[-1], point):
                self.way(run, **tags)
                run = []
            run.append(point)
        self.way(run, **tags)

    def grid(self, xs, ys, joined=lambda a, b: True):
        for y in ys:
            self.line([(x, y) for x in xs], joined, highway="residential", name=f"Row {y}")
        for x in xs:
            self.line([(x, y) for y in ys], joined, highway="residential", name=f"Column {x}")

    def pbf(self):
        strings = [b""]

        def text(s):
            s = s.encode()
            if s not in strings:
                strings.append(s)
            return strings.index(s)

        nodes, ways = b"", b""
        for (x, y), id in self.nodes.items():
            lat = LAT + y / METRES_A_DEGREE
            lng = LNG + x / METRES_A_DEGREE / math.cos(math.radians(LAT))
            # Units of 100 nanodegrees, the default granularity.
            node = varint(1 << 3) + zigzag(id)
            node += varint(8 << 3) + zigzag(round(lat * 1e7)) + varint(9 << 3) + zigzag(round(lng * 1e7))
            nodes += data(1, node)
        for id, (refs, tags) in enumerate(self.ways, 1):
            way = number(1, id)
            way += data(2, b"".join(varint(text(k)) for k in tags))
            way += data(3, b"".join(varint(text(v)) for v in tags.values()))
            way += data(8, b"".join(zigzag(b - a) for a, b in zip([0] + refs, refs)))
            ways += data(3, way)
        block = data(1, b"".join(data(1, s) for s in strings)) + data(2, nodes) + data(2, ways)
        head = data(4, b"OsmSchema-V0.6") + data(16, b"quanxiangtuo tests")
        return blob("OSMHeader", head) + blob("OSMData", block)


def joined(a, b):
    (ax, ay), (bx, by) = sorted([a, b])
    river = ax < 250 < bx and ay != 1500
    terrace = ax == bx and min(ay, by) < -550 < max(ay, by) and -650 < ax < 250
    lake = any(-1500 < x < -1100 and 1100 < y < 1500 for x, y in (a, b))
    return not (river or terrace or lake)


def street_map():
    map = Map()
    every = range(-2000, 2001, STEP)
    map.grid(every, every, joined)
    map.way([(0, -600), (0, -500)], highway="steps")
    map.grid(range(4000, 5001, STEP), range(-500, 501, STEP))
    map.grid(range(4000, 4101, STEP), range(2000, 2101, STEP))
    return map


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(street_map().pbf())
