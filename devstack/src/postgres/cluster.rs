//! A private PostgreSQL server on 127.0.0.1 that lives and dies with its owner.
//!
//! The server runs under a small shell that holds the other end of a pipe: when the owner stops, drops the [`Cluster`] or
//! dies in whatever way, the pipe closes and the shell shuts PostgreSQL down (and removes a temporary directory). So no test
//! run leaves a server behind, although statics are never dropped.
//!
//! As root the server runs as user `postgres` (or `nobody`), since PostgreSQL refuses root.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{PostgresError, binaries};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Waits for the end of its input, that is of its owner, then stops the server (SIGINT: fast shutdown).
const KEEPER: &str = r#"
exec 3<&0
"$@" </dev/null >>"$KEEPER_LOG" 2>&1 3<&- &
server=$!
( read -r _ <&3; kill -INT $server ) 2>/dev/null &
watch=$!
exec 3<&-
wait $server
status=$?
kill $watch 2>/dev/null
[ -z "$KEEPER_REMOVE" ] || rm -rf "$KEEPER_REMOVE"
exit $status
"#;

/// How to start a [`Cluster`].
#[derive(Clone, Debug, Default)]
pub struct ClusterConfig {
    /// Where the database lives; `None` = a temporary directory, removed at the end, without fsync.
    pub data_dir: Option<PathBuf>,
    /// TCP port on 127.0.0.1; `None` = any free one.
    pub port: Option<u16>,
}

/// A running PostgreSQL server.
#[derive(Debug)]
pub struct Cluster {
    home: PathBuf,
    temporary: bool,
    port: u16,
    keeper: Option<Child>,
    /// Held while we run; tells a living owner from a server orphaned by a crash.
    _lock: File,
}

/// The account the server runs under when we are root.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Starts a server and waits until it takes connections. Creates the database files when the directory is empty, takes over after
    /// a crashed run. Blocks for some seconds at most.
    ///
    /// # Errors
    /// Every [`PostgresError`] except those of migrations.
    pub fn start(config: ClusterConfig) -> Result<Cluster, PostgresError> {
        let bin = binaries::find()?;
        let account = server_account();
        let (home, temporary) = match &config.data_dir {
            Some(dir) => (reachable_home(dir, account)?, false),
            None => (temporary_home(account)?, true),
        };
        let started = Self::start_in(&bin, &home, temporary, config.port, account);
        if started.is_err() && temporary {
            let _ = fs::remove_dir_all(&home);
        }
        started
    }

    fn start_in(
        bin: &Path,
        home: &Path,
        temporary: bool,
        port: Option<u16>,
        account: Option<Account>,
    ) -> Result<Cluster, PostgresError> {
        let lock = take_lock(home)?;
        stop_orphan(bin, home, account)?;
        create_files(bin, home, temporary, account)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let chosen = free_port(port)?;
            let log_start = fs::metadata(log_path(home)).map(|m| m.len()).unwrap_or(0);
            let keeper = spawn(bin, home, temporary, chosen, account)?;
            let lock = lock.try_clone().map_err(|e| PostgresError::file(home, e))?;
            let mut cluster =
                Cluster { home: home.to_owned(), temporary, port: chosen, keeper: Some(keeper), _lock: lock };
            match cluster.wait_until_ready(log_start) {
                Ok(()) => return Ok(cluster),
                // Somebody took the free port between our look and the server's start.
                Err(PostgresError::PortBusy(_)) if port.is_none() && attempts < 5 => {
                    cluster.keeper = None;
                    if temporary {
                        fs::create_dir_all(home).map_err(|e| PostgresError::file(home, e))?;
                        hand_over(home, account)?;
                        create_files(bin, home, temporary, account)?;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Address of `database` for `role`, in the URL form that tokio-postgres, psql and libpq read. No password (trust).
    pub fn url(&self, database: &str, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the files and `postgres.log` are. Differs from the configured directory when the account of the server could not reach that.
    pub fn data_dir(&self) -> &Path {
        &self.home
    }

    /// Stops the server: open transactions are rolled back, files are complete on return.
    ///
    /// # Errors
    /// [`PostgresError::TimedOut`] when it does not end in time; it is then killed.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.shut_down()
    }

    fn shut_down(&mut self) -> Result<(), PostgresError> {
        let Some(mut keeper) = self.keeper.take() else { return Ok(()) };
        drop(keeper.stdin.take());
        let deadline = Instant::now() + STOP_TIMEOUT;
        let mut result = Ok(());
        while let Ok(None) = keeper.try_wait() {
            if Instant::now() > deadline {
                if let Some(pid) = server_pid(&self.home) {
                    let _ = Command::new("kill").args(["-QUIT", &pid.to_string()]).status();
                }
                let _ = keeper.wait();
                result = Err(PostgresError::TimedOut {
                    dir: self.home.clone(),
                    what: "stop",
                    seconds: STOP_TIMEOUT.as_secs(),
                });
            }
            sleep(Duration::from_millis(10));
        }
        if self.temporary {
            let _ = fs::remove_dir_all(&self.home);
        }
        result
    }

    fn wait_until_ready(&mut self, log_start: u64) -> Result<(), PostgresError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let keeper = self.keeper.as_mut().expect("the keeper is taken only when shutting down");
            // The log is read before the look at the process, for the keeper removes a temporary directory when the server ends.
            let log = read_log(&self.home, log_start);
            if let Ok(Some(_)) = keeper.try_wait() {
                let log = match read_log(&self.home, log_start) {
                    newer if newer.is_empty() => log,
                    newer => newer,
                };
                return Err(explain("postgres", &log, &self.home, self.port));
            }
            // Line 8 of postmaster.pid says "ready", as pg_ctl reads it.
            let status = fs::read_to_string(self.home.join("data/postmaster.pid")).unwrap_or_default();
            if status.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(PostgresError::TimedOut {
                    dir: self.home.clone(),
                    what: "start",
                    seconds: START_TIMEOUT.as_secs(),
                });
            }
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            tracing::warn!(%error, "stopping PostgreSQL");
        }
    }
}

/// Root may not run PostgreSQL: the account to use instead, `None` when we are not root.
fn server_account() -> Option<Account> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let entry = |name: &str| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let uid = fields.nth(1)?.parse().ok()?;
            Some(Account { uid, gid: fields.next()?.parse().ok()? })
        })
    };
    entry("postgres").or_else(|| entry("nobody")).or(Some(Account { uid: 65534, gid: 65534 }))
}

/// Makes the directory and sees that the server's account can reach it: a directory under a root-only home is replaced by one in /var/tmp.
fn reachable_home(wanted: &Path, account: Option<Account>) -> Result<PathBuf, PostgresError> {
    fs::create_dir_all(wanted).map_err(|e| PostgresError::file(wanted, e))?;
    let wanted = fs::canonicalize(wanted).map_err(|e| PostgresError::file(wanted, e))?;
    let Some(account) = account else { return Ok(wanted) };
    let reachable = wanted.ancestors().skip(1).all(|dir| {
        fs::metadata(dir).is_ok_and(|meta| {
            let mode = meta.permissions().mode();
            mode & 0o001 != 0 || (meta.uid() == account.uid && mode & 0o100 != 0)
        })
    });
    if reachable {
        hand_over(&wanted, Some(account))?;
        return Ok(wanted);
    }
    // Recognisable and stable: the next run must find the same database.
    let name: String =
        wanted.to_string_lossy().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let instead = PathBuf::from("/var/tmp").join(format!("tunetrees-postgres{name}"));
    match fs::create_dir(&instead) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(PostgresError::file(&instead, e)),
        _ => {}
    }
    // /var/tmp belongs to everybody: what is there must be a directory of ours.
    let meta = fs::symlink_metadata(&instead).map_err(|e| PostgresError::file(&instead, e))?;
    if !meta.is_dir() || (meta.uid() != 0 && meta.uid() != account.uid) {
        return Err(PostgresError::InUse(instead));
    }
    tracing::info!(
        "the database account cannot reach {} (a directory above it is closed to it), so the database is in {}",
        wanted.display(),
        instead.display()
    );
    hand_over(&instead, Some(account))?;
    Ok(instead)
}

fn temporary_home(account: Option<Account>) -> Result<PathBuf, PostgresError> {
    let create = |parent: &Path| tempfile::Builder::new().prefix("tunetrees-pg-").tempdir_in(parent);
    // As root, TMPDIR may be a private one.
    let parent = if account.is_some() { PathBuf::from("/tmp") } else { std::env::temp_dir() };
    let dir = create(&parent).map_err(|e| PostgresError::file(parent, e))?.keep();
    hand_over(&dir, account)?;
    Ok(dir)
}

fn hand_over(dir: &Path, account: Option<Account>) -> Result<(), PostgresError> {
    let Some(Account { uid, gid }) = account else { return Ok(()) };
    std::os::unix::fs::chown(dir, Some(uid), Some(gid)).map_err(|e| PostgresError::file(dir, e))
}

fn log_path(home: &Path) -> PathBuf {
    home.join("postgres.log")
}

fn take_lock(home: &Path) -> Result<File, PostgresError> {
    let path = home.join("owner.lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| PostgresError::file(&path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PostgresError::InUse(home.to_owned())),
        Err(TryLockError::Error(e)) => Err(PostgresError::file(&path, e)),
    }
}

/// The process named in postmaster.pid, if it is alive and works on this very directory (the number may be another's by now).
fn server_pid(home: &Path) -> Option<u32> {
    let data = home.join("data");
    let pid: u32 = fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()?;
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(cwd) => (cwd == data).then_some(pid),
        // No /proc: ask whether there is such a process at all.
        Err(_) if Path::new("/proc/self").exists() => None,
        Err(_) => Command::new("kill").args(["-0", &pid.to_string()]).status().ok()?.success().then_some(pid),
    }
}

/// Ends a server whose owner died so hard that even its keeper is gone, and removes the pid file of one that died itself.
fn stop_orphan(bin: &Path, home: &Path, account: Option<Account>) -> Result<(), PostgresError> {
    let pid_file = home.join("data/postmaster.pid");
    if !pid_file.exists() {
        return Ok(());
    }
    if server_pid(home).is_some() {
        let mut command = program(&bin.join("pg_ctl"), home, account);
        let _ = command.args(["stop", "-m", "fast", "-w", "-t", "30", "-D"]).arg(home.join("data")).output();
        if server_pid(home).is_some() {
            return Err(PostgresError::InUse(home.to_owned()));
        }
    }
    match fs::remove_file(&pid_file) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(PostgresError::file(pid_file, e)),
        _ => Ok(()),
    }
}

/// A command that runs in `home` under the server's account, out of reach of the terminal's Ctrl-C.
fn program(path: &Path, home: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(path);
    command.current_dir(home).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env_remove("PGDATA").stdin(Stdio::null());
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid).env("HOME", home);
    }
    command.process_group(0);
    command
}

fn create_files(bin: &Path, home: &Path, temporary: bool, account: Option<Account>) -> Result<(), PostgresError> {
    let data = home.join("data");
    if let Ok(found) = fs::read_to_string(data.join("PG_VERSION")) {
        let (found, installed) = (found.trim().to_owned(), binaries::major_version(bin).unwrap_or_default());
        return if found == installed {
            Ok(())
        } else {
            Err(PostgresError::OtherVersion { dir: home.to_owned(), found, installed })
        };
    }
    // Made aside and renamed, so that an interrupted initdb leaves nothing that looks like a database.
    let fresh = home.join("data.new");
    let mut last = String::new();
    for locale in ["C.UTF-8", "C"] {
        if let Err(e) = fs::remove_dir_all(&fresh)
            && e.kind() != ErrorKind::NotFound
        {
            return Err(PostgresError::file(&fresh, e));
        }
        let mut command = program(&bin.join("initdb"), home, account);
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale", locale, "-D"]).arg(&fresh);
        if temporary {
            command.arg("--no-sync");
        }
        let output = command.output().map_err(|e| PostgresError::file(bin.join("initdb"), e))?;
        if output.status.success() {
            return fs::rename(&fresh, &data).map_err(|e| PostgresError::file(&data, e));
        }
        last = String::from_utf8_lossy(&output.stderr).into_owned();
        if !last.contains("locale") {
            break;
        }
    }
    Err(explain("initdb", &last, home, 0))
}

fn free_port(wanted: Option<u16>) -> Result<u16, PostgresError> {
    let port = wanted.unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|_| PostgresError::PortBusy(port))?;
    Ok(listener.local_addr().map_err(|_| PostgresError::PortBusy(port))?.port())
}

fn spawn(
    bin: &Path,
    home: &Path,
    temporary: bool,
    port: u16,
    account: Option<Account>,
) -> Result<Child, PostgresError> {
    // A socket's path may have 107 bytes; a deep directory goes without one.
    let sockets = if home.as_os_str().len() < 85 { home.to_string_lossy().into_owned() } else { String::new() };
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={sockets}"),
        "wal_level=logical".to_owned(),
        "max_replication_slots=8".to_owned(),
        "max_wal_senders=8".to_owned(),
        "max_connections=100".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_line_prefix=%m [%p] %q%u@%d ".to_owned(),
        "logging_collector=off".to_owned(),
    ];
    if temporary {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    let mut command = program(Path::new("/bin/sh"), home, account);
    command.args(["-c", KEEPER, "keeper"]).arg(bin.join("postgres")).arg("-D").arg(home.join("data"));
    for setting in settings {
        command.args(["-c", &setting]);
    }
    command
        .env("KEEPER_LOG", log_path(home))
        .env("KEEPER_REMOVE", if temporary { home.as_os_str() } else { "".as_ref() })
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().map_err(|e| PostgresError::file("/bin/sh", e))
}

fn read_log(home: &Path, from: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log_path(home))?;
        file.seek(SeekFrom::Start(from))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    read().unwrap_or_default()
}

/// The one sentence behind a failed start.
fn explain(program: &'static str, log: &str, home: &Path, port: u16) -> PostgresError {
    if log.contains("No space left on device") {
        return PostgresError::DiskFull(home.to_owned());
    }
    if log.contains("Address already in use") {
        return PostgresError::PortBusy(port);
    }
    let telling = |line: &&str| ["FATAL:", "PANIC:", "error:", "ERROR:"].iter().any(|mark| line.contains(mark));
    let line = log.lines().find(telling).or_else(|| log.lines().last()).unwrap_or("it ended without a word");
    PostgresError::Failed { program, message: line.trim().to_owned(), log: log_path(home) }
}
