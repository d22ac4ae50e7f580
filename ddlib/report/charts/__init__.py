"""Small figures of a report, drawn as SVG in the page's own colours."""
