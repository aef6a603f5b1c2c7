//! Reads the summaries that test runners print. Pure text work.

/// How many tests passed and failed, and what the failed ones are called.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Count {
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed, or could not run.
    pub failed: u32,
    /// Their names.
    pub failures: Vec<String>,
    /// Tests that failed once and passed when they were played again (they count as passed).
    pub wavering: Vec<String>,
}

impl Count {
    /// One check that passed.
    pub fn success() -> Count {
        Count { passed: 1, ..Count::default() }
    }

    /// One check that failed.
    pub fn failure(name: &str) -> Count {
        Count { failed: 1, failures: vec![name.to_owned()], ..Count::default() }
    }

    /// Adds another step's figures.
    pub fn add(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.wavering.extend(other.wavering);
    }

    fn fail(&mut self, name: String) {
        if !self.failures.contains(&name) {
            self.failures.push(name);
        }
    }
}

/// Whose summary it is.
#[derive(Clone, Copy)]
pub enum Runner {
    /// libtest, and wasm-bindgen-test-runner, which prints the same line.
    Cargo,
    /// `node --test`.
    Node,
    /// Playwright's list or line reporter.
    Playwright,
}

impl Runner {
    /// Counts. A runner that failed without saying which test, or that ran no test at all, is itself a failure.
    pub fn count(self, title: &str, output: &str, succeeded: bool) -> Count {
        let text = without_colour(output);
        let mut count = match self {
            Runner::Cargo => cargo(&text),
            Runner::Node => node(&text),
            Runner::Playwright => playwright(&text),
        };
        if !succeeded && count.failed == 0 {
            count.failed = 1;
            count.fail(format!("{title}: ended with an error that belongs to no test"));
        } else if count.passed + count.failed == 0 {
            count.failed = 1;
            count.fail(format!("{title}: ran no test"));
        }
        for failure in &mut count.failures {
            if !failure.starts_with(title) {
                *failure = format!("{title}: {failure}");
            }
        }
        count
    }
}

fn cargo(text: &str) -> Count {
    let mut count = Count::default();
    for line in text.lines().map(str::trim) {
        if let Some(figures) = line.strip_prefix("test result:") {
            count.passed += before(figures, "passed");
            count.failed += before(figures, "failed");
        } else if let Some(test) = line.strip_prefix("test ") {
            let failed = test.strip_suffix(" ... FAILED").or_else(|| test.strip_suffix(" ... FAIL"));
            if let Some(name) = failed {
                count.fail(name.to_owned());
            }
        } else if let Some(target) = line.strip_prefix("error: could not compile ") {
            count.failed += 1;
            count.fail(format!("could not compile {target}"));
        }
    }
    count
}

fn node(text: &str) -> Count {
    let mut count = Count::default();
    // Both reporters (TAP begins with "# ", spec with "ℹ ") give totals, and print failed tests again at the end.
    for line in text.lines() {
        let line = line.trim();
        let Some(total) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else {
            let failed = line
                .strip_prefix("✖ ")
                .or_else(|| line.strip_prefix("not ok ").and_then(|rest| Some(rest.split_once(" - ")?.1)));
            if let Some(name) = failed.filter(|name| *name != "failing tests:") {
                count.fail(without_duration(name).to_owned());
            }
            continue;
        };
        match total.split_once(' ') {
            Some(("pass", number)) => count.passed += number.parse().unwrap_or(0),
            Some(("fail" | "cancelled", number)) => count.failed += number.parse().unwrap_or(0),
            _ => {}
        }
    }
    count
}

fn playwright(text: &str) -> Count {
    let mut count = Count::default();
    let mut in_failed = false;
    let mut in_flaky = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kind = match words.as_slice() {
            [number, kind @ ..] if line.starts_with("  ") && !kind.is_empty() => {
                number.parse::<u32>().ok().map(|n| (n, kind))
            }
            _ => None,
        };
        match kind {
            Some((number, [word @ ("passed" | "flaky"), ..])) => {
                count.passed += number;
                (in_failed, in_flaky) = (false, *word == "flaky");
            }
            Some((number, ["failed" | "interrupted"] | ["did", "not", "run"])) => {
                count.failed += number;
                (in_failed, in_flaky) = (true, false);
            }
            Some((_, ["skipped"])) => (in_failed, in_flaky) = (false, false),
            _ if in_flaky && line.starts_with("    ") && line.contains(" › ") => {
                count.wavering.push(line.trim().trim_end_matches([' ', '─']).to_owned())
            }
            _ if in_failed && line.starts_with("    ") && line.contains(" › ") => {
                count.fail(line.trim().trim_end_matches([' ', '─']).to_owned())
            }
            _ => {}
        }
    }
    count
}

/// The number before a word: `before(" ok. 12 passed; 0 failed", "passed")` is 12.
fn before(figures: &str, word: &str) -> u32 {
    let words: Vec<&str> = figures.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// Node appends " (12.3ms)".
fn without_duration(name: &str) -> &str {
    match name.rsplit_once(" (") {
        Some((test, time)) if time.ends_with("ms)") => test,
        _ => name,
    }
}

/// Without terminal escape sequences.
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            plain.push(character);
            continue;
        }
        if characters.next() == Some('[') {
            characters.by_ref().find(|end| ('@'..='~').contains(end));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_every_binary_of_cargo_test() {
        let text = "running 2 tests\ntest a::b ... ok\ntest a::c ... \u{1b}[31mFAILED\u{1b}[0m\n\n\
            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: \u{1b}[32mok\u{1b}[0m. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.2s\n";
        let count = Runner::Cargo.count("cargo test", text, false);
        assert_eq!((count.passed, count.failed), (13, 1));
        assert_eq!(count.failures, ["cargo test: a::c"]);
    }

    #[test]
    fn what_does_not_compile_is_a_failure() {
        let text =
            "error[E0308]: mismatched types\nerror: could not compile `tunetrees` (lib) due to 1 previous error\n";
        let count = Runner::Cargo.count("cargo test", text, false);
        assert_eq!((count.passed, count.failed), (0, 1));
    }

    #[test]
    fn a_runner_that_dies_or_runs_nothing_fails() {
        let died = Runner::Cargo.count("cargo test", "test result: ok. 3 passed; 0 failed; 0 ignored\n", false);
        assert_eq!((died.passed, died.failed), (3, 1));
        let nothing = Runner::Playwright.count("playwright", "Error: No tests found\n", true);
        assert_eq!((nothing.passed, nothing.failed), (0, 1));
    }

    #[test]
    fn reads_playwright() {
        let text = "Running 7 tests using 1 worker\n  ✓  1 [desktop] › a.spec.ts:3:1 › opens (1.2s)\n\n\
            \u{20} 1) [desktop] › a.spec.ts:9:1 › syncs ─────────\n    Error: expected 3 failed to be 4\n\n\
            \u{20} 1 failed\n    [desktop] › a.spec.ts:9:1 › syncs ──────────────────────────\n\
            \u{20} 1 flaky\n    [phone] › a.spec.ts:12:1 › rates\n  2 skipped\n  1 did not run\n  3 passed (1.2m)\n";
        let count = Runner::Playwright.count("playwright", text, false);
        assert_eq!((count.passed, count.failed), (4, 2));
        assert_eq!(count.failures, ["playwright: [desktop] › a.spec.ts:9:1 › syncs"]);
        assert_eq!(count.wavering, ["[phone] › a.spec.ts:12:1 › rates"]);
    }

    #[test]
    fn reads_both_reporters_of_node() {
        let spec = "✔ signs in (12.1ms)\n✖ refreshes (3.4ms)\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\n\n✖ failing tests:\n\n✖ refreshes (3.4ms)\n";
        let tap =
            "TAP version 13\nok 1 - signs in\nnot ok 2 - refreshes\n# tests 2\n# pass 1\n# fail 1\n# cancelled 0\n";
        for text in [spec, tap] {
            let count = Runner::Node.count("js", text, false);
            assert_eq!((count.passed, count.failed), (1, 1), "{text}");
            assert_eq!(count.failures, ["js: refreshes"]);
        }
    }
}
