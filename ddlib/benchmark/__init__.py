"""Methods side by side on one task, at equal budgets: validation rows choose, test rows report."""
