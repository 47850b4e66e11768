"""What the values tell of the person: can two windows be recognised as one person's, and in how many bits?"""

import lightgbm
import numpy as np
from sklearn.metrics import roc_curve

FOLDS = 5
PAIRS_PER_TRACE = 12


def equal_error_rate(truth, score):
    false_alarms, hits, _ = roc_curve(truth, score)
    at = np.argmin(np.abs(false_alarms - (1 - hits)))
    return (false_alarms[at] + 1 - hits[at]) / 2


def pairs(trace, group, random):
    """Rows of two windows of one trace, and as many of two traces of one group."""
    rows, other, same = [], [], []
    by_trace = {name: np.flatnonzero(trace == name) for name in np.unique(trace)}
    by_group = {name: np.flatnonzero(group == name) for name in np.unique(group)}
    for own in by_trace.values():
        if len(own) < 2:
            continue
        strangers = by_group[group[own[0]]]
        strangers = strangers[trace[strangers] != trace[own[0]]]
        if len(strangers) == 0:
            continue
        for _ in range(min(PAIRS_PER_TRACE, len(own) * (len(own) - 1) // 2)):
            one, two = random.choice(own, 2, replace=False)
            rows += [one, one]
            other += [two, random.choice(strangers)]
            same += [1, 0]
    return np.array(rows), np.array(other), np.array(same)


def linkage(values, trace, group):
    """Equal error rates of a classifier that has never seen the traces: a dict by group, and `pooled`."""
    random = np.random.default_rng(1)
    names = np.unique(trace)
    fold = dict(zip(names, random.permutation(len(names)) % FOLDS))
    fold = np.array([fold[name] for name in trace])
    truth, score, of_group = [], [], []
    for held in range(FOLDS):
        parts = []
        for chosen in (np.flatnonzero(fold != held), np.flatnonzero(fold == held)):
            one, two, same = pairs(trace[chosen], group[chosen], random)
            a, b = values[chosen][one].astype(float), values[chosen][two].astype(float)
            parts.append((np.hstack([np.abs(a - b), a + b, a * b]), same, group[chosen][one]))
        (seen, seen_same, _), (unseen, same, where) = parts
        attacker = lightgbm.LGBMClassifier(
            n_estimators=150, learning_rate=0.05, num_leaves=15, min_child_samples=20,
            colsample_bytree=0.5, random_state=1, n_jobs=1, deterministic=True, verbose=-1,
        ).fit(seen, seen_same)
        truth.append(same)
        score.append(attacker.predict_proba(unseen)[:, 1])
        of_group.append(where)
    truth, score, of_group = map(np.concatenate, (truth, score, of_group))
    rates = {name: equal_error_rate(truth[of_group == name], score[of_group == name]) for name in np.unique(of_group)}
    return rates | {"pooled": equal_error_rate(truth, score)}


def entropy(*columns):
    _, counts = np.unique(np.stack(columns), axis=1, return_counts=True)
    share = counts / counts.sum()
    return -(share * np.log2(share)).sum()


def bits(value, trace, group):
    """The entropy of a value among people, and what it tells of the trace within its group.

    Few windows a trace make any value look telling, so what shuffled traces tell is taken off.
    """
    random = np.random.default_rng(1)
    told, weight = 0.0, 0
    for name in np.unique(group):
        v, t = value[group == name], np.unique(trace[group == name], return_inverse=True)[1]

        def mutual(t):
            return entropy(v) + entropy(t) - entropy(v, t)

        by_chance = np.mean([mutual(random.permutation(t)) for _ in range(20)])
        told += len(v) * max(mutual(t) - by_chance, 0.0)
        weight += len(v)
    return entropy(value), told / weight
