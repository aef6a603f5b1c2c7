//! Version numbers as programs print them.

use std::{fmt, str::FromStr};

/// `major.minor.patch`; missing parts are 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first thing that looks like a version in a program's answer: "trunk 0.21.14", "v20.20.2", "clang version 14.0.6".
    pub fn find(answer: &str) -> Option<Version> {
        answer.split_whitespace().find_map(|word| word.parse().ok())
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(word: &str) -> Result<Version, ()> {
        let word = word.trim_start_matches('v').trim_end_matches([',', ')', ';']);
        if !word.starts_with(|c: char| c.is_ascii_digit()) || !word.contains('.') {
            return Err(());
        }
        let mut parts = word.split(['.', '-', '+', '~']).map(|part| part.parse::<u32>().ok());
        let major = parts.next().flatten().ok_or(())?;
        let mut next = || parts.next().flatten().unwrap_or(0);
        Ok(Version(major, next(), next()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_versions_in_what_programs_say() {
        for (answer, version) in [
            ("trunk 0.21.14", Version(0, 21, 14)),
            ("wasm-bindgen 0.2.130", Version(0, 2, 130)),
            ("v20.20.2\n", Version(20, 20, 2)),
            ("Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu", Version(14, 0, 6)),
            ("Debian clang version 22.1.0 (++2026)", Version(22, 1, 0)),
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", Version(15, 14, 0)),
            ("Chromium 156.0.7000.12 built on Debian", Version(156, 0, 7000)),
        ] {
            assert_eq!(Version::find(answer), Some(version), "{answer}");
        }
        assert_eq!(Version::find("no version here"), None);
    }

    #[test]
    fn compares_by_number_not_by_text() {
        assert!(Version(0, 2, 130) > Version(0, 2, 92));
        assert!(Version(9, 9, 9) < Version(16, 0, 0));
    }
}
