"""How many random examples a test tries."""

from hypothesis import settings


def examples(count: int) -> settings:
    """Try `count` random examples in `make test`, and as many times more as others in a profile."""
    factor = settings().max_examples / settings.get_profile("ddlib").max_examples
    return settings(max_examples=round(count * factor))
