//! What must never reach a terminal as it is: control characters, which move the cursor or give the terminal orders,
//! and marks that turn the direction of writing, which make text read as another.

use std::borrow::Cow;
use std::io::{self, Write};

/// How such a character is written instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// For people: `\u{1b}`.
    Text,
    /// In JSON, where it can stand in a text alone: `\u001b`.
    Json,
}

/// Whether a character must not reach a terminal. Line ends and tabs may.
fn is_order(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let ends_line = matches!(c, '\u{2028}' | '\u{2029}');
    (c.is_control() && !matches!(c, '\n' | '\t')) || turns || ends_line
}

impl Escape {
    /// A text with such characters written out; not copied where there are none.
    pub fn apply(self, text: &str) -> Cow<'_, str> {
        if !text.chars().any(is_order) {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match self {
                _ if !is_order(c) => shown.push(c),
                Self::Text => shown.extend(c.escape_unicode()),
                // All of them are of the first 65,536.
                Self::Json => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
        }
        Cow::Owned(shown)
    }
}

/// A value as one line for people: line ends are written out as well, so that it cannot look like several answers.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match text.contains(['\n', '\t']) {
        true => Cow::Owned(Escape::Text.apply(&text.replace('\n', "\\n").replace('\t', "\\t")).into_owned()),
        false => Escape::Text.apply(text),
    }
}

/// Writes text with such characters written out.
pub struct Escaping<W> {
    /// Where to.
    pub out: W,
    /// How.
    pub how: Escape,
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (text, taken) = match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), bytes.len()),
            // Half a character: what is written comes in whole texts, so this is none.
            Err(error) if error.valid_up_to() == 0 => (Cow::Borrowed("\u{fffd}"), bytes.len().min(1)),
            Err(error) => (String::from_utf8_lossy(&bytes[..error.valid_up_to()]), error.valid_up_to()),
        };
        self.out.write_all(self.how.apply(&text).as_bytes())?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_to_a_terminal_are_written_out_and_other_text_is_left() {
        let text = |text: &str| Escape::Text.apply(text).into_owned();
        assert_eq!(text("\u{1b}[2Jgone\r\u{9b}31m"), "\\u{1b}[2Jgone\\u{d}\\u{9b}31m");
        assert_eq!(text("invoice\u{202e}gpj.exe"), "invoice\\u{202e}gpj.exe");
        assert!(matches!(Escape::Text.apply("一号楼\n\tA-1 é 😀"), Cow::Borrowed(_)));
        assert_eq!(one_line("a\nb\u{7}"), "a\\nb\\u{7}");
    }

    /// What a JSON reader reads is what was there.
    #[test]
    fn json_stays_json_with_the_same_text_in_it() {
        let name = "a\u{202e}b\u{1b}\u{9b}\n\u{7f}";
        let mut out = Escaping { out: Vec::new(), how: Escape::Json };
        serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "name": name })).unwrap();
        let written = String::from_utf8(out.out).unwrap();
        assert!(!written.chars().any(is_order), "{written:?}");
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["name"], name);
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_the_rest() {
        let mut out = Escaping { out: Vec::new(), how: Escape::Text };
        out.write_all(b"a\xffb\x1b").unwrap();
        assert_eq!(String::from_utf8(out.out).unwrap(), "a\u{fffd}b\\u{1b}");
    }
}
