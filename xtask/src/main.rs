//! The project's chores: `cargo xtask demo | test | check | pkg | bench | fuzz | signals | soak`.

mod bench;
mod budget;
mod check;
mod codes;
mod demo;
mod fuzz;
mod layers;
mod machine;
mod pkg;
mod report;
mod sh;
mod signals;
mod soak;
mod test;
mod tools;

use anyhow::anyhow;
use std::{env, process::ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--listen ADDRESS]  builds everything and serves the demo shop, on 127.0.0.1:8080 by default
  test                     check, then every test: Rust, wasm, browsers, other languages
  check                    format, lints, layers, licences, docs, types, unused dependencies, size budget
  pkg                      builds pkg/dist: the module for browsers, with its sizes
  bench                    measures us and our peers in one run and writes docs/performance.md
  fuzz [SECONDS]           fuzzes the parser and the opener, 60 seconds each by default
  signals                  writes the tables of docs/signals.md from docs/signals.json
  soak [--ids N] [--store sqlite|postgres|both]
                           a million ids to each store, under kill -9: each accepted exactly once?";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("demo") => demo::run(arguments),
        Some("test") => test::run(),
        Some("check") => check::run(),
        Some("pkg") => pkg::build().map(|()| ExitCode::SUCCESS),
        Some("bench") => bench::run(),
        Some("signals") => signals::write().map(|()| ExitCode::SUCCESS),
        Some("soak") => soak::run(arguments),
        Some("fuzz") => fuzz::run(arguments.next().as_deref()),
        Some(other) if other != "help" => Err(anyhow!("there is no command {other:?}\n\n{USAGE}")),
        _ => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
    };
    match done {
        Ok(code) => code,
        // The backtrace of a failed tool would bury what the tool said.
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
