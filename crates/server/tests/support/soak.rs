//! Exactly once, under `kill -9`: each id is offered by every worker, while their processes are killed at random and restarted.
//!
//! A worker appends to a file of its own what it begins and what the store answers, by one `write` each, which a killed process cannot
//! lose once it has returned. At the end the files say how often each id was accepted, and the store, asked once more, says which
//! ids it holds.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tillseal_protocol::Jti;
use tillseal_server::store::{self, Claim, ClaimId, Claimed, Store};
use tokio::{runtime, task::JoinSet, time};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// The variable that makes a process one of ours: `url`, directory, number, ids and window, each on a line.
const VARIABLE: &str = "TILLSEAL_SOAK_WORKER";
const PROCESSES: u32 = 4;
/// Workers of a process.
const WORKERS: u32 = 2;
/// The claims expire in the year 2096.
const EXPIRES: u64 = 4_000_000_000;

/// What is to be done.
pub(crate) struct Plan {
    /// The store, which is empty.
    pub(crate) url: String,
    /// How many distinct ids there are.
    pub(crate) ids: u32,
    /// How many of them a worker offers at a time.
    pub(crate) window: u32,
    /// The pause between two kills, at the least and at the most.
    pub(crate) pause: (Duration, Duration),
    /// When it is given up.
    pub(crate) limit: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) ids: u32,
    /// Offers that were answered.
    pub(crate) offers: u64,
    /// Ids of which one answer, among all, was that they are fresh.
    pub(crate) once: u32,
    /// Ids of which more than one answer was that they are fresh.
    pub(crate) twice: u32,
    /// Ids that were answered, and that the store does not hold.
    pub(crate) lost: u32,
    /// Ids that the store holds and nobody was told are fresh, because the worker was killed before it could write that down.
    pub(crate) unwritten: u32,
    /// The same, but without a killed worker or a store's error that explains it.
    pub(crate) unexplained: u32,
    /// Offers that the store could not answer: they were made again.
    pub(crate) errors: u64,
    pub(crate) kills: u32,
    pub(crate) seconds: f64,
}

impl Outcome {
    /// Whether each id was accepted once, and remembered.
    pub(crate) fn is_exactly_once(&self) -> bool {
        self.twice == 0
            && self.lost == 0
            && self.unexplained == 0
            && self.once + self.unwritten == self.ids
            && self.offers >= u64::from(self.ids) * u64::from(PROCESSES * WORKERS)
    }
}

/// Works and ends, where this process was started to do so.
pub(crate) fn work_if_asked() -> Result<bool, Failure> {
    let Ok(assignment) = env::var(VARIABLE) else { return Ok(false) };
    let fields: Vec<&str> = assignment.lines().collect();
    let [url, directory, process, ids, window] = fields[..] else {
        return Err("half an assignment".into());
    };
    let (process, ids, window): (u32, u32, u32) = (process.parse()?, ids.parse()?, window.parse()?);
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let store = store::connect(url).await?;
        let worker = |number| {
            worker(Arc::clone(&store), file(directory.as_ref(), process * WORKERS + number), ids, window)
        };
        tokio::try_join!(worker(0), worker(1))?;
        store.close().await?;
        Ok(true)
    })
}

fn file(directory: &Path, worker: u32) -> PathBuf {
    directory.join(format!("worker{worker}"))
}

/// What a worker writes down: a letter and the number of an id.
const LENGTH: usize = 5;
const RESTARTED: u8 = b'r';
/// The ids from here to the end of the window are offered, as far as there is no answer yet.
const OFFERED: u8 = b'o';
const FRESH: u8 = b'f';
const TAKEN: u8 = b't';
const ERROR: u8 = b'e';

fn records(bytes: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    bytes.chunks_exact(LENGTH).map(|record| {
        let id = u32::from_le_bytes([record[1], record[2], record[3], record[4]]);
        (record[0], id as usize)
    })
}

fn claim(id: u32) -> Vec<Claim> {
    let mut bytes = [0; 16];
    // Spread as random ids are: the multiplier is odd, so that no two are the same.
    let spread = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&spread.to_be_bytes());
    bytes[12..].copy_from_slice(&id.to_be_bytes());
    vec![Claim { id: ClaimId::payload(&Jti::from_random(bytes)), expires: EXPIRES }]
}

async fn worker(store: Arc<dyn Store>, file: PathBuf, ids: u32, window: u32) -> Result<(), Failure> {
    let mut answered = vec![false; ids as usize];
    let before = fs::read(&file).unwrap_or_default();
    for (letter, id) in records(&before) {
        if matches!(letter, FRESH | TAKEN) {
            answered[id] = true;
        }
    }
    let mut file = File::options().create(true).append(true).open(file)?;
    // What the kill may have cut off.
    file.set_len((before.len() / LENGTH * LENGTH) as u64)?;
    let mut write = |letter: u8, id: u32| {
        let [a, b, c, d] = id.to_le_bytes();
        file.write_all(&[letter, a, b, c, d])
    };
    write(RESTARTED, 0)?;
    for start in (0..ids).step_by(window as usize) {
        let mut open: Vec<u32> =
            (start..ids.min(start + window)).filter(|id| !answered[*id as usize]).collect();
        if !open.is_empty() {
            write(OFFERED, start)?;
        }
        while !open.is_empty() {
            let mut offers = JoinSet::new();
            for id in open {
                let store = Arc::clone(&store);
                offers.spawn(async move { (id, store.claim(claim(id)).await) });
            }
            let mut again = Vec::new();
            while let Some(offer) = offers.join_next().await {
                let (id, answer) = offer?;
                let letter = match answer {
                    Ok(Claimed::Fresh) => FRESH,
                    Ok(Claimed::Taken(_)) => TAKEN,
                    Ok(Claimed::Forgotten) => return Err("forgotten, though nothing was".into()),
                    Err(_) => ERROR,
                };
                write(letter, id)?;
                if letter == ERROR {
                    again.push(id);
                }
            }
            if !again.is_empty() {
                time::sleep(Duration::from_millis(50)).await;
            }
            open = again;
        }
    }
    Ok(())
}

/// The running processes; killed with the value that holds them.
struct Processes(Vec<Option<Child>>);

impl Drop for Processes {
    fn drop(&mut self) {
        for child in self.0.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Does all of it. `program` is a command that comes to [`work_if_asked`]; `progress` is told, every few seconds, how many answers
/// and kills there were so far, and of how many answers.
pub(crate) fn conduct(
    plan: &Plan,
    program: impl Fn() -> io::Result<Command>,
    mut progress: impl FnMut(u64, u64, u32),
) -> Result<Outcome, Failure> {
    let directory = TempDir::new()?;
    let spawn = |number: usize| {
        let Plan { url, ids, window, .. } = plan;
        let assignment = format!("{url}\n{}\n{number}\n{ids}\n{window}", directory.path().display());
        program()?.env(VARIABLE, assignment).stdin(Stdio::null()).stdout(Stdio::null()).spawn()
    };
    let start = Instant::now();
    let mut processes = Processes(Vec::new());
    for number in 0..PROCESSES as usize {
        processes.0.push(Some(spawn(number)?));
    }
    let total = u64::from(plan.ids) * u64::from(PROCESSES * WORKERS);
    let mut kills = 0;
    let mut next_kill = start + random(plan.pause)?;
    let mut next_report = start + Duration::from_secs(5);
    loop {
        for process in &mut processes.0 {
            if let Some(child) = process
                && let Some(status) = child.try_wait()?
            {
                if !status.success() {
                    return Err(format!("a worker ended with {status}").into());
                }
                *process = None;
            }
        }
        let running: Vec<usize> =
            (0..processes.0.len()).filter(|number| processes.0[*number].is_some()).collect();
        if running.is_empty() {
            break;
        }
        if start.elapsed() > plan.limit {
            return Err("it took too long, and was given up".into());
        }
        if Instant::now() >= next_kill {
            let number = running[getrandom::u32()? as usize % running.len()];
            if let Some(child) = &mut processes.0[number] {
                child.kill()?;
                // One that was faster has ended by itself.
                if child.wait()?.success() {
                    processes.0[number] = None;
                } else {
                    kills += 1;
                    processes.0[number] = Some(spawn(number)?);
                }
            }
            next_kill = Instant::now() + random(plan.pause)?;
        }
        if Instant::now() >= next_report {
            let sizes = (0..PROCESSES * WORKERS).map(|worker| fs::metadata(file(directory.path(), worker)));
            let written: u64 = sizes.flatten().map(|file| file.len() / LENGTH as u64).sum();
            progress(written.min(total), total, kills);
            next_report = Instant::now() + Duration::from_secs(5);
        }
        sleep(Duration::from_millis(5));
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut outcome = compare(plan, directory.path())?;
    outcome.kills = kills;
    outcome.seconds = seconds;
    Ok(outcome)
}

fn random((least, most): (Duration, Duration)) -> Result<Duration, Failure> {
    let share = f64::from(getrandom::u32()?) / f64::from(u32::MAX);
    Ok(least + most.saturating_sub(least).mul_f64(share))
}

/// Holds what the workers wrote down against each other and against the store.
fn compare(plan: &Plan, directory: &Path) -> Result<Outcome, Failure> {
    let ids = plan.ids as usize;
    let mut outcome = Outcome { ids: plan.ids, ..Outcome::default() };
    let mut accepted = vec![0_u8; ids];
    // That nobody was told can be: an offer was under way at a kill, or failed.
    let mut may_be_unwritten = vec![false; ids];
    for worker in 0..PROCESSES * WORKERS {
        let mut answered = vec![false; ids];
        let mut offered = 0..0;
        for (letter, id) in records(&fs::read(file(directory, worker))?) {
            match letter {
                RESTARTED => {
                    offered.clone().filter(|id| !answered[*id]).for_each(|id| may_be_unwritten[id] = true);
                    offered = 0..0;
                }
                OFFERED => offered = id..ids.min(id + plan.window as usize),
                ERROR => {
                    outcome.errors += 1;
                    may_be_unwritten[id] = true;
                }
                FRESH | TAKEN => {
                    outcome.offers += 1;
                    answered[id] = true;
                    accepted[id] = accepted[id].saturating_add(u8::from(letter == FRESH));
                }
                other => return Err(format!("a worker wrote down {other}").into()),
            }
        }
    }

    let held = held(plan)?;
    for id in 0..ids {
        match accepted[id] {
            0 if held[id] => {
                outcome.unwritten += 1;
                outcome.unexplained += u32::from(!may_be_unwritten[id]);
            }
            0 => {}
            1 => outcome.once += 1,
            _ => outcome.twice += 1,
        }
        outcome.lost += u32::from(!held[id]);
    }
    Ok(outcome)
}

/// Which ids the store holds: those that it does not accept any more.
fn held(plan: &Plan) -> Result<Vec<bool>, Failure> {
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let store = store::connect(&plan.url).await?;
        let mut held = vec![false; plan.ids as usize];
        for start in (0..plan.ids).step_by(1000) {
            let mut offers = JoinSet::new();
            for id in start..plan.ids.min(start + 1000) {
                let store = Arc::clone(&store);
                offers.spawn(async move { (id, store.claim(claim(id)).await) });
            }
            while let Some(offer) = offers.join_next().await {
                let (id, answer) = offer?;
                held[id as usize] = answer? != Claimed::Fresh;
            }
        }
        store.close().await?;
        Ok(held)
    })
}
