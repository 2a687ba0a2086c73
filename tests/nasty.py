"""What no page of ours sends to a player, but anything else might; `KEY` stands for the key of its sound."""

KEY = "the key of the sound"
GOOD = {"sound": KEY, "at": 0, "frames": 1000}
NO_PLACES = (-1, -(2**63), 2**32, 2**63, 10**400, 0.0, 0.5, 1e300, float("nan"), float("inf"), float("-inf"))
NO_NUMBERS = (None, True, False, "", "0", "first", b"0", [], [0], {}, {"at": 0})
NO_SOUNDS = ("another", "", "\0", "../secret", KEY * 50_000, None, 0, True, [], [KEY], {KEY: KEY})
MESSAGES = [
    *({key: value for key, value in GOOD.items() if key != missing} for missing in GOOD),
    *(GOOD | {key: value} for key in ("at", "frames") for value in NO_PLACES + NO_NUMBERS),
    *(GOOD | {"sound": value} for value in NO_SOUNDS),
    *(GOOD | wrong for wrong in ({"frames": 0}, {"at": 10**9}, {"frames": 10**9}, {"offset": 0, "__proto__": None})),
    *({}, {"sound": KEY}, {"sound": KEY, "offset": 0}, {KEY: KEY}),
    *(None, True, 5, 0.5, KEY, "", b"sound", [], [GOOD], [KEY, 0, 1000], [["sound", KEY], ["at", 0]]),
]
