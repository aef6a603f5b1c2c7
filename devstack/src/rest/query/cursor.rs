//! Reading a query parameter character by character, and saying where it went wrong in Parsec's form, as PostgREST
//! does. Knows names and quoting, no grammar.

use crate::rest::error::ApiError;

/// A place in a parameter's text.
pub struct Cursor {
    chars: Vec<char>,
    pos: usize,
    what: &'static str,
    shown: String,
}

impl Cursor {
    /// Reads `text`; errors say "failed to parse `what` (`shown`)".
    pub fn new(what: &'static str, shown: &str, text: &str) -> Cursor {
        Cursor { chars: text.chars().collect(), pos: 0, what, shown: shown.to_string() }
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.pos).copied()
    }

    /// The character after the next.
    pub fn peek_second(&self) -> Option<char> {
        self.chars.get(self.pos + 1).copied()
    }

    /// Whether all is read.
    pub fn at_end(&self) -> bool {
        self.pos >= self.chars.len()
    }

    /// Takes the next character.
    pub fn next_char(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += 1;
        Some(c)
    }

    /// Takes `text` if it stands here.
    pub fn take(&mut self, text: &str) -> bool {
        let here = self.looking_at(text);
        if here {
            self.pos += text.chars().count();
        }
        here
    }

    /// Whether `text` stands here.
    pub fn looking_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.pos + i) == Some(&c))
    }

    /// Everything up to the end.
    pub fn rest(&mut self) -> String {
        let text = self.chars[self.pos..].iter().collect();
        self.pos = self.chars.len();
        text
    }

    /// A position to come back to.
    pub fn mark(&self) -> usize {
        self.pos
    }

    /// Goes back to a mark.
    pub fn reset(&mut self, mark: usize) {
        self.pos = mark;
    }

    /// Takes characters while `wanted` holds.
    pub fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let start = self.pos;
        while self.peek().is_some_and(&wanted) {
            self.pos += 1;
        }
        self.chars[start..self.pos].iter().collect()
    }

    /// Skips blanks.
    pub fn skip_blanks(&mut self) {
        self.take_while(|c| c == ' ');
    }

    /// The error "unexpected what stands here".
    pub fn unexpected(&self, expecting: &str) -> ApiError {
        let here = self.peek().map_or("end of input".to_string(), |c| format!("\"{c}\""));
        let message = format!("\"failed to parse {} ({})\" (line 1, column {})", self.what, self.shown, self.pos + 1);
        ApiError::new(400, "PGRST100", message).details(format!("unexpected {here} expecting {expecting}"))
    }

    /// A column or alias: quoted, or letters, digits, `_`, `$`, blanks and single dashes.
    pub fn name(&mut self) -> Result<String, ApiError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let mut name = String::new();
        while let Some(c) = self.peek() {
            let dash = c == '-' && self.peek_second() != Some('>');
            if !(c.is_alphanumeric() || matches!(c, '_' | '$' | ' ') || dash) {
                break;
            }
            name.push(c);
            self.pos += 1;
        }
        let name = name.trim().to_string();
        if name.is_empty() {
            return Err(self.unexpected("field name (* or [a..z0..9_$])"));
        }
        Ok(name)
    }

    /// A double-quoted text; `\` takes the next character as it is.
    pub fn quoted(&mut self) -> Result<String, ApiError> {
        let mut text = String::new();
        if !self.take("\"") {
            return Err(self.unexpected("\"\\\"\""));
        }
        loop {
            match self.next_char() {
                Some('"') => return Ok(text),
                Some('\\') => match self.next_char() {
                    Some(c) => text.push(c),
                    None => return Err(self.unexpected("any character")),
                },
                Some(c) => text.push(c),
                None => return Err(self.unexpected("\"\\\"\"")),
            }
        }
    }
}
