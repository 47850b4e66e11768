//! Full decisions over HTTP, on SQLite and on PostgreSQL, by one process and by four: `decisions [SECONDS]`.
//!
//! Starts everything itself: the program `tillseal` and the example `load` of the same build, and a PostgreSQL of its own. Each
//! process opens, claims, assesses and records; the load runs on the same cores. Prints one JSON line for each run: 1,000 a
//! second first, as many as there can be then; and, as the floor of both, how long this disk takes to flush 4 KiB.

use std::{
    env,
    error::Error,
    fs::File,
    io::{BufRead as _, BufReader},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

#[path = "../tests/support/postgres.rs"]
#[expect(dead_code, reason = "the tests stop it and start it again")]
mod postgres;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ORIGIN: &str = "https://shop.example";

/// Requests a second, as the target says it.
const RATE: &str = "1000";

fn main() -> Result<()> {
    let seconds = env::args().nth(1).unwrap_or_else(|| String::from("10"));
    println!(r#"{{"flush":{:.3}}}"#, flush(Path::new("."))?);
    let cluster = postgres::Cluster::start()?;
    for (store, processes) in [("sqlite", 1), ("postgres", 1), ("sqlite", 4), ("postgres", 4)] {
        let directory = tempfile::tempdir_in(".")?;
        let url = match (store, &cluster) {
            ("sqlite", _) => format!("sqlite:{}", directory.path().join("store.db").display()),
            (_, Some(cluster)) => cluster.database()?,
            (_, None) => continue,
        };
        let servers = Servers::start(directory.path(), &url, processes)?;
        for (rate, connections) in [(RATE, "16"), ("0", "32")] {
            // A moment to warm up, and to let the run before settle.
            load(&["1", RATE, "16"], &servers.addresses)?;
            thread::sleep(Duration::from_millis(500));
            let seen = load(&[&seconds, rate, connections], &servers.addresses)?;
            let seen = seen.trim_end().trim_start_matches('{');
            println!(r#"{{"store":"{store}","processes":{processes},"rate":{rate},{seen}"#);
        }
    }
    Ok(())
}

/// Several `tillseal serve` on one store, killed when dropped.
struct Servers {
    children: Vec<Child>,
    addresses: Vec<String>,
}

impl Servers {
    fn start(directory: &Path, url: &str, processes: usize) -> Result<Self> {
        let keys = directory.join("keys");
        Command::new(program("tillseal")?).args(["keys", "new", "--keys"]).arg(&keys).output()?;
        let config = directory.join("tillseal.toml");
        // The rate of a caller is what is measured here, not what is limited.
        let limits = "[limits]\nrequests_per_second = 0\n";
        std::fs::write(&config, format!("listen = \"127.0.0.1:0\"\norigins = [\"{ORIGIN}\"]\n{limits}"))?;
        let mut servers = Self { children: Vec::new(), addresses: Vec::new() };
        for _ in 0..processes {
            let log = File::create(directory.join(format!("log-{}.jsonl", servers.children.len())))?;
            let mut child = Command::new(program("tillseal")?)
                .args(["serve", "--config"])
                .arg(&config)
                .arg("--keys")
                .arg(&keys)
                .env("TILLSEAL_STORE_URL", url)
                .stdout(Stdio::piped())
                .stderr(log)
                .spawn()?;
            let stdout = child.stdout.take().ok_or("no stdout")?;
            servers.children.push(child);
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line)?;
            let address = line.trim_end().rsplit("http://").next().ok_or("no address")?;
            servers.addresses.push(address.to_owned());
        }
        Ok(servers)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn load(arguments: &[&str], addresses: &[String]) -> Result<String> {
    let output = Command::new(program("examples/load")?).args(arguments).args(addresses).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Something of the same build as this example.
fn program(name: &str) -> Result<PathBuf> {
    let this = env::current_exe()?;
    Ok(this.parent().and_then(Path::parent).ok_or("no directory")?.join(name))
}

/// The median time of a write of 4 KiB until it is on the disk, in milliseconds.
fn flush(directory: &Path) -> Result<f64> {
    let file = tempfile::tempfile_in(directory)?;
    let mut times = Vec::new();
    for block in 0..200 {
        file.write_all_at(&[1; 4096], block * 4096)?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
