//! The whole of "exactly once" under `kill -9`: `cargo xtask soak [--ids N] [--store sqlite|postgres|both]`.
//!
//! 1,000,000 ids, each offered by 8 workers in 4 processes, to PostgreSQL and to SQLite. Ends with 1 where anything is wrong.

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, reason = "others stop it too")]
mod postgres;
#[path = "../tests/support/soak.rs"]
mod soak;

use clap::{Parser, ValueEnum};
use postgres::Cluster;
use soak::{Failure, Outcome, Plan};
use std::{
    env,
    process::{Command, ExitCode},
    time::Duration,
};

#[derive(Parser)]
struct Options {
    /// How many distinct ids are offered
    #[arg(long, default_value_t = 1_000_000)]
    ids: u32,
    /// Which store
    #[arg(long, value_enum, default_value_t = Which::Both)]
    store: Which,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Sqlite,
    Postgres,
    Both,
}

fn main() -> Result<ExitCode, Failure> {
    if soak::work_if_asked()? {
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::parse();
    let mut is_right = true;
    if options.store != Which::Sqlite {
        let cluster = Cluster::start()?.ok_or("PostgreSQL is missing")?;
        is_right &= soak("PostgreSQL", cluster.database()?, options.ids)?;
    }
    if options.store != Which::Postgres {
        let directory = tempfile::tempdir()?;
        is_right &=
            soak("SQLite", format!("sqlite:{}", directory.path().join("store").display()), options.ids)?;
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn soak(store: &str, url: String, ids: u32) -> Result<bool, Failure> {
    println!("{store}: {ids} ids");
    let plan = Plan {
        url,
        ids,
        window: 256,
        pause: (Duration::from_millis(300), Duration::from_millis(1700)),
        // Twenty times as long as it takes.
        limit: Duration::from_mins(2) + Duration::from_millis(5) * ids,
    };
    let program = || env::current_exe().map(Command::new);
    let outcome = soak::conduct(&plan, program, |answers, all, kills| {
        println!("  {:>3} %: {answers} of {all} answers, {kills} kills", answers * 100 / all.max(1));
    })?;
    let Outcome { ids, offers, once, twice, lost, unwritten, unexplained, errors, kills, seconds } =
        &outcome;
    #[allow(clippy::cast_precision_loss, reason = "to be read by people")]
    let rate = *offers as f64 / seconds;
    println!(
        "  ids                                           {ids}
  offers answered, by 8 workers in 4 processes  {offers}
  accepted exactly once                         {once}
  accepted twice                                {twice}
  answered but lost                             {lost}
  accepted, the answer lost by a kill           {unwritten}
    of these without a kill that explains it    {unexplained}
  offers that failed and were made again        {errors}
  kill -9                                       {kills}
  seconds                                       {seconds:.1}
  offers per second                             {rate:.0}"
    );
    let is_right = outcome.is_exactly_once();
    println!("  {}\n", if is_right { "exactly once" } else { "WRONG" });
    Ok(is_right)
}
