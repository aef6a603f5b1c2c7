//! `migrate-legacy`: brings a database of the old TuneTrees, or the demo data, into PostgreSQL. All work is in `tunetrees::legacy`.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(target_arch = "wasm32"))]
mod command {
    use std::io::{IsTerminal, Write};
    use std::ops::ControlFlow;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;
    use std::sync::atomic::{AtomicBool, Ordering};

    use clap::{ArgGroup, Parser, ValueEnum};
    use tunetrees::domain::time::Timestamp;
    use tunetrees::legacy::convert::{UserMap, parse_mapping};
    use tunetrees::legacy::load::postgres::{AuthApi, LoadOptions, Making, connect, load, rollback, validate};
    use tunetrees::legacy::load::{Step, json};
    use tunetrees::legacy::{LegacyError, Report, Source, excerpt};

    /// The password of the demo accounts.
    const DEMO_PASSWORD: &str = "tunetrees-demo";

    /// Bring a database of the old TuneTrees (one SQLite file) into PostgreSQL, under the right accounts.
    ///
    /// The file is only read. All of it arrives or nothing. A second run brings what is new or changed in the file and leaves alone
    /// what was edited in the new app since.
    #[derive(Parser)]
    #[command(name = "migrate-legacy", version)]
    #[command(group(ArgGroup::new("what").required(true).args(["source", "demo", "rollback"])))]
    #[command(group(ArgGroup::new("where").args(["database_url", "to"])))]
    struct Arguments {
        /// The legacy SQLite file
        #[arg(long, value_name = "FILE")]
        source: Option<PathBuf>,
        /// Load the demo data for test1@example.com and test2@example.com instead of a file
        #[arg(long)]
        demo: bool,
        /// PostgreSQL, as the owner of the tables: postgres://user:password@host:port/database?sslmode=verify-full
        /// [default: what is in the environment variable TUNETREES_DATABASE_URL]
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
        /// Write the rows to this file instead, as JSON
        #[arg(long, value_name = "FILE.json", value_parser = json_path, conflicts_with_all = ["dry_run", "rollback", "validate", "auth_url", "make_accounts", "password"])]
        to: Option<PathBuf>,
        /// Name of the source in ids; keep it when you migrate a newer copy of the same file [default: the file's name]
        #[arg(long, value_name = "NAME", conflicts_with = "demo")]
        source_name: Option<String>,
        /// Give a legacy user this account; others keep their own e-mail address
        #[arg(long, value_name = "ID=EMAIL", num_args = 1.., value_parser = parse_mapping)]
        map_user: Vec<(i64, String)>,
        /// Make missing accounts through Supabase Auth at this address (the project's URL). Without it, people without an account are
        /// listed for you to invite, and their rows wait
        #[arg(long, value_name = "URL", requires = "service_key", conflicts_with_all = ["make_accounts", "demo"])]
        auth_url: Option<String>,
        /// The service role key (or sb_secret_… key) for --auth-url
        #[arg(long, value_name = "KEY", env = "SUPABASE_SERVICE_ROLE_KEY", hide_env_values = true)]
        service_key: Option<String>,
        /// Make missing accounts by writing into the auth tables: for local databases
        #[arg(long)]
        make_accounts: bool,
        /// With --make-accounts: password of accounts named with --map-user [default with --demo: tunetrees-demo]
        #[arg(long, value_name = "PASSWORD")]
        password: Option<String>,
        /// Do everything and report, then roll it back
        #[arg(long)]
        dry_run: bool,
        /// Compare the file with the database as an earlier run left it, and change nothing
        #[arg(long, value_name = "RUN", conflicts_with_all = ["dry_run", "demo", "rollback"])]
        validate: Option<i32>,
        /// Remove what an earlier run brought, where nobody has touched it since
        #[arg(long, value_name = "RUN")]
        rollback: Option<i32>,
        /// Choose the rows shown side by side; the same number shows the same rows
        #[arg(long, value_name = "NUMBER")]
        seed: Option<u64>,
        /// Write the whole report to this file
        #[arg(long, value_name = "FILE.md|FILE.json", value_parser = report_path)]
        report: Option<PathBuf>,
        /// Show how far it is
        #[arg(long, value_enum, default_value_t = Progress::Auto)]
        progress: Progress,
    }

    #[derive(Clone, Copy, PartialEq, ValueEnum)]
    enum Progress {
        /// A bar on a terminal, nothing elsewhere
        Auto,
        /// A line for every batch
        Lines,
        /// Nothing
        None,
    }

    fn report_path(text: &str) -> Result<PathBuf, String> {
        let path = PathBuf::from(text);
        match path.extension().and_then(|e| e.to_str()) {
            Some("md" | "json") => Ok(path),
            _ => Err("the name must end in .md or .json".to_owned()),
        }
    }

    fn json_path(text: &str) -> Result<PathBuf, String> {
        let path = PathBuf::from(text);
        let is_json = path.extension().is_some_and(|e| e == "json");
        is_json.then_some(path).ok_or_else(|| "the name must end in .json".to_owned())
    }

    /// Set by Ctrl-C: the run ends at the next batch, in order, and leaves nothing.
    static STOP: AtomicBool = AtomicBool::new(false);

    fn listen_for_ctrl_c() {
        let heard = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            eprintln!("\nstopping; press Ctrl-C again to end at once (nothing comes into the database either way)");
        });
        if let Err(error) = heard {
            eprintln!("Ctrl-C will end it at once: {error}");
        }
    }

    pub fn main() -> ExitCode {
        let arguments = Arguments::parse();
        listen_for_ctrl_c();
        match run(arguments) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("migrate-legacy: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn run(arguments: Arguments) -> Result<bool, LegacyError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| LegacyError::Unreachable(e.to_string()))?;
        check_outputs(&arguments)?;
        let url = match &arguments.to {
            Some(_) => String::new(),
            None => database_url(arguments.database_url.clone())?,
        };
        let url = url.as_str();
        if let Some(run) = arguments.rollback {
            let report =
                runtime.block_on(async { rollback(&mut connect(url).await?, run, arguments.dry_run).await })?;
            print!("{}", report.summary());
            return Ok(true);
        }
        let source = match &arguments.source {
            Some(path) => Source::open(path, arguments.source_name.as_deref())?,
            None => {
                let here = std::env::current_dir().unwrap_or_default();
                excerpt::demo(&here, Timestamp::from(chrono::Utc::now()))?
            }
        };
        println!("found: {}", source.found());
        let mut bar = Bar::new(arguments.progress);
        let mut on_step = |step: Step| bar.show(step);
        if let Some(run) = arguments.validate {
            let seed = arguments.seed;
            let found = runtime
                .block_on(async { validate(&mut connect(url).await?, &source, run, seed, &mut on_step).await })?;
            bar.end();
            let complaints = found.complaints();
            let excused: usize = found.tables.iter().map(|t| t.excused.len()).sum();
            let rows: usize = found.tables.iter().map(|t| t.rows_legacy).sum();
            println!("{rows} rows compared, {excused} of them rightly different (see the report)");
            complaints.iter().for_each(|complaint| println!("WRONG: {complaint}"));
            let report = Report { run: Some(run), validation: Some(found), ..Report::of(&source) };
            write_report(&arguments, &report)?;
            println!("{}", if complaints.is_empty() { "all is as it should be" } else { "NOT ALL IS AS IT SHOULD BE" });
            return Ok(complaints.is_empty());
        }
        let options = options(&arguments)?;
        let report = if let Some(path) = &arguments.to {
            let seed = arguments.seed.unwrap_or_default();
            json::write(&source, path, &options.map_users, seed, &mut on_step)
        } else {
            runtime.block_on(async { load(&mut connect(url).await?, &source, &options, &mut on_step).await })
        };
        bar.end();
        let report = report?;
        print!("{}", report.summary());
        write_report(&arguments, &report)?;
        Ok(report.is_explained())
    }

    /// From the command line or the environment. (Not by clap, to which a variable that is set would forbid `--to`.)
    fn database_url(given: Option<String>) -> Result<String, LegacyError> {
        let url = given.or_else(|| std::env::var("TUNETREES_DATABASE_URL").ok()).filter(|url| !url.is_empty());
        url.ok_or_else(|| {
            let missing = "it is missing; set it or TUNETREES_DATABASE_URL, or write a file with --to FILE.json";
            LegacyError::DatabaseUrl(missing.to_owned())
        })
    }

    /// What could not be written in the end is better known before the beginning; and nothing is written over the legacy file.
    fn check_outputs(arguments: &Arguments) -> Result<(), LegacyError> {
        let outputs: Vec<&PathBuf> = arguments.to.iter().chain(&arguments.report).collect();
        let source = arguments.source.as_ref().and_then(|path| path.canonicalize().ok());
        for path in &outputs {
            let no = |message: &str| Err(LegacyError::Write { path: path.to_path_buf(), message: message.to_owned() });
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return no("there is no such folder");
            }
            if path.is_dir() {
                return no("it is a folder");
            }
            if source.is_some() && path.canonicalize().ok() == source {
                return no("it is the legacy file, which is only read");
            }
        }
        match outputs[..] {
            [rows, report] if rows == report => {
                let message = "--to and --report name the same file".to_owned();
                Err(LegacyError::Write { path: rows.clone(), message })
            }
            _ => Ok(()),
        }
    }

    fn mapped(pairs: &[(i64, String)]) -> Result<UserMap, LegacyError> {
        let mut map = UserMap::new();
        for (id, email) in pairs {
            if let Some(other) = map.insert(*id, email.clone()).filter(|other| other != email) {
                return Err(LegacyError::MapUser(format!("{id}: given to {other} and to {email}; choose one")));
            }
        }
        Ok(map)
    }

    fn options(arguments: &Arguments) -> Result<LoadOptions, LegacyError> {
        let mut options = LoadOptions {
            map_users: mapped(&arguments.map_user)?,
            dry_run: arguments.dry_run,
            only_new: arguments.demo,
            default_options: arguments.demo,
            seed: arguments.seed,
            making: match (&arguments.auth_url, &arguments.service_key) {
                (Some(url), Some(key)) => Making::Api(AuthApi::new(url, key)),
                _ if arguments.make_accounts => Making::InDatabase(arguments.password.clone()),
                _ => Making::Never,
            },
        };
        if arguments.demo {
            // Only here: a real file must never end in an account whose password is public.
            let password = arguments.password.clone().unwrap_or_else(|| DEMO_PASSWORD.to_owned());
            options.making = Making::InDatabase(Some(password));
            if options.map_users.is_empty() {
                options.map_users = [(1, "test1@example.com".to_owned()), (100, "test2@example.com".to_owned())].into();
            }
        }
        Ok(options)
    }

    fn write_report(arguments: &Arguments, report: &Report) -> Result<(), LegacyError> {
        let Some(path) = &arguments.report else { return Ok(()) };
        let json = path.extension().is_some_and(|e| e == "json");
        let text = if json { report.to_json() } else { report.to_markdown() };
        write(path, &text)?;
        println!("report: {}", path.display());
        Ok(())
    }

    fn write(path: &Path, text: &str) -> Result<(), LegacyError> {
        std::fs::write(path, text).map_err(|e| LegacyError::Write { path: path.to_owned(), message: e.to_string() })
    }

    /// How far it is, on standard error.
    struct Bar {
        lines: bool,
        bar: bool,
    }

    impl Bar {
        fn new(progress: Progress) -> Bar {
            let bar = progress == Progress::Auto && std::io::stderr().is_terminal();
            Bar { lines: progress == Progress::Lines, bar }
        }

        fn show(&mut self, step: Step) -> ControlFlow<()> {
            let Step { doing, table, done, all } = step;
            if self.lines {
                eprintln!("{doing} {table}: {done} of {all} rows");
            } else if self.bar {
                let full = (done * 30).checked_div(all).unwrap_or(30).min(30);
                eprint!("\r[{}{}] {doing} {table:<26} {done}/{all}", "#".repeat(full), " ".repeat(30 - full));
                let _ = std::io::stderr().flush();
            }
            if STOP.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }

        fn end(&mut self) {
            if self.bar {
                eprintln!();
            }
        }
    }
}
