"""How the path model does on families of programs and groups of people that it was not trained on."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import linkage
import train


def detected(truth, score, false_alarms=0.01):
    """The share of programs above the score that one person in a hundred exceeds."""
    threshold = np.quantile(score[truth == 0], 1 - false_alarms, method="higher")
    return (score[truth == 1] > threshold).mean()


def held_out(table, columns):
    """Scores of every pair of a program family and a human group by a model that has seen neither."""
    families = table.family.unique()
    bots = sorted(name for name in families if name.startswith("bot"))
    people = sorted(name for name in families if name.startswith("human"))
    scored = []
    for bot in bots:
        for group in people:
            trees = train.grow(table[~table.held_with.isin([bot, group])], columns)
            unseen = table.family.isin([bot, group])
            pair = table.loc[unseen, ["trace", "label", "family", "index", "length"]].copy()
            pair["score"] = train.sums(trees, table.loc[unseen, columns].to_numpy())
            scored.append(pair.assign(bot=bot, group=group))
    return pd.concat(scored, ignore_index=True)


def by_family(scored, length):
    rows = []
    for bot, of_bot in scored[scored.length == length].groupby("bot"):
        truth = of_bot.label.eq("bot").to_numpy().astype(int)
        score = of_bot.score.to_numpy()
        pairs = []
        for _, pair in of_bot.groupby("group"):
            t = pair.label.eq("bot").to_numpy().astype(int)
            pairs.append((roc_auc_score(t, pair.score), detected(t, pair.score.to_numpy())))
        auc, caught = np.mean(pairs, axis=0)
        rows.append((bot, roc_auc_score(truth, score), detected(truth, score), auc, caught, min(pairs)[0]))
    names = ["family", "pooled AUC", "pooled TPR@1%", "mean AUC", "mean TPR@1%", "least AUC"]
    return pd.DataFrame(rows, columns=names).set_index("family").round(4)


def replayed(scored):
    """One score a trace, as `tillseal signals replay` computes it: half of the whole, half of its windows of 30."""
    keys = ["bot", "group", "trace"]
    whole = scored[scored.length == 0]
    windows = scored[scored.length == 30].groupby(keys).score.mean().rename("windows").reset_index()
    both = whole.merge(windows, on=keys, how="left")
    both["score"] = (both.score + both.windows.fillna(both.score)) / 2
    return both


def calibrated(scored, platt):
    """Brier score and expected calibration error (ten bins), every family and group weighing the same."""
    slope, intercept = platt
    chance = 1 / (1 + np.exp(-(slope * scored.score.to_numpy() + intercept)))
    truth = scored.label.eq("bot").to_numpy().astype(float)
    weight = train.weights(scored.family, power=1.0)
    brier = np.average((chance - truth) ** 2, weights=weight)
    bins = np.minimum((chance * 10).astype(int), 9)
    error = 0.0
    for at in np.unique(bins):
        inside = bins == at
        gap = np.average(chance[inside], weights=weight[inside]) - np.average(truth[inside], weights=weight[inside])
        error += abs(gap) * weight[inside].sum() / weight.sum()
    return brier, error


def report(table, columns, raw, scored, platt):
    """Prints everything that is claimed of the model."""
    unbucketed = held_out(table, raw)
    for length, what in ((30, "windows of 30 events"), (0, "whole traces")):
        print(f"\n## {what}, program family and human group unseen, as sent (bucketed)")
        print(by_family(scored, length).to_string())
        print(f"\n## {what}, the same numbers unbucketed")
        print(by_family(unbucketed, length).to_string())
    print("\n## traces as `signals replay` scores them, program family and human group unseen")
    print(by_family(replayed(scored), 0).to_string())
    parts = (scored[scored.length == 30], scored[scored.length == 0], replayed(scored))
    for part, what in zip(parts, ("windows of 30", "whole traces", "traces as replayed")):
        brier, error = calibrated(part, platt)
        print(f"\nCalibration, {what}, held out, classes balanced: Brier {brier:.4f}, ECE {error:.4f}")
    people = table[(table.length == 30) & table.family.str.startswith("human")]
    trace, group = people.trace.to_numpy(), people.family.to_numpy()
    print("\n## Linkage: equal error rate, two windows of one trace against two of one group")
    for name, rate in linkage.linkage(people[columns].to_numpy(), trace, group).items():
        print(f"{name:16} {rate:.3f}")
    print("\n## Bits of each value among people: entropy, and told of the trace within its group")
    for column in columns:
        entropy, told = linkage.bits(people[column].to_numpy(), trace, group)
        print(f"{column:16} {entropy:.2f} {told:.3f}")
