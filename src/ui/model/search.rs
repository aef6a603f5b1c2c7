//! Lists that grow by pages: what to ask for next, and how to count in words.

/// Rows asked for at a time.
pub const PAGE: u32 = 50;

/// How many rows to show after “show more”: whole pages, never more than there are.
pub const fn grown(shown: u32, total: u32) -> u32 {
    let next = shown.saturating_add(PAGE);
    if next > total { if total > PAGE { total } else { PAGE } } else { next }
}

/// “488 tunes”, “1 tune”, “No tune”.
pub fn tunes(count: u32) -> String {
    match count {
        0 => "No tunes".into(),
        1 => "1 tune".into(),
        count => format!("{count} tunes"),
    }
}

/// The line above a list: “12 of 488 tunes match”.
pub fn total(count: u32, searching: bool) -> String {
    match (count, searching) {
        (0, true) => "No tune matches".into(),
        (1, true) => "1 tune matches".into(),
        (count, true) => format!("{count} tunes match"),
        (count, false) => tunes(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_by_pages_up_to_their_end() {
        assert_eq!(grown(PAGE, 488), 2 * PAGE);
        assert_eq!(grown(450, 488), 488);
        assert_eq!(grown(PAGE, 3), PAGE);
    }

    #[test]
    fn counts_are_told_in_words() {
        assert_eq!(total(0, true), "No tune matches");
        assert_eq!(total(488, false), "488 tunes");
        assert_eq!(total(1, true), "1 tune matches");
    }
}
