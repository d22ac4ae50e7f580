# Summaries of many files, here or on a cluster: `make summaries FOLDER=shards [PROFILE=…]`.
#
#   shards/x.csv --summarize--> first/x.csv.json --scale--> scale.json --summarize--> second/x.csv.json
#
# Each file of the folder is a site's table, or a shard of one that does not fit into memory; the
# summaries of the second round have one scale, on which their moments add up.

FOLDER = Path(config["folder"])
SETTINGS = config.get("settings", "")
SUMMARIES = f"_build/summaries/{FOLDER.name}"
ENDINGS = ("csv", "tsv", "parquet")


def is_table(path):
    """A table as the command reads it, compressed or not; not a note that lies beside it."""
    return path.is_file() and any(f".{ending}" in path.suffixes for ending in ENDINGS)


TABLES = {path.name: str(path) for path in sorted(FOLDER.glob("*")) if is_table(path)}
if not TABLES:
    raise WorkflowError(f"FOLDER={FOLDER}: no file that ends in .csv, .tsv or .parquet")


wildcard_constraints:
    table="[^/]+",


rule first:
    input:
        lambda w: TABLES[w.table],
    output:
        SUMMARIES + "/first/{table}.json",
    params:
        settings=["--settings", SETTINGS] if SETTINGS else [],
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        "python -m ddlib summarize {input:q} {params.settings:q} --out {output:q} >/dev/null"


rule scale:
    input:
        [f"{SUMMARIES}/first/{table}.json" for table in TABLES],
    output:
        f"{SUMMARIES}/scale.json",
    threads: 1
    shell:
        "python -m ddlib scale {input:q} --out {output:q} >/dev/null"


rule second:
    input:
        table=lambda w: TABLES[w.table],
        scale=f"{SUMMARIES}/scale.json",
    output:
        SUMMARIES + "/second/{table}.json",
    params:
        settings=["--settings", SETTINGS] if SETTINGS else [],
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        "python -m ddlib summarize {input.table:q} {params.settings:q} --scale {input.scale:q} "
        "--out {output:q} >/dev/null"


rule summaries:
    input:
        [f"{SUMMARIES}/second/{table}.json" for table in TABLES],
