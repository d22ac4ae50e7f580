"""Tools of the book: execute the notebooks, weave prose and outputs, report provenance."""

import sys

# jsonschema, behind every notebook library, loads a grammar of internationalised web addresses for
# a check that no notebook asks for. It takes 2 s of each process; None is Python's "not installed".
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]
