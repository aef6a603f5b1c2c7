//! What was done with many tunes at once, in a sentence. Pure.

use super::locale::counted;
use crate::domain::bulk::Change;
use crate::ui::text::{say, t, told};

/// After a change of so many tunes.
pub fn changed(number: usize, change: &Change) -> String {
    let tunes = counted(number as i64, "tune");
    match change {
        Change::Review => say!("{tunes} wished for the next practice", tunes),
        Change::PutAside => say!("{tunes} put aside until further notice", tunes),
        Change::Goal(goal) => say!("Goal of {tunes}: {goal}", tunes, goal = told(goal.label())),
    }
}

/// After a tag was put on `tagged` tunes of `chosen`; the others had it.
pub fn tagged(tagged: usize, chosen: usize) -> String {
    let tunes = |number: usize| counted(number as i64, "tune");
    match (tagged, chosen - tagged.min(chosen)) {
        (tagged, 0) => say!("{tunes} tagged", tunes = tunes(tagged)),
        (0, 1) => t("It has this tag already").to_owned(),
        (0, _) => t("All of them have this tag already").to_owned(),
        (tagged, had) => say!("{tunes} tagged; {had} had this tag already", tunes = tunes(tagged), had),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::scheduling::Goal;

    #[test]
    fn what_was_done_is_said_of_each_that_it_was_done_with() {
        assert_eq!(
            [tagged(3, 3), tagged(1, 3), tagged(0, 3), tagged(0, 1)],
            [
                "3 tunes tagged",
                "1 tune tagged; 2 had this tag already",
                "All of them have this tag already",
                "It has this tag already",
            ]
        );
        assert_eq!(changed(1, &Change::PutAside), "1 tune put aside until further notice");
        assert!(changed(2, &Change::Goal(Goal::default())).starts_with("Goal of 2 tunes: "));
    }
}
