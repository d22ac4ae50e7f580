# Summaries of many files, here or on a cluster: `make summaries FOLDER=shards [PROFILE=…]`.
#
#   shards/x.csv --summarize--> first/x.csv.json --scale--> scale.json --summarize--> second/x.csv.json
#
# Each file of the folder is a site's table, or a shard of one that does not fit into memory; the
# summaries of the second round have one scale, on which their moments add up. What each leaves out
# lies in second/x.csv.txt, and is said at the end.

import shlex

FOLDER = Path(config["folder"])
SETTINGS = config.get("settings", "")
SUMMARIES = f"_build/summaries{FOLDER.resolve()}"  # whole, as two folders may have one name
ENDINGS = (".csv", ".tsv", ".parquet", ".pq")
PACKED = (".gz", ".bz2", ".xz", ".zip")


def is_table(path):
    """A table as the command reads it, compressed or not; not a note or a hidden file beside it."""
    plain = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return path.is_file() and path.name[0] != "." and plain.suffix.lower() in ENDINGS


TABLES = {path.name: str(path) for path in sorted(FOLDER.glob("*")) if is_table(path)}
if not TABLES:
    raise WorkflowError(f"FOLDER={FOLDER}: no file that ends in .csv, .tsv or .parquet")


def forget_others():
    """Remove what was made of tables that are gone, so that it is not merged."""
    for made in Path(SUMMARIES).glob("*/*.*"):
        if made.stem not in TABLES:
            made.unlink()


if workflow.is_main_process:
    forget_others()


onsuccess:
    if len(TABLES) > 1:
        told = Path(SUMMARIES, "scale.txt").read_text(encoding="utf-8").splitlines(keepends=True)
        print(*(line for line in told if line.startswith("warning: ")), sep="", end="")
    for table in TABLES:
        told = Path(SUMMARIES, "second", f"{table}.txt").read_text(encoding="utf-8")
        print(f"{table}: {told.partition(chr(10))[2]}", end="")
    print(f"Read them, and merge them: ddlib merge {shlex.quote(SUMMARIES)}/second/*.json")


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
        scale=f"{SUMMARIES}/scale.json",
        told=f"{SUMMARIES}/scale.txt",
    threads: 1
    shell:
        "python -m ddlib scale {input:q} --out {output.scale:q} >{output.told:q}"


rule second:
    input:
        table=lambda w: TABLES[w.table],
        scale=f"{SUMMARIES}/scale.json",
    output:
        summary=SUMMARIES + "/second/{table}.json",
        told=SUMMARIES + "/second/{table}.txt",
    params:
        settings=["--settings", SETTINGS] if SETTINGS else [],
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        "python -m ddlib summarize {input.table:q} {params.settings:q} --scale {input.scale:q} "
        "--out {output.summary:q} >{output.told:q}"


rule summaries:
    input:
        [f"{SUMMARIES}/second/{table}.json" for table in TABLES],
