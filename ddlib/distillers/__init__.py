"""Methods of distillation, one file each: formula, objective, step."""
