//! `cargo xtask run`: the app with a local backend and demo data, until Ctrl-C.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::{
    bundle, paths, say,
    setup::{self, Need},
    shell::{self, Tools},
};

/// How our native programs are built.
#[derive(Clone, Copy)]
pub enum Profile {
    /// As the tests build them, so that `test` compiles everything once.
    Dev,
    /// Optimised, for people and figures.
    Tools,
}

/// The native programs.
pub struct Programs {
    devstack: PathBuf,
    migrate_legacy: PathBuf,
    /// Of the tests in browsers; not among the optimised ones.
    legacy_browser: Option<PathBuf>,
}

impl Programs {
    /// Names them to the end-to-end tests and the benchmark.
    pub fn tell(&self, tools: &mut Tools) {
        tools.set("TUNETREES_DEVSTACK", &self.devstack);
        tools.set("TUNETREES_MIGRATE_LEGACY", &self.migrate_legacy);
        if let Some(program) = &self.legacy_browser {
            tools.set("TUNETREES_LEGACY_BROWSER", program);
        }
        tools.set("TUNETREES_DIST", paths::dist());
        tools.set("TUNETREES_MIGRATIONS", paths::root().join("migrations/postgres"));
    }
}

/// Builds the local backend and the legacy migration.
pub fn build_programs(tools: &Tools, profile: Profile) -> Result<Programs> {
    say::heading("Building the local backend (minutes the first time)");
    let (name, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Tools => ("tools", "tools"),
    };
    let mut cargo = tools.command("cargo");
    cargo.args(["build", "--profile", name, "--package", "devstack", "--package", "tunetrees"]);
    cargo.args(["--bin", "devstack", "--bin", "migrate-legacy"]);
    if matches!(profile, Profile::Dev) {
        cargo.args(["--example", "legacy-browser"]);
    }
    shell::shown(&mut cargo)?;
    let folder = paths::target().join(folder);
    Ok(Programs {
        devstack: folder.join("devstack"),
        migrate_legacy: folder.join("migrate-legacy"),
        legacy_browser: matches!(profile, Profile::Dev).then(|| folder.join("examples/legacy-browser")),
    })
}

/// Serves until Ctrl-C or SIGTERM.
pub fn run(port: u16, control: Option<u16>) -> Result<bool> {
    let here = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let (address, control) = (here(port), control.map(here));
    check_port(address)?;
    control.map_or(Ok(()), check_port)?;
    let mut tools = setup::all(&[Need::Wasm, Need::Postgres, Need::Bundle])?;
    let programs = build_programs(&tools, Profile::Tools)?;
    programs.tell(&mut tools);
    bundle::ensure(&tools)?;

    say::heading("Starting");
    let stop = on_stop()?;
    let mut backend = Backend::start(&tools, &programs, address, control)?;
    let database = backend.wait_until_ready(address, &stop)?;
    load_demo(&tools, &programs, &database)?;

    println!();
    println!("   TuneTrees is at  http://{address}");
    println!("   Sign in as       test1@example.com or test2@example.com, password tunetrees-demo");
    println!("   What you do is kept (in .devstack/) for the next start.");
    if let Some(control) = control {
        println!("   Faults are at    http://{control}  (docs/sync-testing-guide.md)");
        println!("   PostgreSQL is at {database}");
    }
    println!("   Ctrl-C stops everything.");
    backend.wait(&stop)?;
    say::done("the local backend and its PostgreSQL are stopped");
    Ok(true)
}

fn check_port(address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {port} is in use, perhaps by another `cargo xtask run`: stop that program, or take another port with --port",
            port = address.port()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// A message for each Ctrl-C or SIGTERM.
fn on_stop() -> Result<Receiver<()>> {
    let (signalled, stop) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = signalled.send(());
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}

/// devstack and the PostgreSQL below it. Stopped when dropped, too.
struct Backend {
    child: Child,
    words: Receiver<String>,
}

impl Backend {
    fn start(tools: &Tools, programs: &Programs, address: SocketAddr, control: Option<SocketAddr>) -> Result<Backend> {
        let mut command = tools.command(&programs.devstack);
        command.arg("--http").arg(address.to_string()).arg("--data-dir").arg(paths::root().join(".devstack"));
        command.arg("--migrations").arg(paths::root().join("migrations/postgres")).arg("--app-dir").arg(paths::dist());
        if let Some(control) = control {
            command.arg("--control").arg(control.to_string());
        }
        if tools.get("RUST_LOG").is_none() {
            command.env("RUST_LOG", "warn");
        }
        // A group of its own: Ctrl-C reaches us alone, and we stop it in order.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().context("cannot start the local backend")?;
        let (said, words) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    // Nobody listens after the start; the pipe must be emptied all the same.
                    let _ = said.send(line);
                }
            });
        }
        Ok(Backend { child, words })
    }

    /// Waits until it has said where its database is and answers over HTTP; gives the database's address.
    fn wait_until_ready(&mut self, address: SocketAddr, stop: &Receiver<()>) -> Result<String> {
        let started = Instant::now();
        let mut database = None;
        loop {
            while let Ok(line) = self.words.try_recv() {
                database = database.or_else(|| database_url(&line));
            }
            if let Some(found) = database.as_ref().filter(|_| answers(address)) {
                return Ok(found.clone());
            }
            if let Some(status) = self.child.try_wait().context("lost the local backend")? {
                bail!("the local backend stopped while starting ({status}); its own words are above");
            }
            if stop.recv_timeout(Duration::from_millis(50)).is_ok() {
                bail!("stopped before the local backend was ready");
            }
            if started.elapsed() > Duration::from_secs(120) {
                bail!("the local backend did not answer on http://{address} within two minutes");
            }
        }
    }

    fn wait(&mut self, stop: &Receiver<()>) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait().context("lost the local backend")? {
                bail!("the local backend stopped by itself ({status}); its own words are above");
            }
            if stop.recv_timeout(Duration::from_millis(300)).is_ok() {
                println!();
                say::line("stopping");
                return self.stop();
            }
        }
    }

    fn stop(&mut self) -> Result<()> {
        let lost = || anyhow!("lost the local backend");
        if self.child.try_wait().map_err(|_| lost())?.is_some() {
            return Ok(());
        }
        let pid = self.child.id().to_string();
        shell::output(Tools::default().command("kill").args(["-TERM", &pid]))?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(30) {
            if self.child.try_wait().map_err(|_| lost())?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.child.kill().map_err(|_| lost())?;
        self.child.wait().map_err(|_| lost())?;
        bail!(
            "the local backend did not stop within 30 s and was killed; its PostgreSQL may still run (the data is safe)"
        )
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            say::line(&format!("{error:#}"));
        }
    }
}

/// Does something answer HTTP there?
fn answers(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut start = [0; 5];
    stream.write_all(request.as_bytes()).is_ok() && stream.read_exact(&mut start).is_ok() && &start == b"HTTP/"
}

/// The connection string in one line of what devstack says at its start.
fn database_url(line: &str) -> Option<String> {
    line.strip_prefix("database URL:").map(|url| url.trim().to_owned())
}

/// Loads the demo data unless the database has it: the test users are what tells.
fn load_demo(tools: &Tools, programs: &Programs, database: &str) -> Result<()> {
    let question = "select count(*) from auth.users where email = 'test1@example.com'";
    let users = shell::output(tools.command("psql").args(["-X", "-A", "-t", "-c", question, database]))
        .context("cannot ask the local database whether the demo data is there")?;
    if users.trim() != "0" {
        return Ok(());
    }
    say::line("loading the demo data");
    shell::shown(tools.command(&programs.migrate_legacy).args(["--demo", "--database-url", database]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_busy_port_is_one_clear_sentence() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = check_port(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("is in use"), "{error}");
    }

    #[test]
    fn reads_where_the_database_is() {
        let url = "postgres://postgres@127.0.0.1:40123/postgres";
        assert_eq!(database_url(&format!("database URL:     {url}")).as_deref(), Some(url));
        assert_eq!(database_url("API URL:          http://127.0.0.1:8080"), None);
    }

    #[test]
    fn silence_is_no_answer() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!answers(free));
    }
}
