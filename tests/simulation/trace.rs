//! What happened, in order: always as a hash (two runs of a seed must agree), as text when a person is to read it.

pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub fn new(readable: bool) -> Trace {
        Trace { hash: 0xcbf2_9ce4_8422_2325, lines: readable.then(Vec::new) }
    }

    /// Notes one thing: `what` and `numbers` go into the hash, `text` is made only for readers.
    pub fn note(&mut self, at: i64, who: Option<usize>, what: &str, numbers: &[i64], text: impl FnOnce() -> String) {
        self.mix(at as u64);
        self.mix(who.map_or(u64::MAX, |who| who as u64));
        for byte in what.bytes() {
            self.mix(u64::from(byte));
        }
        for number in numbers {
            self.mix(*number as u64);
        }
        if let Some(lines) = &mut self.lines {
            let who = who.map_or("server".to_owned(), |who| format!("dev {who}"));
            lines.push(format!("{:>10.3} s  {who:<7} {what:<10} {}", at as f64 / 1e6, text()));
        }
    }

    fn mix(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }

    pub fn hash(&self) -> u64 {
        self.hash
    }

    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
