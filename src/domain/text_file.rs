//! The text of a file that another program wrote, perhaps long ago: which encoding it is in is found out from its bytes, so that no accent is lost.

/// Windows-1252 where it differs from Latin-1, from 0x80 on; what it leaves open stays as in Latin-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// How text is written in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// What is written today.
    Utf8,
    /// Some spreadsheets' “Unicode text”.
    Utf16 {
        /// The high byte first?
        big: bool,
    },
    /// Western programs of old; Latin-1 is part of it.
    Windows,
}

impl Encoding {
    /// The encoding of these bytes: by their mark, else by what they can be.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xff, 0xfe, ..] => return Encoding::Utf16 { big: false },
            [0xfe, 0xff, ..] => return Encoding::Utf16 { big: true },
            _ => {}
        }
        // Without a mark: every other byte of western text in UTF-16 is zero, and none of any other text.
        let sample = &bytes[..bytes.len().min(2000) & !1];
        let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        if even.max(odd) > sample.len() / 4 {
            return Encoding::Utf16 { big: even > odd };
        }
        if std::str::from_utf8(bytes).is_ok() { Encoding::Utf8 } else { Encoding::Windows }
    }
}

/// The text of a file, without a byte order mark.
pub fn text(bytes: &[u8]) -> String {
    let text = match Encoding::of(bytes) {
        Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Encoding::Utf16 { big } => {
            let pair = |pair: &[u8]| if big { [pair[0], pair[1]] } else { [pair[1], pair[0]] };
            let units = bytes.chunks_exact(2).map(|bytes| u16::from_be_bytes(pair(bytes)));
            char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Encoding::Windows => bytes
            .iter()
            .map(|byte| match byte {
                0x80..=0x9f => WINDOWS[usize::from(byte - 0x80)],
                byte => char::from(*byte),
            })
            .collect(),
    };
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "T:Ómós do Pheadar “Ó Riada” – 5 €";

    #[test]
    fn accents_survive_every_encoding_that_old_programs_write() {
        let little: Vec<u8> = TITLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TITLE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let windows: Vec<u8> = TITLE
            .chars()
            .map(|letter| match WINDOWS.iter().position(|other| *other == letter) {
                Some(at) => 0x80 + at as u8,
                None => letter as u32 as u8,
            })
            .collect();
        let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for bytes in [
            TITLE.as_bytes().to_vec(),
            marked(&[0xef, 0xbb, 0xbf], TITLE.as_bytes()),
            marked(&[0xff, 0xfe], &little),
            marked(&[0xfe, 0xff], &big),
            little,
            big,
            windows,
        ] {
            assert_eq!(text(&bytes), TITLE, "{bytes:?}");
        }
    }

    #[test]
    fn odd_bytes_never_panic() {
        for bytes in
            [&[][..], &[0xff], &[0xff, 0xfe], &[0xff, 0xfe, 0x41], &[0, 0xd8, 0, 0], &[0x80, 0x9f, 0xff], &[0; 9]]
        {
            let _ = text(bytes);
        }
    }
}
