//! "Perhaps you meant …": the nearest name, as PostgREST's fuzzy set finds it (shared trigrams or bigrams, then edit
//! distance relative to the longer word).

/// The candidate nearest to `wanted`, if any is near enough.
pub fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    for size in [3, 2] {
        let grams = grams_of(&wanted, size);
        let near =
            candidates.clone().filter(|name| grams_of(&name.to_lowercase(), size).iter().any(|g| grams.contains(g)));
        let best = near.map(|name| (likeness(&wanted, &name.to_lowercase()), name)).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((score, name)) = best
            && score > 0.33
        {
            return Some(name);
        }
    }
    None
}

fn grams_of(word: &str, size: usize) -> Vec<String> {
    let padded: Vec<char> = std::iter::once('-').chain(word.chars()).chain(std::iter::once('-')).collect();
    padded.windows(size).map(|w| w.iter().collect()).collect()
}

fn likeness(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let changed = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    1.0 - row[b.len()] as f64 / a.len().max(b.len()).max(1) as f64
}
