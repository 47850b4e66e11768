"""Programs of our own making, to train on: the recorded ones are too few to tell what all programs share.

None copies a program of the recordings. `bezier`, `line` and `wind` (a mass drawn to its goal through gusts)
are the common ways to draw a path; `timed` is at each moment where a hand would be by then, so that a longer
interval holds a longer way; `replay` sends a recorded person's path again at a program's own pace.
"""

import io

import numpy as np

PATHS = ("bezier", "line", "wind", "timed")
PER_PATH = 300
REPLAYS_PER_GROUP = 120
EASES = (
    lambda u: u,
    lambda u: u * u * (3 - 2 * u),
    lambda u: u**3 * (10 - 15 * u + 6 * u * u),
    lambda u: 1 - (1 - u) ** 2,
    lambda u: u * u,
)


def intervals(random, count):
    """Milliseconds between one write of a position and the next: fixed, or with one of several jitters."""
    typical = random.choice([4, 8, 10, 12, 16, 16, 20, 33, 50]) * random.uniform(0.8, 1.2)
    noise = random.normal(0, 0.3, count)
    shape = random.integers(5)
    if shape == 0:
        times = typical + noise
    elif shape == 1:
        times = random.uniform(0.4 * typical, 1.6 * typical, count)
    elif shape == 2:
        times = random.normal(typical, 0.15 * typical, count)
    elif shape == 3:
        times = 0.6 * typical + random.exponential(0.4 * typical, count)
    else:
        times = typical + random.choice([0, 0, 0, 0.5 * typical, 1], count) + noise
    return np.maximum(times, 0.1)


def drawn(random, times, places):
    """What a page sees of positions that are written more often than frames are drawn."""
    frame = 1000 / random.choice([60, 60, 60, 62.5, 75, 144])
    number = np.floor(times / frame).astype(int)
    last = np.append(number[1:] != number[:-1], True)
    return (number[last] + 1) * frame + random.normal(0, 0.15, last.sum()), places[last]


def gusts(random, start, goal):
    place, speed, wind = start.copy(), np.zeros(2), np.zeros(2)
    pull, gust, fastest = random.uniform(5, 11), random.uniform(1, 6), random.uniform(5, 20)
    places = [start]
    for _ in range(600):
        way = goal - place
        left = np.hypot(*way)
        if left < 1.5:
            break
        wind = wind / np.sqrt(3)
        if left > 12:
            wind = wind + random.uniform(-1, 1, 2) * min(gust, left) / np.sqrt(5)
        else:
            fastest = max(3, fastest * 0.7)
        speed = speed + wind + pull * way / left / (3 if left > 12 else 1)
        size = np.hypot(*speed)
        if size > fastest:
            speed = speed / size * fastest * random.uniform(0.5, 1)
        place = place + speed
        places.append(place)
    return np.array(places)


def path(random, kind, start, goal, count, times):
    if kind == "wind":
        return gusts(random, start, goal)
    way = goal - start
    moments = times / times[-1] if kind == "timed" else np.linspace(0, 1, count)
    u = EASES[random.integers(len(EASES))](moments)[:, None]
    if kind == "line":
        return start + way * u
    across = np.array([-way[1], way[0]])
    one = start + way * random.uniform(0.1, 0.5) + across * random.normal(0, 0.25)
    two = start + way * random.uniform(0.5, 0.9) + across * random.normal(0, 0.25)
    return (1 - u) ** 3 * start + 3 * (1 - u) ** 2 * u * one + 3 * (1 - u) * u * u * two + u**3 * goal


def shaken(random, places):
    size = random.choice([0.3, 0.7, 1.5, 3])
    noise = random.normal(0, size, places.shape)
    shape = random.integers(4)
    if shape == 0:
        return places
    if shape == 1:
        return places + noise
    if shape == 2:
        return places + noise * (random.random((len(places), 1)) < random.uniform(0.1, 0.5))
    walk = np.cumsum(0.3 * noise, axis=0)
    return places + walk - np.linspace(0, 1, len(places))[:, None] * walk[-1]


def program(random, kind):
    now, times, places = 0.0, [], []
    place = random.uniform(100, 900, 2)
    while len(times) < 150:
        goal = random.uniform(50, 1000, 2)
        count = max(8, int(np.hypot(*(goal - place)) / random.uniform(2, 30)))
        after = np.cumsum(intervals(random, count))
        way = shaken(random, path(random, kind, place, goal, count, after))
        at = now + (after if len(way) == count else np.cumsum(intervals(random, len(way))))
        times, places = [*times, *at], [*places, *way]
        now, place = at[-1] + random.choice([20, 100, 300, 800]), goal
    return seen(random, np.array(times), np.array(places), 0.5)


def seen(random, times, places, share_drawn):
    """Positions as they are written, as a page sees them: in whole pixels, at frames, now and then twice."""
    if random.random() < 0.4:
        # The program was late to work out the next position, and wrote the last one again.
        late = np.flatnonzero(random.random(len(places)) < random.uniform(0.02, 0.2))
        places[late[late > 0]] = places[late[late > 0] - 1]
        return times, np.round(places)
    if random.random() < share_drawn:
        times, places = drawn(random, times, places)
    places = np.round(places)
    if random.random() < 0.5:
        # Many systems report nothing where nothing moved.
        moved = np.append(True, (np.diff(places, axis=0) != 0).any(axis=1))
        times, places = times[moved], places[moved]
    return times, places


def replay(random, places):
    if random.random() < 0.5:
        along = np.append(0, np.cumsum(np.hypot(*np.diff(places, axis=0).T)))
        count = max(40, min(2 * len(places), int(along[-1] / random.uniform(3, 20))))
        at = EASES[random.integers(3)](np.linspace(0, 1, count)) * along[-1]
        places = np.stack([np.interp(at, along, places[:, axis]) for axis in (0, 1)], axis=1)
    else:
        places = shaken(random, places)
    return seen(random, np.cumsum(intervals(random, len(places))), places.copy(), 0.3)


def traces(recorded, seed=11):
    """CSV for `tillseal signals values`. A replay's family names its group, so that both are held out together."""
    random = np.random.default_rng(seed)
    out = io.StringIO()
    out.write("trace,label,family,t_ms,event,x,y\n")

    def write(name, family, times, places):
        for time, (x, y) in zip(times, places):
            out.write(f"{name},bot,{family},{time:.1f},move,{x:.0f},{y:.0f}\n")

    for kind in PATHS:
        for number in range(PER_PATH):
            write(f"synthetic_{kind}-{number}", f"synthetic_{kind}", *program(random, kind))
    moves = recorded[recorded.event.str.startswith("move")]
    for group, own in moves[moves.family.str.startswith("human")].groupby("family"):
        parts = [
            (name, number, part)
            for name, trace in own.groupby("trace", sort=False)
            for number, part in enumerate(np.array_split(trace[["x", "y"]].to_numpy(), max(1, len(trace) // 160)))
            if len(part) >= 40
        ]
        for at in random.permutation(len(parts))[:REPLAYS_PER_GROUP]:
            name, number, places = parts[at]
            write(f"replay-{name}-{number}", f"replay_{group}", *replay(random, places))
    return out.getvalue()
