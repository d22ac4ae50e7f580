"""The book's own tools: from notebook sources to executed pages and their provenance."""
