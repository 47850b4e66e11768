"""Trains the path model and prints its evaluation: python3 train.py pointer-traces.csv.gz

The values come from the program itself (`tillseal signals values`), so no second copy of the collector can
drift from it. Everything is seeded and single-threaded: the same traces give the same file, byte for byte.
"""

import io
import json
import pathlib
import subprocess
import sys

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import synthetic

HERE = pathlib.Path(__file__).resolve().parent
# Scores are judged per window and per trace, so the trees see every length; 0 is the whole trace.
LENGTHS = (30, 60, 120, 0)
# What one unit of a score in the data file is worth, in log-odds before calibration.
UNIT = 10_000
SEEDS = range(4)
TREES = 60
# What can only speak for a program, and what only for a person, is told to the trees: they need not learn from
# few families that more corners are never more human.
DIRECTIONS = {"stallShare": 1, "cornerShare": 1, "wayCorrelation": -1, "waySlope": -1}
# Programs of our own making count twice, being more varied than the recorded ones.
SYNTHETIC = 2


def program(*arguments, text=None):
    command = ["cargo", "run", "--quiet", "--release", "--package", "tillseal-server", "--bin", "tillseal", "--"]
    run = subprocess.run([*command, *arguments], check=True, stdout=subprocess.PIPE, cwd=HERE, input=text, text=True)
    return run.stdout


def windows(path):
    """One row a window of every length, with the names of the bucketed columns and of the raw ones."""
    made = synthetic.traces(pd.read_csv(path))
    tables = []
    for length in LENGTHS:
        window = ["--window", str(length)]
        recorded = program("signals", "values", str(path), *window)
        tables.append(pd.read_csv(io.StringIO(recorded)).assign(length=length, recorded=True))
        if length:
            own = program("signals", "values", "-", *window, text=made)
            tables.append(pd.read_csv(io.StringIO(own)).assign(length=length, recorded=False))
    table = pd.concat(tables, ignore_index=True)
    raw = [name for name in table if name.endswith("Raw")]
    # A replayed path is held out with the group that it was taken from.
    table["held_with"] = table.family.str.removeprefix("replay_")
    return table, [name.removesuffix("Raw") for name in raw], raw


def weights(families, power=0.5):
    """Programs weigh as much as people; within each, big families weigh more, but less than by their size."""
    families = np.asarray(families, dtype=str)
    weight = np.zeros(len(families))
    people = np.char.startswith(families, "human")
    for own in (people, ~people):
        _, place, count = np.unique(families[own], return_inverse=True, return_counts=True)
        weight[own] = (count**-power)[place]
        weight[own] /= weight[own].sum()
    return weight * len(families) / 2


def grow(table, columns):
    """Trees, each a list of nodes: [score] or [score, value, edge, right]; the left child comes next."""
    label = table.label.eq("bot").to_numpy().astype(int)
    weight = weights(table.family) * np.where(table.recorded, 1, SYNTHETIC)
    weight[label == 1] *= weight[label == 0].sum() / weight[label == 1].sum()
    directions = [DIRECTIONS.get(column.removesuffix("Raw"), 0) for column in columns]
    trees = []
    for seed in SEEDS:
        model = lightgbm.LGBMClassifier(
            n_estimators=TREES, learning_rate=0.1, num_leaves=12, min_child_samples=20, reg_lambda=5.0,
            colsample_bytree=0.6, subsample=0.7, subsample_freq=1, random_state=seed, monotone_constraints=directions,
            n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1,
        ).fit(table[columns].to_numpy(), label, sample_weight=weight)
        for tree in model.booster_.dump_model()["tree_info"]:
            trees.append(flat(tree["tree_structure"]))
    return trees


def flat(structure):
    nodes = []

    def visit(node):
        if "leaf_value" in node:
            score, weight = node["leaf_value"] / len(SEEDS) * UNIT, node.get("leaf_weight", 1)
            nodes.append([round(score)])
            return score * weight, weight
        at = len(nodes)
        nodes.append(None)
        left, left_weight = visit(node["left_child"])
        right_at = len(nodes)
        right, right_weight = visit(node["right_child"])
        weight = left_weight + right_weight
        # What is to be expected here: the change from node to node is what the split's value contributes.
        nodes[at] = [round((left + right) / weight), node["split_feature"], node["threshold"], right_at]
        return left + right, weight

    visit(structure)
    return nodes


def sums(trees, rows):
    """What the leaves add up to, as the program computes it."""
    total = np.zeros(len(rows))
    for nodes in trees:
        at = np.zeros(len(rows), dtype=int)
        inner = np.array([len(node) > 1 for node in nodes])
        score = np.array([node[0] for node in nodes])
        value = np.array([node[1] if len(node) > 1 else 0 for node in nodes])
        edge = np.array([node[2] if len(node) > 1 else 0 for node in nodes])
        right = np.array([node[3] if len(node) > 1 else 0 for node in nodes])
        while inner[at].any():
            down = np.where(rows[np.arange(len(rows)), value[at]] <= edge[at], at + 1, right[at])
            at = np.where(inner[at], down, at)
        total += score[at]
    return total


def platt(scored):
    """Slope and intercept of a logistic fitted on scores of families and groups that the trees had not seen."""
    label = scored.label.eq("bot").to_numpy().astype(int)
    fit = LogisticRegression(C=1e6).fit(
        scored[["score"]].to_numpy() / UNIT, label, sample_weight=weights(scored.family, power=1.0)
    )
    return round(float(fit.coef_[0, 0]) / UNIT, 10), round(float(fit.intercept_[0]), 6)


def main():
    import evaluate

    table, columns, raw = windows(pathlib.Path(sys.argv[1]).resolve())
    scored = evaluate.held_out(table, columns)
    slope, intercept = platt(scored)
    # Values are whole numbers: the whole part of an edge splits them the same way.
    trees = [
        [node if len(node) == 1 else [node[0], node[1], int(node[2] // 1), node[3]] for node in nodes]
        for nodes in grow(table, columns)
    ]
    data = {
        "version": 1,
        "about": f"{table.trace.nunique()} traces, {len(table)} windows of 30, 60, 120 and all events",
        "values": columns,
        "slope": slope,
        "intercept": intercept,
        "trees": trees,
    }
    (HERE / "path-model.json").write_text(json.dumps(data, separators=(",", ":")) + "\n")
    some = table.iloc[:: len(table) // 60][columns]
    odds = slope * sums(trees, some.to_numpy()) + intercept
    some.assign(logOdds=odds.round(6)).to_csv(HERE / "path-scores.csv", index=False, lineterminator="\n")
    evaluate.report(table, columns, raw, scored, (slope, intercept))


if __name__ == "__main__":
    main()
