//! The project's commands: `cargo xtask help`.
//!
//! Each command does its own set-up, says what it does, and ends with a clear line and exit status.

mod bench;
mod bundle;
mod chunks;
mod disk;
mod imports;
mod mutants;
mod nightly;
mod paths;
mod policy;
mod precache;
mod run;
mod say;
mod setup;
mod shell;
mod sim;
mod split;
mod start;
mod styles;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{setup::Need, test::Part};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "TuneTrees: the project's commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set everything up, build, and serve the app with a local backend and demo data on http://127.0.0.1:8080
    Run {
        /// Another port
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Also listen on this port for faults to be switched on by hand: docs/sync-testing-guide.md
        #[arg(long)]
        control: Option<u16>,
    },
    /// Set everything up and run every check and test; ends with `N passed, N failed`
    Test {
        /// Only this part
        #[arg(long, value_enum)]
        only: Option<Part>,
    },
    /// The end-to-end tests alone (arguments after `--` go to Playwright)
    E2e {
        #[arg(last = true)]
        playwright: Vec<String>,
    },
    /// Print figures: sizes, start-up, sync throughput, latency
    Bench,
    /// Play thousands of histories of several devices in which everything goes wrong; `--seed S` replays one with its trace
    Sim {
        /// How many histories
        #[arg(long, default_value_t = 1000)]
        seeds: u64,
        /// The first seed
        #[arg(long, default_value_t = 1)]
        first: u64,
        /// Only this one, with its trace
        #[arg(long)]
        seed: Option<u64>,
        /// Reduce the seed's faults to those that matter before the trace is printed
        #[arg(long, requires = "seed")]
        shrink: bool,
    },
    /// Switch the remedies of the sync off, one by one, and see whether the tests notice
    Mutants {
        /// How many histories each is given in the simulator
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// Only these (names of src/remedies.rs, with commas between them)
        #[arg(long)]
        only: Option<String>,
    },
    /// What takes too long for every change: 10,000 histories, every remedy switched off, 100,000 late rows, 200 killed browsers
    Nightly {
        /// How many histories
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        /// How often the browser is killed
        #[arg(long, default_value_t = 200)]
        kills: u64,
    },
    /// Make the release bundle in dist/ (TUNETREES_SUPABASE_URL and TUNETREES_SUPABASE_KEY go into dist/config.json)
    Build,
    /// Install what is missing and stop there
    Setup,
    /// The hook Trunk calls on its finished output: fills in the service worker's list of files
    #[command(hide = true)]
    Precache,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run { port, control } => run::run(port, control),
        Command::Test { only } => test::test(only),
        Command::E2e { playwright } => test::e2e_alone(&playwright),
        Command::Bench => bench::bench(),
        Command::Sim { seeds, first, seed, shrink } => sim::sim(seeds, first, seed, shrink),
        Command::Mutants { seeds, only } => mutants::mutants(seeds, only.as_deref()),
        Command::Nightly { seeds, kills } => nightly::nightly(seeds, kills),
        Command::Build => bundle::release(),
        Command::Setup => setup::all(&Need::ALL).map(|_| {
            say::done("everything is set up");
            true
        }),
        Command::Precache => precache::hook().map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::failed(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
