# From notebook sources to the rendered book:
#
#   notebooks/x.py --execute--> _build/executed/x.ipynb --weave--> _build/pages/x.ipynb --site--> html
#
# The data of a chapter's figures go beside the page, from _build/figures/x to figures/ of the site.
# A notebook is executed again when its code cells, its parameters (book/parameters.yml), the
# modules of ddlib that it imports, the stored rows that it reads or the lock change; prose is
# woven in afterwards. Sweeps are rules of the same kind, in sweeps.smk, and so are summaries of
# many files, in summaries.smk.

import fcntl
import json
from pathlib import Path

from ddlib.book.imports import library_files
from ddlib.book.project import read_parameters
from ddlib.runs.notebook import code_digest

CHAPTERS = sorted(glob_wildcards("notebooks/{chapter,[a-z0-9_]+}.py").chapter)
PROSE = [str(path) for path in sorted(Path("book").rglob("*")) if path.is_file()]
PROSE = [path for path in PROSE if not path.startswith(("book/results/", "book/parameters.yml"))]
STORED = sorted(map(str, Path("book/results").rglob("*.parquet")))
CLAIMS = sorted(map(str, Path("book").glob("claims.yml")))
# What the landing page includes as it is.
LANDING = ["_build/landing_verdicts.md", "_build/landing_enough.md"] if CLAIMS else []
LANDING += ["_build/landing_picture.md"] if "first_example" in CHAPTERS else []
LANDING += ["_build/landing_methods.md"] if "benchmark" in CHAPTERS else []
EVIDENCE = [*CLAIMS, *STORED, *sorted(map(str, Path("grids").glob("*.yml")))]
GRID = config.get("grid")
WHAT = "sweep" if GRID else "summaries" if config.get("folder") else "build"
GIVEN = read_parameters(Path("."), CHAPTERS) if WHAT == "build" else {}


def library_of(chapter):
    return library_files(Path(f"notebooks/{chapter}.py"), Path("."))


def stored_results(library):
    """The committed rows of the experiments that a chapter imports, packed and not yet packed.

    An experiment has the name of its module. A chapter on claims reads what the claims name.
    """
    if "ddlib/claims/evidence.py" in library:
        return EVIDENCE
    names = {Path(file).stem for file in library if file.startswith("ddlib/experiments/")}
    return [path for path in STORED if Path(path).stem in names or Path(path).parent.name in names]


wildcard_constraints:
    chapter="[a-z0-9_]+",


onstart:
    # Held until this process ends, however it ends: a second build at the same time stops here.
    Path("_build").mkdir(exist_ok=True)
    global build_lock
    build_lock = open(f"_build/.{WHAT}.lock", "w")
    try:
        fcntl.flock(build_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise WorkflowError(f"another {WHAT} of this book is running; wait for it to end")


rule book:
    # What lies on the way too: of a job that failed, Snakemake notes the inputs as used, and asks
    # no more for its output once a later file is there.
    input:
        expand(
            "_build/{made}/{chapter}.ipynb",
            made=["executed", "pages", "downloads"],
            chapter=CHAPTERS,
        ),
        "_build/provenance.md",
        "_build/experiments.md",
        ["_build/claims.md"] if CLAIMS else [],
        LANDING,
        "_build/reference",
        "_build/html/.buildinfo",


rule execute:
    input:
        source=ancient("notebooks/{chapter}.py"),
        library=lambda w: library_of(w.chapter),
        results=lambda w: stored_results(library_of(w.chapter)),
        lock="requirements.txt",
    output:
        "_build/executed/{chapter}.ipynb",
    params:
        # In place of the source's time stamp, which a changed sentence moves too.
        code=lambda w: code_digest(Path(f"notebooks/{w.chapter}.py")),
        given=lambda w: [f"{k}={json.dumps(v)}" for k, v in GIVEN[w.chapter].items()],
    shell:
        "python -m ddlib.book run {input.source} {params.given:q} --quiet --output {output}"


rule weave:
    input:
        source="notebooks/{chapter}.py",
        executed="_build/executed/{chapter}.ipynb",
    output:
        page="_build/pages/{chapter}.ipynb",
        download="_build/downloads/{chapter}.ipynb",
        figures=directory("_build/figures/{chapter}"),
    shell:
        "python -m ddlib.book weave {input} --page {output.page} --download {output.download}"
        " --figures {output.figures}"


rule provenance:
    input:
        executed=expand("_build/executed/{chapter}.ipynb", chapter=CHAPTERS),
        titles=expand("notebooks/{chapter}.py", chapter=CHAPTERS),
        order="_toc.yml",
    output:
        "_build/provenance.md",
    shell:
        "python -m ddlib.book provenance {input.executed} --output {output}"


rule experiments:
    input:
        STORED,
        sorted(str(path) for path in Path("ddlib/experiments").glob("*.py")),
        "ddlib/book/experiments.py",
        "ddlib/plots/numbers.py",
    output:
        "_build/experiments.md",
    shell:
        "python -m ddlib.book experiments --output {output}"


rule claims:
    input:
        EVIDENCE,
        lambda w: library_files(Path("ddlib/claims/verdict.py"), Path(".")),
        lambda w: library_files(Path("ddlib/book/enough.py"), Path(".")),
        "ddlib/book/landing.py",
    output:
        table="_build/claims.md",
        counts="_build/landing_verdicts.md",
        enough="_build/landing_enough.md",
    shell:
        "python -m ddlib.book claims --output {output.table} --counts {output.counts}"
        " --enough {output.enough}"


rule picture:
    input:
        "ddlib/book/landing.py",
        executed="_build/executed/first_example.ipynb",
    output:
        "_build/landing_picture.md",
    shell:
        "python -m ddlib.book picture {input.executed} --output {output}"


rule methods:
    input:
        "ddlib/book/landing.py",
        executed="_build/executed/benchmark.ipynb",
    output:
        "_build/landing_methods.md",
    shell:
        "python -m ddlib.book methods {input.executed} --output {output}"


rule reference:
    input:
        sorted(str(path) for path in Path("ddlib").rglob("*.py")),
    output:
        directory("_build/reference"),
    shell:
        "python -m ddlib.book reference --output {output}"


rule site:
    # Always from an empty folder: an incremental Sphinx run forgets the warnings of the last one.
    # The pages that readers have open are replaced only by those that were built to the end, so
    # the output is a file that no reader opens: Snakemake removes it before the job.
    input:
        PROSE,
        "_config.yml",
        "_toc.yml",
        tables=["_build/provenance.md", "_build/experiments.md"]
        + (["_build/claims.md"] if CLAIMS else []),
        landing=LANDING,
        reference="_build/reference",
        pages=expand("_build/pages/{chapter}.ipynb", chapter=CHAPTERS),
        downloads=expand("_build/downloads/{chapter}.ipynb", chapter=CHAPTERS),
        figures=expand("_build/figures/{chapter}", chapter=CHAPTERS),
    output:
        "_build/html/.buildinfo",
    shell:
        """
        rm -rf _build/source _build/site && mkdir -p _build/source/notebooks
        mkdir _build/source/downloads _build/source/library
        cp -R book _config.yml _toc.yml _build/source
        cp {input.pages} _build/source/notebooks
        cp {input.downloads} _build/source/downloads
        mkdir _build/source/book/_root/figures
        find {input.figures} -name '*.csv' -exec cp {{}} _build/source/book/_root/figures ';'
        for table in {input.tables}; do
            cp $table _build/source/book/$(basename $table .md)_table.md
        done
        for piece in {input.landing}; do cp $piece _build/source/book; done
        cp {input.reference}/*.md _build/source/library
        rm -rf _build/source/book/results
        python -m ddlib.book site _build/source --output _build/site
        rm -rf _build/html && mv _build/site/_build/html _build/html
        rm -rf _build/site
        """


if WHAT == "sweep":

    include: "sweeps.smk"

elif WHAT == "summaries":

    include: "summaries.smk"
