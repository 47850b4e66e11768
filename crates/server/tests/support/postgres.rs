//! A PostgreSQL of our own: a private cluster in a temporary directory, reached by a socket in it, gone with the process that
//! started it. Used by several test binaries and examples, each of which includes this file.
//!
//! Nothing but the standard library is needed, so that any of them can. What Debian's package starts on port 5432 is left alone.

use std::{
    env, fs, io,
    io::Write as _,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio, id},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// Starts the server, and ends it: with the signal whose name it reads, or, once the process that holds the other end of its input is
/// gone, however that ended, at once and with all that is in the directory; but first its files are left where the search after all
/// tests looks, if there is such a place.
const GUARD: &str = r#"
trap '' INT TERM HUP
directory=$1 place=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
read -r signal <&3
kill "-${signal:-QUIT}" $server
wait $server
[ "$signal" ] && exit
if [ "$place" ]; then
    mkdir "$place/part"
    cp -R -- "$directory/data/base" "$directory/data/pg_wal" "$directory/log" "$place/part" && mv "$place/part" "$place/whole"
fi
rm -rf -- "$directory"
"#;

/// The variable that names the directory where files are to be left.
const KEEP: &str = "TILLSEAL_TEST_KEEP";

/// How long the server may take to start or to stop.
const PATIENCE: Duration = Duration::from_mins(1);

static CLUSTERS: AtomicU32 = AtomicU32::new(0);

/// A running server.
pub(crate) struct Cluster {
    directory: PathBuf,
    /// Where its files are to be left.
    place: Option<PathBuf>,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    guard: Mutex<Option<Child>>,
    databases: AtomicU32,
}

/// How a server stops.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// Connections are cut, then everything is written: what `systemctl restart postgresql` does.
    Fast,
    /// As if the power had failed: the next start recovers from the log.
    Crash,
}

impl Cluster {
    /// Makes and starts a cluster; `None`, told on standard error, where PostgreSQL is missing.
    ///
    /// # Errors
    /// What a program of PostgreSQL said; under `CI=true` also that it is missing.
    pub(crate) fn start() -> io::Result<Option<Self>> {
        let Some(programs) = programs() else {
            let missing = "PostgreSQL is missing: apt-get install postgresql";
            if env::var_os("CI").is_some_and(|ci| ci == "true") {
                return Err(io::Error::other(missing));
            }
            eprintln!("\n  SKIPPED: {missing}\n");
            return Ok(None);
        };
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        // Short: the path of a socket has at most 107 bytes.
        let directory = env::temp_dir().join(format!("tillseal-pg-{}-{number}", id()));
        fs::create_dir(&directory)?;
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
        let user = unprivileged()?;
        if let Some((user, group)) = user {
            chown(&directory, Some(user), Some(group))?;
        }
        let place =
            env::var_os(KEEP).map(|keep| Path::new(&keep).join(format!("postgres-{}-{number}", id())));
        if let Some(place) = &place {
            fs::create_dir(place)?;
            if let Some((user, group)) = user {
                chown(place, Some(user), Some(group))?;
            }
        }

        let cluster = Self {
            directory,
            place,
            programs,
            user,
            guard: Mutex::new(None),
            databases: AtomicU32::new(0),
        };
        let mut initdb = cluster.command("initdb");
        initdb.args(["--username=tillseal", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        said(initdb.arg("--pgdata").arg(cluster.data()))?;
        cluster.resume()?;
        Ok(Some(cluster))
    }

    /// The URL of a new, empty database.
    ///
    /// # Errors
    /// What `createdb` said.
    pub(crate) fn database(&self) -> io::Result<String> {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut createdb = self.command("createdb");
        said(createdb.args(["--username=tillseal", "--host"]).arg(&self.directory).arg(&name))?;
        Ok(format!("postgres://tillseal@localhost/{name}?host={}", self.directory.display()))
    }

    /// Stops the server, and waits until it has.
    ///
    /// # Errors
    /// Where it does not stop.
    pub(crate) fn stop(&self, stop: Stop) -> io::Result<()> {
        let Some(mut guard) = self.guard().take() else { return Ok(()) };
        let signal: &[u8] = match stop {
            Stop::Fast => b"INT\n",
            Stop::Crash => b"QUIT\n",
        };
        if let Some(mut stdin) = guard.stdin.take() {
            stdin.write_all(signal)?;
        }
        ended(&mut guard).map(drop)
    }

    /// Starts the server again, and waits until it answers.
    ///
    /// # Errors
    /// The end of its log, where it does not.
    pub(crate) fn resume(&self) -> io::Result<()> {
        let log = self.directory.join("log");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "sh"]).arg(&self.directory);
        guard.arg(self.place.as_deref().unwrap_or(Path::new(""))).arg(self.programs.join("postgres"));
        guard.arg("-D").arg(self.data()).arg("-k").arg(&self.directory);
        // Everything else is as Debian has it: what is tested is that nothing is lost.
        guard.args(["-c", "listen_addresses=", "-c", "max_connections=100"]);
        guard
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(&log)?);
        self.lower(&mut guard);
        let mut guard = guard.spawn()?;

        let start = Instant::now();
        let mut ready = self.command("pg_isready");
        ready.args(["--quiet", "--username=tillseal", "--dbname=postgres", "--host"]).arg(&self.directory);
        while !ready.status()?.success() {
            if start.elapsed() > PATIENCE || guard.try_wait()?.is_some() {
                return Err(io::Error::other(fs::read_to_string(log)?));
            }
            sleep(Duration::from_millis(20));
        }
        *self.guard() = Some(guard);
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn guard(&self) -> MutexGuard<'_, Option<Child>> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        self.lower(&mut command);
        command
    }

    /// PostgreSQL refuses to run as root.
    fn lower(&self, command: &mut Command) {
        command.current_dir(&self.directory);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
    }
}

impl Drop for Cluster {
    /// A cluster in a `static` is never dropped: its guard sees the end of the process instead.
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard().take() {
            drop(guard.stdin.take());
            let _ = ended(&mut guard);
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Where `initdb` and `postgres` are: those of the newest version that Debian has installed, or on `PATH`.
fn programs() -> Option<PathBuf> {
    let installed =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut installed: Vec<PathBuf> = installed.collect();
    installed.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let paths = env::var_os("PATH").unwrap_or_default();
    let newest_first = installed.into_iter().rev().map(|path| path.join("bin"));
    let complete = |path: &PathBuf| {
        ["initdb", "postgres", "createdb", "pg_isready"].iter().all(|name| path.join(name).exists())
    };
    newest_first.chain(env::split_paths(&paths)).find(complete)
}

/// The user that runs the server where we are root: that of Debian's package, else nobody.
fn unprivileged() -> io::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self").map_or(1, |me| me.uid()) != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let line = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let mut fields = line.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = ids("postgres").or_else(|| ids("nobody"));
    found
        .map(Some)
        .ok_or_else(|| io::Error::other("no user postgres or nobody, and PostgreSQL does not run as root"))
}

fn said(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = Path::new(command.get_program()).display();
    Err(io::Error::other(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))))
}

fn ended(guard: &mut Child) -> io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = guard.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            return Err(io::Error::other("PostgreSQL does not stop"));
        }
        sleep(Duration::from_millis(10));
    }
}
