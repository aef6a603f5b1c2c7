//! `migrate-legacy`: brings a database of the old TuneTrees, or the demo data, into PostgreSQL. All work is in `tunetrees::legacy`.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(target_arch = "wasm32"))]
mod command {
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    use clap::Parser;
    use tunetrees::domain::time::Timestamp;
    use tunetrees::legacy::accounts::parse_mapping;
    use tunetrees::legacy::load::connect;
    use tunetrees::legacy::{LegacyError, LoadOptions, Report, Source, excerpt, load};

    /// The password of the demo accounts.
    const DEMO_PASSWORD: &str = "tunetrees-demo";

    /// Bring a database of the old TuneTrees (one SQLite file) into PostgreSQL, under the right accounts.
    ///
    /// The file is only read. A second run adds what is new and leaves everything else as it is.
    #[derive(Parser)]
    #[command(name = "migrate-legacy", version)]
    struct Arguments {
        /// The legacy SQLite file
        #[arg(long, value_name = "FILE", required_unless_present = "demo", conflicts_with = "demo")]
        source: Option<PathBuf>,
        /// Load the demo data for test1@example.com and test2@example.com instead of a file
        #[arg(long)]
        demo: bool,
        /// PostgreSQL, as the owner of the tables: postgres://user:password@host:port/database
        #[arg(long, value_name = "URL")]
        database_url: String,
        /// Name of the source in ids; keep it when you migrate a newer copy of the same file [default: the file's name]
        #[arg(long, value_name = "NAME", conflicts_with = "demo")]
        source_name: Option<String>,
        /// Give a legacy user this account; others keep their own e-mail address
        #[arg(long, value_name = "ID=EMAIL", num_args = 1.., value_parser = parse_mapping)]
        map_user: Vec<(i64, String)>,
        /// Password for accounts named with --map-user that have to be made [default with --demo: tunetrees-demo]
        #[arg(long, value_name = "PASSWORD")]
        password: Option<String>,
        /// Do everything and report, then roll it back
        #[arg(long)]
        dry_run: bool,
        /// Write the whole report to this file
        #[arg(long, value_name = "FILE.md|FILE.json", value_parser = report_path)]
        report: Option<PathBuf>,
    }

    fn report_path(text: &str) -> Result<PathBuf, String> {
        let path = PathBuf::from(text);
        match path.extension().and_then(|e| e.to_str()) {
            Some("md" | "json") => Ok(path),
            _ => Err("the name must end in .md or .json".to_owned()),
        }
    }

    pub fn main() -> ExitCode {
        match run(Arguments::parse()) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("migrate-legacy: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn run(arguments: Arguments) -> Result<bool, LegacyError> {
        let source = match &arguments.source {
            Some(path) => Source::open(path, arguments.source_name.as_deref())?,
            None => {
                let here = std::env::current_dir().unwrap_or_default();
                excerpt::demo(&here, Timestamp::from(chrono::Utc::now()))?
            }
        };
        println!("found: {}", source.found());
        let options = options(&arguments);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| LegacyError::Unreachable(e.to_string()))?;
        let report = runtime.block_on(async {
            let mut client = connect(&arguments.database_url).await?;
            load(&mut client, &source, &options).await
        })?;
        print!("{}", report.summary());
        if let Some(path) = &arguments.report {
            write_report(path, &report)?;
            println!("report: {}", path.display());
        }
        Ok(report.is_explained())
    }

    fn options(arguments: &Arguments) -> LoadOptions {
        let mut options = LoadOptions {
            map_users: arguments.map_user.iter().cloned().collect(),
            password: arguments.password.clone(),
            dry_run: arguments.dry_run,
            default_options: arguments.demo,
        };
        if arguments.demo {
            // Only here: a real file must never end in an account whose password is public.
            options.password.get_or_insert_with(|| DEMO_PASSWORD.to_owned());
            if options.map_users.is_empty() {
                options.map_users = [(1, "test1@example.com".to_owned()), (100, "test2@example.com".to_owned())].into();
            }
        }
        options
    }

    fn write_report(path: &Path, report: &Report) -> Result<(), LegacyError> {
        let json = path.extension().is_some_and(|e| e == "json");
        let text = if json { report.to_json() } else { report.to_markdown() };
        std::fs::write(path, text)
            .map_err(|e| LegacyError::WriteReport { path: path.to_owned(), message: e.to_string() })
    }
}
