//! The columns of a list as a dialog offers them: those it shows in their order, then the others.

/// A column in the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer<C> {
    /// Which.
    pub column: C,
    /// Is it shown?
    pub shown: bool,
    /// Is it always there, in its place?
    pub fixed: bool,
    /// Can it come earlier?
    pub earlier: bool,
    /// Can it come later?
    pub later: bool,
}

/// What is offered where `shown` are there; the first `fixed` of them always.
pub fn offers<C: Copy + PartialEq>(shown: &[C], all: &[C], fixed: usize) -> Vec<Offer<C>> {
    let there = shown.iter().enumerate().map(|(at, column)| {
        let fix = at < fixed;
        let (earlier, later) = (at > fixed, !fix && at + 1 < shown.len());
        Offer { column: *column, shown: true, fixed: fix, earlier, later }
    });
    let others = all.iter().filter(|column| !shown.contains(column));
    let others =
        others.map(|column| Offer { column: *column, shown: false, fixed: false, earlier: false, later: false });
    there.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_come_first_and_move_among_themselves_behind_what_is_fixed() {
        let offered = offers(&["title", "key", "due"], &["title", "kind", "key", "due"], 1);
        let told: Vec<_> = offered.iter().map(|o| (o.column, o.shown, o.fixed, o.earlier, o.later)).collect();
        let expected = [
            ("title", true, true, false, false),
            ("key", true, false, false, true),
            ("due", true, false, true, false),
            ("kind", false, false, false, false),
        ];
        assert_eq!(told, expected);
        assert!(offers(&["key"], &["key"], 0).iter().all(|offer| !offer.earlier && !offer.later));
    }
}
