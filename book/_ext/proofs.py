"""List theorems and algorithms by number and title; sphinx-proof lists them by their labels."""

from collections import defaultdict

from docutils import nodes
from sphinx_proof.domain import ProofIndex


def _title(env, docname, label):
    """Return the title of a theorem, in its brackets; empty where it has none."""
    for node in env.get_doctree(docname).findall(nodes.Element):
        if label in node.get("ids", ()):
            title = next(node.findall(nodes.title), None)
            return title.astext().strip() if title else ""
    return ""


def _number(env, docname, kind, label):
    """Return the number of a theorem, as 2.1; empty where it has none."""
    numbers = env.toc_fignumbers.get(docname, {}).get(kind, {})
    return ".".join(map(str, numbers.get(label, ())))


def _entry(found):
    """Return what Sphinx shows of a theorem: name, level, page, place on it, chapter."""
    _, name, docname, label, chapter = found
    return name, 0, docname, label, chapter


def _generate(index, docnames=None):
    env, content = index.domain.env, defaultdict(list)
    for label, proof in getattr(env, "proof_list", {}).items():
        kind, docname = proof["realtype"], proof["docname"]
        number = _number(env, docname, proof["countertype"], label)
        name = " ".join(filter(None, (kind.capitalize(), number, _title(env, docname, label))))
        chapter = env.titles[docname].astext()
        order = [int(part) for part in number.split(".") if part]
        content[f"{kind.capitalize()}s"].append((order, name, docname, label, chapter))
    for kind, found in content.items():
        content[kind] = [(*entry, "", "") for entry in map(_entry, sorted(found))]
    return sorted(content.items()), True


def setup(app):
    """Register with Sphinx."""
    ProofIndex.generate = _generate
    ProofIndex.localname = "Theorems and algorithms"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
