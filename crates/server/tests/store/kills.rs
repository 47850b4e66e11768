//! `kill -9` loses nothing: a small soak. The whole is `cargo xtask soak`.

use crate::{
    soak::{self, Outcome, Plan},
    support::Database,
};
use std::{env, process::Command, time::Duration};

/// Where the workers begin: this binary again, with a variable.
#[test]
fn worker() {
    soak::work_if_asked().unwrap();
}

fn soak(database: &Database) -> Outcome {
    let plan = Plan {
        url: database.url.clone(),
        ids: 2000,
        window: 32,
        pause: (Duration::from_millis(50), Duration::from_millis(250)),
        limit: Duration::from_mins(2),
    };
    let program = || {
        let mut command = Command::new(env::current_exe()?);
        command.args(["--exact", "kills::worker", "--quiet"]);
        Ok(command)
    };
    soak::conduct(&plan, program, |_, _, _| ()).unwrap()
}

#[test]
fn sqlite_accepts_each_id_once() {
    let outcome = soak(&Database::sqlite());
    assert!(outcome.is_exactly_once() && outcome.kills > 0, "{outcome:?}");
}

#[test]
fn postgres_accepts_each_id_once() {
    if let Some(database) = Database::postgres() {
        let outcome = soak(&database);
        assert!(outcome.is_exactly_once() && outcome.kills > 0, "{outcome:?}");
    }
}
