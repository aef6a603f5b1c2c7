//! Starting other programs: with the environment that set-up made, shown, captured, or logged with a sign of life.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::{paths, say};

/// How often long silent work gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What set-up found: folders to search before `PATH`, and variables for every program we start.
#[derive(Default, Clone)]
pub struct Tools {
    folders: Vec<PathBuf>,
    variables: BTreeMap<String, OsString>,
}

impl Tools {
    /// Searches `folder` before everything known so far.
    pub fn prefer(&mut self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        self.folders.retain(|known| *known != folder);
        self.folders.insert(0, folder);
    }

    /// Sets a variable for every program started from now on.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// The value a program would see.
    pub fn get(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).cloned().or_else(|| env::var_os(name)).filter(|value| !value.is_empty())
    }

    fn path(&self) -> OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let all = self.folders.iter().cloned().chain(env::split_paths(&inherited));
        env::join_paths(all).unwrap_or(inherited)
    }

    /// The file a program name stands for, if there is one.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        if program.contains('/') {
            return is_program(Path::new(program)).then(|| PathBuf::from(program));
        }
        env::split_paths(&self.path()).map(|folder| folder.join(program)).find(|file| is_program(file))
    }

    /// A command in the repository's top folder with everything set-up found.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let name = program.as_ref();
        let found = name.to_str().and_then(|name| self.find(name));
        let mut command = Command::new(found.as_deref().map_or(name, Path::as_os_str));
        command.current_dir(paths::root()).env("PATH", self.path()).envs(&self.variables);
        // `cargo xtask` runs under cargo, whose description of xtask would only confuse the builds below it.
        for (name, _) in env::vars_os() {
            let own =
                name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
            if own {
                command.env_remove(name);
            }
        }
        command
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The command as a person would type it, for messages.
pub fn typed(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Runs quietly and returns what was printed on standard output; fails if the program did.
pub fn output(command: &mut Command) -> Result<String> {
    let answer = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", typed(command)))?;
    if !answer.status.success() {
        let errors = String::from_utf8_lossy(&answer.stderr);
        bail!("`{}` failed: {}", typed(command), errors.trim().lines().last().unwrap_or("it said nothing"));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// Runs with its output on the terminal; fails if the program did.
pub fn shown(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{}`", typed(command)))?;
    if status.success() { Ok(()) } else { Err(anyhow!("`{}` failed ({status})", typed(command))) }
}

/// Runs with its output in `log`, printing a line every 30 seconds; on failure shows the end of the log.
pub fn logged(what: &str, command: &mut Command, log: &Path) -> Result<()> {
    let status = watched(what, command, log)?;
    if status.success() {
        return Ok(());
    }
    eprintln!("{}", last_lines(log, 20));
    bail!("{what} failed ({status}); the whole output is in {}", log.display())
}

/// The same, leaving the judgement to the caller.
pub fn watched(what: &str, command: &mut Command, log: &Path) -> Result<ExitStatus> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let both = file.try_clone().context("cannot share the log file")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(both)
        .spawn()
        .with_context(|| format!("cannot start `{}`", typed(command)))?;
    let started = Instant::now();
    let mut told = started;
    loop {
        if let Some(status) = child.try_wait().context("lost the started program")? {
            return Ok(status);
        }
        if told.elapsed() >= HEARTBEAT {
            told = Instant::now();
            let last = last_lines(log, 1);
            say::line(&format!("… {what}: {} so far; {}", say::duration(started.elapsed()), last.trim()));
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn last_lines(log: &Path, count: usize) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Runs with its output on the terminal and also returned; says so every 30 silent seconds.
pub fn teed(command: &mut Command) -> Result<(ExitStatus, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", typed(command)))?;
    let (lines, received) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        pass_on(stdout, lines.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        pass_on(stderr, lines.clone());
    }
    drop(lines);

    let started = Instant::now();
    let mut text = String::new();
    loop {
        match received.recv_timeout(HEARTBEAT) {
            Ok(line) => {
                println!("{line}");
                text.push_str(&line);
                text.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => say::line(&format!("… {} so far", say::duration(started.elapsed()))),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        // A grandchild that outlives the program may hold the pipe open: do not wait for it for ever.
        if let Ok(Some(status)) = child.try_wait() {
            while let Ok(line) = received.recv_timeout(Duration::from_millis(500)) {
                println!("{line}");
                text.push_str(&line);
                text.push('\n');
            }
            return Ok((status, text));
        }
    }
    let status = child.wait().context("lost the started program")?;
    Ok((status, text))
}

fn pass_on(pipe: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if lines.send(text).is_err() {
                break;
            }
            line.clear();
        }
        let _ = std::io::stdout().flush();
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn finds_programs_in_preferred_folders_first() {
        let mut tools = Tools::default();
        let sh = tools.find("sh").unwrap();
        assert!(sh.is_absolute());
        assert_eq!(tools.find("no-such-program-anywhere"), None);
        tools.prefer("/usr/bin");
        assert!(tools.find("env").unwrap().starts_with("/usr/bin"));
    }

    #[test]
    fn teed_output_is_returned_with_the_status() {
        let mut command = Tools::default().command("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let (status, text) = teed(&mut command).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(text.contains("one\n") && text.contains("two\n"));
    }

    #[test]
    fn a_failed_program_is_quoted() {
        let error = output(Tools::default().command("sh").args(["-c", "echo broken >&2; exit 1"])).unwrap_err();
        assert!(error.to_string().ends_with("broken"), "{error}");
    }
}
