//! The path model: a sum of small trees over the buckets of the group `path`. `crates/server/model` grows it from recorded traces.
//!
//! Everything in the data file is an integer, so that a score is the same on every machine: the sum over the
//! trees is exact, and only the last step, from odds to a probability, is not.

use serde::Deserialize;
use std::sync::OnceLock;
use tillseal_protocol::signals::path::SCALES;

/// How many values the model reads.
const VALUES: usize = SCALES.len();

/// Trees that `train.py` grew.
#[derive(Debug)]
pub struct Model {
    trees: Vec<Vec<Node>>,
    /// What all roots add up to: the sum when nothing is known of any value.
    root: i64,
    slope: f64,
    intercept: f64,
}

/// Why a data file is not one that this evaluator can use.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not the JSON that `train.py` writes.
    #[error("not a path model: {0}")]
    Json(#[from] serde_json::Error),
    /// Trained on other values than the collector yields.
    #[error("trained on other values than these pages send; run train.py again")]
    Values,
    /// A node that points backwards or out of its tree, or to a value that there is not.
    #[error("tree {0} is broken")]
    Tree(usize),
}

/// The data file. A node is `[score]` or `[score, value, edge, right]`; the left child comes next.
#[derive(Deserialize)]
struct File {
    values: Vec<String>,
    /// Of the logistic calibration (Platt): log-odds = slope * sum + intercept.
    slope: f64,
    intercept: f64,
    trees: Vec<Vec<Vec<i64>>>,
}

#[derive(Debug)]
struct Node {
    /// The expectation here, in the file's unit.
    score: i64,
    split: Option<Split>,
}

#[derive(Debug)]
struct Split {
    value: usize,
    /// Values up to this one go left.
    edge: i64,
    right: usize,
}

impl Model {
    /// The model that ships with the program, parsed once.
    ///
    /// # Errors
    /// [`ModelError`] if the program was built with a data file that does not belong to its collector.
    pub fn shipped() -> Result<&'static Self, ModelError> {
        static SHIPPED: OnceLock<Model> = OnceLock::new();
        if let Some(model) = SHIPPED.get() {
            return Ok(model);
        }
        let model = Self::parse(include_str!("../../model/path-model.json"))?;
        Ok(SHIPPED.get_or_init(|| model))
    }

    /// Reads a data file of `train.py`.
    ///
    /// # Errors
    /// [`ModelError`] if it is not one, or was trained on other values than `SCALES` names.
    pub fn parse(json: &str) -> Result<Self, ModelError> {
        let File { values, slope, intercept, trees } = serde_json::from_str(json)?;
        if !values.iter().map(String::as_str).eq(SCALES.iter().map(|scale| scale.name)) {
            return Err(ModelError::Values);
        }
        let trees = trees
            .iter()
            .enumerate()
            .map(|(place, nodes)| tree(nodes).ok_or(ModelError::Tree(place)))
            .collect::<Result<Vec<_>, _>>()?;
        let root = trees.iter().map(|tree| tree[0].score).sum();
        Ok(Self { trees, root, slope, intercept })
    }

    /// The log-odds that contributions are counted from: what is expected before any value is looked at.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.slope * as_f64(self.root) + self.intercept
    }

    /// The natural logarithm of the odds of a program against a person, at even odds beforehand.
    #[must_use]
    pub fn log_odds(&self, values: &[u16; VALUES]) -> f64 {
        self.base() + self.contributions(values).iter().sum::<f64>()
    }

    /// What each value, in the order of `SCALES`, adds to the log-odds.
    ///
    /// A value is given the change at each of its splits on the way from root to leaf (Saabas), so the contributions add up to the
    /// log-odds less [`Model::base`].
    #[must_use]
    pub fn contributions(&self, values: &[u16; VALUES]) -> [f64; VALUES] {
        let mut changes = [0; VALUES];
        for tree in &self.trees {
            descend(tree, values, &mut changes);
        }
        changes.map(|change| self.slope * as_f64(change))
    }
}

/// The probability, 0 to 1, that log-odds stand for.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

fn descend(tree: &[Node], values: &[u16; VALUES], changes: &mut [i64; VALUES]) {
    let mut at = 0;
    while let Some(Split { value, edge, right }) = &tree[at].split {
        let next = if i64::from(values[*value]) <= *edge { at + 1 } else { *right };
        changes[*value] += tree[next].score - tree[at].score;
        at = next;
    }
}

/// A tree whose every step leads forward and ends within it: descending needs no checks after that.
fn tree(nodes: &[Vec<i64>]) -> Option<Vec<Node>> {
    let node = |(at, node): (usize, &Vec<i64>)| match node[..] {
        [score] => Some(Node { score, split: None }),
        [score, value, edge, right] => {
            let (value, right) = (usize::try_from(value).ok()?, usize::try_from(right).ok()?);
            let leads_forward = right > at && right < nodes.len() && at + 1 < nodes.len();
            (value < VALUES && leads_forward)
                .then_some(Node { score, split: Some(Split { value, edge, right }) })
        }
        _ => None,
    };
    let tree = nodes.iter().enumerate().map(node).collect::<Option<Vec<_>>>()?;
    (!tree.is_empty()).then_some(tree)
}

/// Sums stay far below 2^53, where every integer is an `f64`.
#[expect(clippy::cast_precision_loss, reason = "sums of a few thousand scores of at most six digits")]
fn as_f64(sum: i64) -> f64 {
    sum as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::{Model, ModelError, VALUES};
    use tillseal_protocol::signals::path::SCALES;

    /// Values and log-odds as `train.py` computes them.
    fn scored() -> impl Iterator<Item = ([u16; VALUES], f64)> {
        include_str!("../../model/path-scores.csv").lines().skip(1).map(|line| {
            let (values, log_odds) = line.rsplit_once(',').expect("values, then log-odds");
            let mut cells = values.split(',').map(|cell| cell.parse().expect("a bucket"));
            (
                std::array::from_fn(|_| cells.next().expect("as many as there are scales")),
                log_odds.parse().expect("a number"),
            )
        })
    }

    #[test]
    fn the_program_and_its_training_agree() {
        let model = Model::shipped().expect("the shipped model");
        assert!(scored().count() >= 50);
        for (values, trained) in scored() {
            let log_odds = model.log_odds(&values);
            assert!((log_odds - trained).abs() < 1e-6, "{values:?}: {log_odds}, trained {trained}");
        }
    }

    #[test]
    fn odd_values_have_a_finite_score() {
        let model = Model::shipped().expect("the shipped model");
        for value in [0, 1, 100, u16::MAX] {
            assert!(model.log_odds(&[value; VALUES]).is_finite());
        }
    }

    /// A data file of these trees, in JSON.
    fn file(trees: &str) -> String {
        let values: Vec<_> = SCALES.iter().map(|scale| format!("\"{}\"", scale.name)).collect();
        format!(r#"{{"values":[{}],"slope":1,"intercept":0,"trees":{trees}}}"#, values.join(","))
    }

    #[test]
    fn a_value_up_to_the_edge_goes_left() {
        let model = Model::parse(&file("[[[2,0,4,2],[-3],[7]]]")).expect("one tree");
        let odds = |value| {
            let mut values = [0; VALUES];
            values[0] = value;
            model.log_odds(&values)
        };
        assert_eq!((odds(0), odds(4), odds(5)), (-3.0, -3.0, 7.0));
        assert_eq!(model.base(), 2.0);
    }

    #[test]
    fn broken_trees_are_refused() {
        for broken in [
            "[[]]",
            "[[[0,0,4]]]",
            "[[[0,0,4,2],[1]]]",
            "[[[0,0,4,0],[1],[2]]]",
            "[[[0,99,4,2],[1],[2]]]",
            "[[[0,-1,4,2],[1],[2]]]",
        ] {
            assert!(matches!(Model::parse(&file(broken)), Err(ModelError::Tree(0))), "{broken}");
        }
        assert!(matches!(Model::parse("{}"), Err(ModelError::Json(_))));
        let renamed = file("[]").replace("cornerShare", "corner");
        assert!(matches!(Model::parse(&renamed), Err(ModelError::Values)));
    }
}
