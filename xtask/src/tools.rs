//! Programs of crates.io that the chores call, pinned, installed once into `target/tools`.

use crate::sh;
use anyhow::Result;
use std::{fs, path::PathBuf};

/// A program, by its crate and version.
pub(crate) struct Tool(&'static str, &'static str);

pub(crate) const DENY: Tool = Tool("cargo-deny", "0.20.2");
pub(crate) const FUZZ: Tool = Tool("cargo-fuzz", "0.13.2");
pub(crate) const MACHETE: Tool = Tool("cargo-machete", "0.9.2");

impl Tool {
    /// The path of the program, which is built first unless this version is there.
    pub(crate) fn installed(&self) -> Result<PathBuf> {
        let Self(name, version) = self;
        let tools = sh::root().join("target/tools");
        let list = fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
        if !list.contains(&format!("\"{name} {version} (")) {
            let mut install = sh::cargo(["install", "--locked", "--root"]);
            install.arg(&tools).arg(format!("{name}@{version}"));
            sh::show(&format!("install {name} {version}, once, which takes some minutes"), &mut install)?;
        }
        Ok(tools.join("bin").join(name))
    }
}
