"""Running and storing: the command line, sweeps, the store of rows, packs and the audit."""
