//! Lines and cells: RFC 4180 with any separator.

use std::borrow::Cow;

use crate::formats::limits;

/// A record longer than this is no table: an unclosed quote swallows the rest of the file.
pub const RECORD_BYTES: usize = 64 << 20;

/// The mark that splits the first lines most often and most evenly, outside quotes.
pub fn separator_of(text: &[u8]) -> u8 {
    let count = |separator: u8| {
        let mut records = Records::new(&text[..text.len().min(64 << 10)], 0, separator);
        let counts: Vec<usize> = std::iter::from_fn(|| records.next().map(|r| r.len())).take(20).collect();
        let first = counts.first().copied().unwrap_or(0);
        let even = counts.iter().filter(|c| **c == first).count();
        if first < 2 { (0, 0) } else { (even * 100 / counts.len().max(1), first) }
    };
    [b',', b'\t', b';', b'|'].into_iter().max_by_key(|s| count(*s)).filter(|s| count(*s).1 > 1).unwrap_or(b',')
}

/// Records of RFC 4180 with any separator; line ends inside quotes belong to the cell.
pub struct Records<'a> {
    text: &'a [u8],
    /// Where the next record begins.
    pub at: usize,
    separator: u8,
    /// Where a quote opens that nothing closes: from there on quotes are plain characters.
    pub unclosed: Option<usize>,
}

impl<'a> Records<'a> {
    /// Goes through `text` from byte `at` on.
    pub fn new(text: &'a [u8], at: usize, separator: u8) -> Self {
        Self { text, at, separator, unclosed: None }
    }

    /// The cells of the next record, at most one more than a layer may have fields.
    pub fn next(&mut self) -> Option<Vec<Cow<'a, str>>> {
        // Empty lines are none.
        while matches!(self.text.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        if self.at >= self.text.len() {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            let cell = self.cell();
            if cells.len() <= limits::FIELDS {
                cells.push(cell);
            }
            match self.text.get(self.at) {
                Some(b) if *b == self.separator => self.at += 1,
                Some(b'\r') if self.text.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    return Some(cells);
                }
                Some(_) => {
                    self.at += 1;
                    return Some(cells);
                }
                None => return Some(cells),
            }
        }
    }

    fn cell(&mut self) -> Cow<'a, str> {
        let text = self.text;
        let plain_end = |from: usize| {
            text[from..]
                .iter()
                .position(|b| *b == self.separator || matches!(b, b'\n' | b'\r'))
                .map_or(text.len(), |n| from + n)
        };
        if text.get(self.at) != Some(&b'"') || self.unclosed.is_some() {
            let end = plain_end(self.at);
            let cell = &text[self.at..end];
            self.at = end;
            return String::from_utf8_lossy(cell);
        }
        let mut cell = Vec::new();
        let mut i = self.at + 1;
        let mut closed = false;
        while i < text.len() && i - self.at <= RECORD_BYTES {
            match (text[i], text.get(i + 1)) {
                (b'"', Some(b'"')) => {
                    cell.push(b'"');
                    i += 2;
                }
                (b'"', _) => {
                    i += 1;
                    closed = true;
                    break;
                }
                (other, _) => {
                    cell.push(other);
                    i += 1;
                }
            }
        }
        if !closed {
            self.unclosed = Some(self.at);
            let end = plain_end(self.at);
            let cell = &text[self.at..end];
            self.at = end;
            return String::from_utf8_lossy(cell);
        }
        // What stands between the closing quote and the separator belongs to the cell as well.
        let end = plain_end(i.min(text.len()));
        cell.extend_from_slice(&text[i.min(end)..end]);
        self.at = end;
        Cow::Owned(String::from_utf8_lossy(&cell).into_owned())
    }
}
