"""Builds the office tables of crates/domain/data from npm packages and three small tables here.

    python3 tools/offices/build.py NODE_MODULES [--check]

NODE_MODULES holds idn-area-data@4.0.1. Writes offices.csv (the tree carried back to its first
day) and events.csv (what changed since). With --check it writes nothing and fails if the
committed tables differ. Needs Python 3.9 and nothing else.
"""

import csv
import io
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / "crates" / "domain" / "data"
COLUMNS = ["id", "level", "code", "bps", "name", "parent", "utc_offset_minutes"]
CENTRE = 1
CENTRE_NAME = "Ditjen Politik dan Pemerintahan Umum"
WIB, WITA, WIT = 420, 480, 540

# The four provinces of 2022: date, act, and the province that each was split from.
DIVISIONS = {
    "93": ("2022-07-25", "UU 14/2022", "91"),
    "94": ("2022-07-25", "UU 15/2022", "91"),
    "95": ("2022-07-25", "UU 16/2022", "91"),
    "96": ("2022-12-08", "UU 29/2022", "92"),
}
# Names that changed: code, date, act, the name before.
RENAMED = [("12.12", "2020-02-26", "PP 14/2020", "Kabupaten Toba Samosir")]
# The only two provinces whose BPS code is not their Kemendagri code.
BPS_PROVINCES = {"91": "94", "92": "91"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def utc_offset(code):
    """Minutes, by province: western, central and eastern Indonesian time."""
    province = int(code[:2])
    if province < 50 or province in (61, 62):
        return WIB
    return WITA if province < 80 else WIT


def identity(code):
    """The digits of the code of today: frozen, never derived again when a code changes."""
    return int(code.replace(".", ""))


def offices_of_today(packages):
    source = packages / "idn-area-data" / "data"
    bps = {row["code"]: row["bps"] for row in read(HERE / "bps.csv")}
    rows = [(CENTRE, "centre", "", "", CENTRE_NAME, "", WIB)]
    for row in read(source / "provinces.csv"):
        code = row["code"]
        number = "" if code in DIVISIONS else BPS_PROVINCES.get(code, code)
        rows.append((identity(code), "province", code, number, row["name"], CENTRE, utc_offset(code)))
    for row in read(source / "regencies.csv"):
        code = row["code"]
        parent = identity(row["province_code"])
        rows.append((identity(code), "regency", code, bps[code], row["name"], parent, utc_offset(code)))
    return [dict(zip(COLUMNS, row)) for row in rows]


def carry_back(today):
    """Undoes the changes: the rows of the first day, and the changes that lead to today."""
    before = {row["code_until_2022"]: row["code"] for row in read(HERE / "recoded_2022.csv")}
    after = {new: old for old, new in before.items()}
    base, changes = [], []
    for office in today:
        code = office["code"]
        if code in DIVISIONS:
            date, basis, source = DIVISIONS[code]
            changes.append((date, basis, 0, dict(office, change="found", **{"from": source})))
            continue
        if code in after:
            old = after[code]
            date, basis, source = DIVISIONS[code[:2]]
            assert old.startswith(source), (code, old)
            change = dict(id=office["id"], change="change", code=code, parent=office["parent"])
            changes.append((date, basis, 1, change))
            office = dict(office, code=old, parent=identity(source))
        for renamed, date, basis, name in RENAMED:
            if renamed == code:
                changes.append((date, basis, 1, dict(id=office["id"], change="change", name=office["name"])))
                office = dict(office, name=name)
        base.append(office)
    rank = ["centre", "province", "regency"]
    base.sort(key=lambda o: (rank.index(o["level"]), o["code"]))
    changes.sort(key=lambda c: (c[0], c[1], c[2], c[3]["id"]))
    events = [dict(change, date=date, basis=basis) for date, basis, _, change in changes]
    return base, events


def table(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    base, events = carry_back(offices_of_today(pathlib.Path(sys.argv[1])))
    tables = {
        "offices.csv": table(COLUMNS, base),
        "events.csv": table(["date", "basis", "change", *COLUMNS, "from"], events),
    }
    for name, text in tables.items():
        path = DATA / name
        if "--check" in sys.argv:
            if path.read_text(encoding="utf-8") != text:
                sys.exit(f"{path} is not what its sources give: run build.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(HERE.parent.parent)}: {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
