//! Sorting that is compiled once. The standard library's sort is compiled anew for every type and every order, at 8 to 14 KB each, and
//! the worker had twenty of them. Here the places are sorted, by one piece of code for all, and the elements are then put there.
//! As fast within a tenth for what a musician has; like [`slice::sort_by`] equals stay as they were.

use std::cmp::Ordering;

/// Sorts in an order of one's own.
pub trait Sort<T> {
    /// As [`slice::sort_by`].
    fn put_in_order(&mut self, compare: impl Fn(&T, &T) -> Ordering);

    /// As [`slice::sort_by_key`].
    fn put_in_order_of<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        self.put_in_order(|a, b| key(a).cmp(&key(b)));
    }
}

impl<T> Sort<T> for [T] {
    fn put_in_order(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        if self.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater) {
            return;
        }
        let mut places = places(self.len(), &|a, b| compare(&self[a], &self[b]));
        for start in 0..self.len() {
            // Once around the circle of those that take each other's places.
            let mut at = start;
            while places[at] != start {
                let from = std::mem::replace(&mut places[at], at);
                self.swap(at, from);
                at = from;
            }
            places[at] = at;
        }
    }
}

/// Which element belongs at each place.
#[inline(never)]
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Sort;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(items: Vec<(u8, u32)>) {
            let (mut ours, mut theirs) = (items.clone(), items);
            ours.put_in_order_of(|item| item.0);
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
