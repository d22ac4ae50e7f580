"""HTML of signatures and docstrings, whose names link to their entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from griffe import (
    Attribute,
    Class,
    DocstringReturn,
    Expr,
    ExprName,
    Function,
    Module,
    NameResolutionError,
    Parameter,
    ParameterKind,
)
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from ddlib.book.members import Entry, parameters

LONGEST = 60  # characters of a default or a value that is shown
FIELDS = {
    "parameters": "Args",
    "attributes": "Attributes",
    "returns": "Returns",
    "raises": "Raises",
}
FIELD = '<dt class="field-odd">{}</dt>\n<dd><ul>{}</ul></dd>\n'
END = '<span class="sig-end">){}</span>'
STARS = {ParameterKind.var_positional: "*", ParameterKind.var_keyword: "**"}


class Rendering:
    """Renders what a library says of itself.

    Args:
        places: address of each entry and module by its paths.
        modules: paths of the modules.
    """

    def __init__(self, places: Mapping[str, str], modules: Collection[str]) -> None:
        self._places, self._modules = places, modules
        self._markdown = MarkdownIt("commonmark").enable("table")
        self._markdown.use(dollarmath_plugin, renderer=_mathematics)

        def code_span(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
            return self._code_span(tokens[index].content, env["thing"])

        self._markdown.add_render_rule("code_inline", code_span)

    def docstring(self, thing: Module | Entry) -> str:
        """Return a docstring, with its sections as a list of fields.

        Args:
            thing: has it, or has none.
        """
        text = fields = ""
        for section in thing.docstring.parsed if thing.docstring else ():
            name = section.kind.value
            if name == "text":
                text += self._markdown.render(section.value, {"thing": thing})
            else:
                items = "".join(f"<li>{self._item(item, thing)}</li>\n" for item in section.value)
                fields += FIELD.format(FIELDS[name], items)
        return text + (f'<dl class="field-list">\n{fields}</dl>\n' if fields else "")

    def signature(self, entry: Entry) -> str:
        """Return what follows a name: arguments and result, or type and value.

        Args:
            entry: of any kind.
        """
        if isinstance(entry, Attribute):
            value = escape(str(entry.value or ""))
            typed = f": {self._code(entry.annotation)}" if entry.annotation else ""
            return typed + (f" = {value}" if 0 < len(value) <= LONGEST else "")
        taken = parameters(entry)
        kinds = [parameter.kind for parameter in taken]
        shown = [self._parameter(parameter) for parameter in taken]
        if ParameterKind.keyword_only in kinds and ParameterKind.var_positional not in kinds:
            shown.insert(kinds.index(ParameterKind.keyword_only), "*")
        if ParameterKind.positional_only in kinds:
            shown.insert(kinds.count(ParameterKind.positional_only), "/")
        commas = [", "] * (len(shown) - 1) + [""]
        arguments = "".join(map('<span class="sig-param">{}{}</span>'.format, shown, commas))
        if isinstance(entry, Class):
            return f"({arguments}{END.format('')}" if shown else ""
        returned = f" → {self._code(entry.returns)}" if entry.returns else ""
        return f"({arguments}{END.format(returned)}"

    def bases(self, entry: Entry) -> str:
        """Return what a class is derived from, but for what is private.

        Args:
            entry: if not a class, it is derived from nothing.
        """
        bases = entry.bases if isinstance(entry, Class) else []
        shown = ", ".join(self._code(base) for base in bases if not str(base).startswith("_"))
        return f"<p>Bases: <code>{shown}</code></p>\n" if shown else ""

    def _item(self, item: Any, thing: Module | Entry) -> str:
        """Return one argument, attribute, result or error of a docstring."""
        text = item.description
        is_return = isinstance(item, DocstringReturn)
        if is_return and str(item.annotation) != str(getattr(thing, "returns", None)):
            text = f"{item.annotation}: {text}"  # what stands before a colon is taken for a type
        text = self._markdown.renderInline(text, {"thing": thing})
        if is_return:
            return text
        name = getattr(item, "name", "") or self._code(item.annotation)
        return f"<strong>{name}</strong> – {text}"

    def _parameter(self, parameter: Parameter) -> str:
        """Return one argument of a signature."""
        kind, annotation, default = parameter.kind, parameter.annotation, parameter.default
        text, equals = f"{STARS.get(kind, '') if kind else ''}{parameter.name}", "="
        if annotation is not None and not str(annotation).startswith("Annotated["):
            text, equals = f"{text}: {self._code(annotation)}", " = "
        if default is None or kind in STARS:
            return text
        return text + equals + (escape(str(default)) if len(str(default)) <= LONGEST else "…")

    def _code(self, expression: str | Expr | None) -> str:
        """Return an annotation, whose names link to their entries."""
        if not isinstance(expression, Expr):
            return escape(expression or "")
        return "".join(
            self._link(part.canonical_path, escape(part.name))
            if isinstance(part, ExprName)
            else escape(str(part))
            for part in expression.iterate(flat=True)
        )

    def _link(self, path: str, shown: str) -> str:
        """Return a link to what has a place; else what is shown alone."""
        place = self._places.get(path)
        return f'<a class="reference internal" href="{place}">{shown}</a>' if place else shown

    def _code_span(self, text: str, thing: Module | Entry) -> str:
        """Return what stands in backticks; a name that means an entry links to it."""
        shown = f'<code class="docutils literal notranslate">{escape(text)}</code>'
        path = _resolved(thing, text)
        # `rows` alone is more often a value than the module.
        is_no_link = path == thing.path or (path in self._modules and "." not in text)
        return shown if is_no_link else self._link(path, shown)


def _mathematics(text: str, options: Mapping[str, Any]) -> str:
    """Return a formula in the brackets that MathJax looks for."""
    return (r"\[{}\]" if options["display_mode"] else r"\({}\)").format(escape(text))


def _resolved(thing: Module | Entry, name: str) -> str:
    """Return the path that a name has where a docstring stands; none for an argument's."""
    first, *rest = name.split(".")
    if not name.isascii() or not first.isidentifier():
        return ""
    if isinstance(thing, Function) and first in (p.name for p in thing.parameters):
        return ""
    try:
        return ".".join([thing.resolve(first), *rest])
    except NameResolutionError:
        return name
