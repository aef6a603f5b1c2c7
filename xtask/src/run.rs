//! `cargo xtask run`: the app with a local backend and demo data, until Ctrl-C.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
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
}

impl Programs {
    /// Names them to the end-to-end tests and the benchmark.
    pub fn tell(&self, tools: &mut Tools) {
        tools.set("TUNETREES_DEVSTACK", &self.devstack);
        tools.set("TUNETREES_MIGRATE_LEGACY", &self.migrate_legacy);
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
    shell::shown(&mut cargo)?;
    let folder = paths::target().join(folder);
    Ok(Programs { devstack: folder.join("devstack"), migrate_legacy: folder.join("migrate-legacy") })
}

/// Serves until Ctrl-C or SIGTERM. `fresh` forgets the local database first.
pub fn run(fresh: bool, port: u16) -> Result<bool> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    check_port(address)?;
    let mut tools = setup::all(&[Need::Wasm, Need::Postgres, Need::Bundle])?;
    let programs = build_programs(&tools, Profile::Tools)?;
    programs.tell(&mut tools);
    bundle::ensure(&tools)?;

    let data = paths::root().join(".devstack");
    if fresh && data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    }
    say::heading("Starting");
    let stop = on_stop()?;
    let mut backend = Backend::start(&tools, &programs, address, &data)?;
    backend.wait_until_ready(address, &stop)?;
    load_demo(&tools, &programs, &data)?;

    println!();
    println!("   TuneTrees is at  http://{address}");
    println!("   Sign in as       test1@example.com or test2@example.com, password tunetrees-demo");
    println!("   The data lies in .devstack/ and is kept; `cargo xtask run --fresh` begins again.");
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
}

impl Backend {
    fn start(tools: &Tools, programs: &Programs, address: SocketAddr, data: &std::path::Path) -> Result<Backend> {
        let mut command = tools.command(&programs.devstack);
        command.arg("--http").arg(address.to_string()).arg("--data-dir").arg(data);
        command.arg("--migrations").arg(paths::root().join("migrations/postgres")).arg("--app-dir").arg(paths::dist());
        // A group of its own: Ctrl-C reaches us alone, and we stop it in order.
        let child = command.stdin(Stdio::null()).process_group(0).spawn().context("cannot start the local backend")?;
        Ok(Backend { child })
    }

    /// Waits for the first answer over HTTP.
    fn wait_until_ready(&mut self, address: SocketAddr, stop: &Receiver<()>) -> Result<()> {
        let started = Instant::now();
        while !answers(address) {
            if let Some(status) = self.child.try_wait().context("lost the local backend")? {
                bail!("the local backend stopped while starting ({status}); its own words are above");
            }
            if stop.recv_timeout(Duration::from_millis(100)).is_ok() {
                bail!("stopped before the local backend was ready");
            }
            if started.elapsed() > Duration::from_secs(120) {
                bail!("the local backend did not answer on http://{address} within two minutes");
            }
        }
        Ok(())
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
            std::thread::sleep(Duration::from_millis(50));
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

/// Loads the demo data once for a data folder.
fn load_demo(tools: &Tools, programs: &Programs, data: &std::path::Path) -> Result<()> {
    let stamp = data.join("demo-loaded");
    if stamp.exists() {
        return Ok(());
    }
    let file = data.join("database-url");
    let url = fs::read_to_string(&file).with_context(|| format!("the local backend wrote no {}", file.display()))?;
    say::line("loading the demo data");
    shell::shown(tools.command(&programs.migrate_legacy).args(["--demo", "--database-url", url.trim()]))?;
    fs::write(&stamp, "").with_context(|| format!("cannot write {}", stamp.display()))
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
    fn silence_is_no_answer() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!answers(free));
    }
}
