//! `cargo xtask pkg`: builds what ships to browsers into `pkg/dist`, and says what it weighs.

use crate::sh;
use anyhow::{Context as _, Result};
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

/// What Chrome 111, Firefox 123 and Safari 16.4 know. `--all-features` would make a module that they cannot load.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-extended-const",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds `pkg/dist`.
pub(crate) fn build() -> Result<()> {
    npm_packages()?;
    let dist = sh::root().join("pkg/dist");
    let work = sh::root().join("target/pkg");
    fs::create_dir_all(&work)?;
    let module = compile("tillseal", &work)?;
    // Nothing of an earlier build is to be shipped with this one.
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    fs::copy(&module, dist.join("tillseal.wasm"))?;
    let sources = work.join("src");
    copy(&sh::root().join("pkg/src"), &sources)?;
    glue(&work, &sri(&dist.join("tillseal.wasm"))?)?;
    copy(&sources.join("lang"), &dist.join("lang"))?;
    scripts(&sources, &dist)?;
    with_module_inside(&work, &dist)?;
    types(&work, &dist)?;
    integrity(&dist)?;
    sizes(&dist)
}

/// Copies a folder; what is gone from the first is gone from the second.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to)? } else { fs::copy(from, to).map(drop)? }
    }
    Ok(())
}

/// Compiles a library crate to an optimised wasm file with its glue, and gives its path.
pub(crate) fn compile(package: &str, work: &Path) -> Result<PathBuf> {
    sh::step(&format!("compile {package} to wasm"), &mut cargo_wasm(package))?;
    let name = package.replace('-', "_");
    let compiled = sh::root().join(format!("target/browser/wasm32-unknown-unknown/wasm/{name}.wasm"));
    Bindgen::new()
        .input_path(compiled)
        .bundler(true)?
        .typescript(true)
        .keep_debug(false)
        .out_name(&name)
        .generate(work)?;
    let optimised = work.join(format!("{name}.wasm"));
    let strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
    let mut optimise = optimise(&work.join(format!("{name}_bg.wasm")), &optimised);
    sh::step(&format!("optimise {name}.wasm"), optimise.args(strip))?;
    Ok(optimised)
}

/// The module as it ships, but with the names of its functions.
pub(crate) fn named_module() -> Result<PathBuf> {
    let work = sh::root().join("target/pkg");
    let named = work.join("tillseal.named.wasm");
    sh::step(
        "optimise a copy that keeps its names",
        optimise(&work.join("tillseal_bg.wasm"), &named).arg("-g"),
    )?;
    Ok(named)
}

fn optimise(module: &Path, optimised: &Path) -> Command {
    let mut command = node_tool("wasm-opt");
    command
        .args(WASM_FEATURES)
        .args([
            "--flatten",
            "--rereloop",
            "--merge-similar-functions",
            // Measured: twice comes out smaller under brotli than until nothing changes.
            "-Oz",
            "-Oz",
            "--one-caller-inline-max-function-size=150",
            "--reorder-locals",
            "--reorder-functions",
        ])
        .arg(module)
        .arg("-o")
        .arg(optimised);
    command
}

/// The compiler of the pinned toolchain with three of its unstable options: core and alloc are built here, a panic is
/// a trap without a message, and no source location is kept. See docs/adr/0002-bytes.md for what that saves.
fn cargo_wasm(package: &str) -> Command {
    let mut cargo =
        sh::cargo(["build", "--lib", "--profile", "wasm", "--target", "wasm32-unknown-unknown"]);
    cargo
        .args(["--package", package, "--target-dir", "target/browser"])
        // What ships does without std; the vectors, which are read from JSON, do not.
        .arg(if package == "tillseal" { "-Zbuild-std=core,alloc" } else { "-Zbuild-std=std,panic_abort" })
        .arg("-Zbuild-std-features=optimize_for_size")
        // Not in Cargo.toml: wherever alloc is not built, cargo would warn of a profile for no package.
        .args(["--config", "profile.wasm.package.alloc.opt-level='s'"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            [
                "--cfg=aes_backend_soft=\"compact\"",
                "--cfg=sha2_backend_soft=\"compact\"",
                "-Zunstable-options",
                "-Cpanic=immediate-abort",
                "-Zlocation-detail=none",
                "-Zfmt-debug=none",
            ]
            .join("\u{1f}"),
        );
    cargo
}

/// What the shim takes from the generated glue: the class, and what the module imports.
const GLUE: &str = "\
import * as glue from './tillseal_bg.js'
export { Checkout, __wbg_set_wasm } from './tillseal_bg.js'
export const imports = { './tillseal_bg.js': glue }
";

/// The generated glue without what nobody calls, and the hash that the shim asks `fetch` to hold the module against.
fn glue(work: &Path, hash: &str) -> Result<()> {
    let entry = format!("{GLUE}export const integrity = '{hash}'\nexport const embedded = undefined\n");
    fs::write(work.join("glue.js"), entry)?;
    let declarations = fs::read_to_string(work.join("tillseal.d.ts"))?
        + "export const integrity: string\n\
           export const embedded: BufferSource | undefined\n\
           export const imports: WebAssembly.Imports\n\
           export function __wbg_set_wasm(exports: WebAssembly.Exports): void\n";
    let sources = work.join("src");
    fs::write(sources.join("glue.d.ts"), declarations)?;
    // Tests call the module by it, outside of a browser.
    fs::write(work.join("package.json"), "{ \"type\": \"module\" }\n")?;
    let bundle = ["--bundle", "--format=esm", "--log-level=warning"];
    let mut esbuild = node_tool("esbuild");
    esbuild.args(bundle).arg(work.join("glue.js"));
    esbuild.arg(format!("--outfile={}", sources.join("glue.js").display()));
    sh::step("bundle glue.js", &mut esbuild)?;
    Ok(())
}

/// What is loaded by itself, when it is needed: the stand-in for the module, and all languages but English.
fn on_demand() -> Result<Vec<String>> {
    let mut external = vec!["--external:./fallback.js".to_owned()];
    for entry in fs::read_dir(sh::root().join("pkg/src/lang"))? {
        let name = entry?.file_name();
        if name != "en.js" {
            external.push(format!("--external:./lang/{}", name.display()));
        }
    }
    Ok(external)
}

/// Bundles a script with all that it imports, and makes it small; its source map, which a page need not know of, is for whoever debugs it.
fn bundle(sources: &Path, entry: &str, name: &str, dist: &Path, how: &[&str]) -> Result<()> {
    let bundled = sources.join("bundled").join(name);
    let mut esbuild = node_tool("esbuild");
    esbuild
        .args(["--bundle", "--minify-syntax", "--target=es2022", "--charset=utf8", "--log-level=warning"])
        .arg("--sourcemap=inline")
        .args(on_demand()?)
        .args(how)
        .arg(sources.join(entry))
        .arg(format!("--outfile={}", bundled.display()));
    sh::step(&format!("bundle {name}"), &mut esbuild)?;
    // It makes 3 % less of the same bundle than esbuild does.
    let mut terser = node_tool("terser");
    terser
        .arg(bundled)
        // A directive that it does not know is one all the same: 'use client'.
        .args([
            "--compress",
            "passes=3,directives=false,unsafe_arrows=true,keep_fargs=false",
            "--mangle",
            "--ecma",
            "2020",
            "--source-map",
        ])
        .arg("content=inline")
        .arg("--output")
        .arg(dist.join(name));
    if !how.contains(&"--format=iife") {
        terser.arg("--module");
    }
    sh::step(&format!("minify {name}"), &mut terser)?;
    Ok(())
}

/// The ES modules.
fn scripts(sources: &Path, dist: &Path) -> Result<()> {
    for name in ["tillseal.js", "fallback.js", "react.js"] {
        bundle(
            sources,
            name,
            name,
            dist,
            &["--format=esm", "--external:react", "--external:./tillseal.js"],
        )?;
    }
    Ok(())
}

/// The same with the module inside instead of beside it: one file for a plain `<script>`, one for bundlers.
fn with_module_inside(work: &Path, dist: &Path) -> Result<()> {
    let inside = work.join("inside");
    copy(&work.join("src"), &inside)?;
    fs::copy(dist.join("tillseal.wasm"), inside.join("tillseal.wasm"))?;
    fs::copy(work.join("tillseal_bg.js"), inside.join("tillseal_bg.js"))?;
    let embedded = "export { default as embedded } from './tillseal.wasm'\nexport const integrity = ''\n";
    fs::write(inside.join("glue.js"), format!("{GLUE}{embedded}"))?;
    let classic = ["--loader:.wasm=binary", "--format=iife", "--global-name=tillseal"];
    let classic = [&classic[..], &["--define:import.meta.url=\"\""]].concat();
    bundle(&inside, "tillseal.js", "tillseal.classic.js", dist, &classic)?;
    bundle(&inside, "tillseal.js", "tillseal.inline.js", dist, &["--loader:.wasm=binary", "--format=esm"])
}

/// What `tsc` is told: no command line has `paths`, and npm's packages are not beside the sources.
const TSCONFIG: &str = r#"{
  "files": ["src/tillseal.js", "src/react.js"],
  "compilerOptions": {
    "allowJs": true, "checkJs": true, "strict": true, "declaration": true, "emitDeclarationOnly": true,
    "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "lib": ["esnext", "dom", "dom.iterable"],
    "rootDir": "src", "paths": { "react": ["../../tests/node_modules/@types/react"] }, "types": []
  }
}
"#;

/// Declarations come from the `JSDoc` of the sources, which `tsc --strict` checks on the way.
fn types(work: &Path, dist: &Path) -> Result<()> {
    let config = work.join("tsconfig.json");
    fs::write(&config, TSCONFIG)?;
    let types = dist.join("types");
    fs::create_dir_all(&types)?;
    fs::copy(work.join("src/glue.d.ts"), types.join("glue.d.ts"))?;
    let mut tsc = node_tool("tsc");
    sh::step("check and declare types", tsc.arg("--project").arg(config).arg("--outDir").arg(&types))?;
    Ok(())
}

/// What a page that pins the files needs: their hashes, in the form that `integrity` attributes have.
fn integrity(dist: &Path) -> Result<()> {
    let mut hashes = serde_json::Map::new();
    for name in ["fallback.js", "tillseal.classic.js", "tillseal.inline.js", "tillseal.js", "tillseal.wasm"]
    {
        hashes.insert(name.to_owned(), sri(&dist.join(name))?.into());
    }
    let mut text = serde_json::to_string_pretty(&hashes)?;
    text.push('\n');
    fs::write(dist.join("integrity.json"), text)?;
    Ok(())
}

/// The files that a page loads; their sum is what the budget is about.
const LOADED: [&str; 2] = ["tillseal.wasm", "tillseal.js"];

/// The sum of what a page loads, brotli -q 11, in bytes.
pub(crate) fn loaded_bytes() -> Result<usize> {
    let dist = sh::root().join("pkg/dist");
    LOADED.iter().map(|name| brotli(&fs::read(dist.join(name))?)).sum()
}

fn sizes(dist: &Path) -> Result<()> {
    println!("\n{:<22}{:>10}{:>10}{:>10}", "pkg/dist, in bytes", "raw", "gzip", "brotli");
    let row = |name: &str, sizes: [usize; 3]| {
        println!("{name:<22}{:>10}{:>10}{:>10}", sizes[0], sizes[1], sizes[2]);
    };
    let mut sum = [0; 3];
    for name in LOADED.into_iter().chain(["tillseal.classic.js"]) {
        let bytes = fs::read(dist.join(name))?;
        let sizes = [bytes.len(), gzip(&bytes)?, brotli(&bytes)?];
        if name == "tillseal.classic.js" {
            row("a page loads", sum);
        }
        row(name, sizes);
        for (sum, size) in sum.iter_mut().zip(sizes) {
            *sum += size;
        }
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn brotli(bytes: &[u8]) -> Result<usize> {
    let mut compressed = Vec::new();
    let options = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &options)?;
    Ok(compressed.len())
}

/// Subresource Integrity: `sha256-` and the hash in base64; a longer hash would be bytes that no compressor takes away.
fn sri(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(format!("sha256-{}", Base64::encode_string(&Sha256::digest(bytes))))
}

/// A tool of `tests/package.json`.
pub(crate) fn node_tool(name: &str) -> Command {
    sh::command(sh::root().join("tests/node_modules/.bin").join(name), [])
}

/// Installs the npm packages of the lock file, unless that was done.
pub(crate) fn npm_packages() -> Result<()> {
    let tests = sh::root().join("tests");
    let lock = tests.join("package-lock.json");
    let installed = tests.join("node_modules/.package-lock.json");
    let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    if modified(&installed) >= modified(&lock) {
        return Ok(());
    }
    let mut install = sh::command("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    sh::step("install npm packages", install.current_dir(tests))
        .context("Node.js 20 with npm is needed")?;
    Ok(())
}
