//! Which tabs are in front, as far as the worker has heard. A tab that crashes says no good-bye: while it is in front it says so again and
//! again, and counts as gone when it does not.
//!
//! Knows no browser and no clock: whoever hears a tab's word asks after [`FORGET_MS`] whether another one has come since.

use std::collections::HashMap;

use super::protocol::TabId;

/// A tab in front says so every so many of its ticks, of about a second each.
pub const SAY_EVERY: u32 = 30;
/// A word counts for so long, in milliseconds: two may be missed.
pub const FORGET_MS: u32 = 100_000;

/// The tabs in front, each with its last word.
#[derive(Debug, Default)]
pub struct InFront {
    tabs: HashMap<TabId, Word>,
    words: Word,
}

/// The number of a tab's word.
pub type Word = u64;

impl InFront {
    /// A tab says that it is in front, or is not any more. What is new by that: is any tab in front now?
    pub fn says(&mut self, tab: TabId, visible: bool) -> Option<bool> {
        if !visible {
            self.tabs.remove(&tab);
            return Some(self.any());
        }
        self.words += 1;
        self.tabs.insert(tab, self.words).is_none().then_some(true)
    }

    /// The last word of that tab, if it is in front.
    pub fn last_word(&self, tab: TabId) -> Option<Word> {
        self.tabs.get(&tab).copied()
    }

    /// Some time has passed since that word. If the tab has said nothing since, it is gone; what is new by that, as in [`InFront::says`].
    pub fn forget(&mut self, tab: TabId, word: Word) -> Option<bool> {
        if self.last_word(tab) != Some(word) {
            return None;
        }
        self.tabs.remove(&tab);
        (!self.any()).then_some(false)
    }

    fn any(&self) -> bool {
        !self.tabs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use super::*;

    fn tab(n: u128) -> TabId {
        TabId(Uuid::from_u128(n))
    }

    #[test]
    fn one_in_front_is_enough_and_the_last_one_that_goes_is_news() {
        let mut front = InFront::default();
        assert_eq!(front.says(tab(1), false), Some(false), "the app was opened in the background");
        assert_eq!(front.says(tab(1), true), Some(true));
        assert_eq!(front.says(tab(2), true), Some(true), "she comes to another tab");
        assert_eq!(front.says(tab(2), true), None, "said again");
        assert_eq!(front.says(tab(1), false), Some(true));
        assert_eq!(front.says(tab(2), false), Some(false));
    }

    #[test]
    fn a_tab_that_says_nothing_any_more_is_forgotten_and_one_that_does_is_not() {
        let mut front = InFront::default();
        front.says(tab(1), true);
        front.says(tab(2), true);
        let (first, crashed) = (front.last_word(tab(1)).unwrap(), front.last_word(tab(2)).unwrap());
        front.says(tab(1), true);
        assert_eq!(front.forget(tab(1), first), None, "it has spoken since");
        assert_eq!(front.forget(tab(2), crashed), None, "the other one is still there");
        let last = front.last_word(tab(1)).unwrap();
        assert_eq!(front.forget(tab(1), last), Some(false));
        assert_eq!(front.says(tab(1), true), Some(true), "it had only been slow");
    }
}
