"""A crowd of short pieces: families of six siblings. One module writes a family, one seed a sibling."""

FAMILIES = (
    *("ragtime", "quartet", "chip", "funk", "dub", "phase"),
    *("musette", "swing", "synthwave", "guitar", "choir", "drums"),
)
SIBLINGS = range(1, 7)
