"""Pieces of a page that stands alone: escaped text, tables, and figures in SVG."""
