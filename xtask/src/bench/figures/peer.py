"""The eight figures, asked of another engine over the same Parquet files, with two threads.

usage: peer.py ENGINE FOLDER TIMES, where ENGINE is duckdb or chdb

Prints one JSON a figure: milliseconds of each time after a first, and the answer.
"""

import json
import sys
import time

THREADS = 2

# By name: the SQL of a figure. {month}(date) is the text of a month, {day}(date) of a day,
# {nth}(list, n) the nth of a sorted list.
FIGURES = {
    "national_monthly_trend": """
        SELECT {month} AS k, sum(value * weight) AS v FROM facts
        WHERE measure = 'nasional.m01' AND date BETWEEN '2021-01-01' AND '2025-12-31'
        GROUP BY k HAVING sum(weight) <> 0""",
    "regencies_in_a_month": """
        SELECT office AS k, sum(value * weight) AS v FROM facts
        WHERE measure = 'nasional.m01' AND date BETWEEN '2024-03-01' AND '2024-03-31'
        GROUP BY k HAVING sum(weight) <> 0""",
    "top_20_growth": """
        SELECT office AS k,
            sum(CASE WHEN date < '2025-01-01' THEN -value * weight ELSE value * weight END) AS v
        FROM facts
        WHERE measure = 'nasional.m02' AND date BETWEEN '2024-01-01' AND '2025-12-31'
        GROUP BY k HAVING sum(weight) <> 0 ORDER BY v DESC, k LIMIT 20""",
    "drill_down_province": """
        SELECT f.office AS k1, {month} AS k2, sum(value * weight) AS v
        FROM facts AS f JOIN offices AS o ON f.office = o.office
        WHERE measure = 'nasional.m03' AND date BETWEEN '2024-01-01' AND '2024-12-31'
            AND o.province = 32
        GROUP BY k1, k2 HAVING sum(weight) <> 0""",
    "measures_by_month": """
        SELECT measure AS k1, {month} AS k2, sum(value * weight) AS v FROM facts
        WHERE measure BETWEEN 'nasional.m01' AND 'nasional.m12'
            AND date BETWEEN '2025-01-01' AND '2025-12-31'
        GROUP BY k1, k2 HAVING sum(weight) <> 0""",
    "reporting_offices_by_day": """
        SELECT {day} AS k, sum(value * weight) AS v FROM facts
        WHERE measure = 'nasional.harian:received'
            AND date BETWEEN '2025-01-01' AND '2025-12-31'
        GROUP BY k HAVING sum(weight) <> 0""",
    "percentile_of_regencies": """
        SELECT k, {nth} AS v FROM (
            SELECT {month} AS k, office, sum(value * weight) AS s FROM facts
            WHERE measure = 'nasional.m04' AND date BETWEEN '2025-01-01' AND '2025-12-31'
            GROUP BY k, office HAVING sum(weight) <> 0
        ) AS sums GROUP BY k""",
    "categories_by_province": """
        SELECT d0 AS k1, o.province AS k2, sum(value * weight) AS v
        FROM facts AS f JOIN offices AS o ON f.office = o.office
        WHERE measure = 'nasional.m01' AND date BETWEEN '2025-01-01' AND '2025-12-31'
        GROUP BY k1, k2 HAVING sum(weight) <> 0""",
}


class DuckDb:
    WORDS = {
        "month": "strftime(date_trunc('month', date), '%Y-%m')",
        "day": "strftime(date, '%Y-%m-%d')",
        "nth": "list_sort(list(s))[(count(*) * 9 + 9) // 10]",
    }

    def __init__(self, folder):
        import duckdb

        self.connection = duckdb.connect(config={"threads": THREADS})
        self.connection.execute(
            f"CREATE VIEW facts AS SELECT * FROM read_parquet('{folder}/segments/*.parquet')"
        )
        self.connection.execute(
            f"CREATE TABLE offices AS SELECT * FROM read_csv('{folder}/offices.csv')"
        )

    def ask(self, sql):
        return self.connection.execute(sql).fetchall()


class ChDb:
    WORDS = {
        "month": "formatDateTime(toStartOfMonth(date), '%Y-%m')",
        "day": "toString(date)",
        "nth": "arrayElement(arraySort(groupArray(s)), intDiv(count() * 9 + 9, 10))",
    }

    def __init__(self, folder):
        from chdb import session

        self.session = session.Session()
        self.session.query("CREATE DATABASE bench")
        self.session.query(
            "CREATE VIEW bench.facts AS SELECT * FROM "
            f"file('{folder}/segments/*.parquet', 'Parquet')"
        )
        self.session.query(
            "CREATE TABLE bench.offices ENGINE = Memory AS SELECT * FROM "
            f"file('{folder}/offices.csv', 'CSVWithNames')"
        )

    def ask(self, sql):
        sql = sql.replace("FROM facts", "FROM bench.facts").replace(
            "JOIN offices", "JOIN bench.offices"
        )
        settings = f" SETTINGS max_threads = {THREADS}"
        text = str(self.session.query(sql + settings, "JSONCompactEachRow"))
        return [json.loads(line) for line in text.splitlines() if line]


def answer(name, rows):
    """As ours: keys as text and a whole number, in order."""
    lines = [[[str(key) for key in row[:-1]], int(row[-1])] for row in rows]
    return lines if name == "top_20_growth" else sorted(lines)


def main():
    engine, folder, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    engine = {"duckdb": DuckDb, "chdb": ChDb}[engine](folder)
    for name, sql in FIGURES.items():
        sql = sql.format(**engine.WORDS)
        first = answer(name, engine.ask(sql))
        taken = []
        for _ in range(times):
            begin = time.perf_counter()
            engine.ask(sql)
            taken.append((time.perf_counter() - begin) * 1000)
        print(json.dumps({"figure": name, "ms": taken, "answer": first}), flush=True)


main()
