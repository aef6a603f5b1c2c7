//! What the commands print: headings, single lines, durations. Nothing else prints in another style.

use std::time::Duration;

/// A heading before a longer piece of work.
pub fn heading(text: &str) {
    println!("\n== {text}");
}

/// One line on what is being done, or on what was found.
pub fn line(text: &str) {
    println!("   {text}");
}

/// The last line of a command that went well.
pub fn done(text: &str) {
    println!("\nDone: {text}.");
}

/// The last line of a command that did not.
pub fn failed(text: &str) {
    eprintln!("\nFailed: {text}");
}

/// "4.2 s" or "3 min 05 s".
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// "1.25 MB" or "87 KB" (decimal, as browsers and hosts count).
pub fn bytes(count: u64) -> String {
    if count >= 1_000_000 { format!("{:.2} MB", count as f64 / 1e6) } else { format!("{:.1} KB", count as f64 / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_well() {
        assert_eq!(duration(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
        assert_eq!(bytes(1_250_000), "1.25 MB");
        assert_eq!(bytes(87_040), "87.0 KB");
    }
}
