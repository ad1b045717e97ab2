//! Finding values in JSON text without building them: strings, escapes and depth, nothing else.
//!
//! The reader hands one feature's slice at a time to the parser, so a file of any size needs the
//! memory of its largest feature, and a feature that does not parse costs only itself.

use memchr::{memchr2, memchr2_iter, memchr3};

/// Skips white space and the record separators of RFC 8142 from `at`.
pub fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r' | 0x1e)) {
        at += 1;
    }
    at
}

/// The end of the value that begins at `at` (not white space): one past its last byte. `None` when
/// the text ends inside it or it is longer than `limit`.
pub fn value_end(text: &[u8], at: usize, limit: usize) -> Option<usize> {
    let stop = text.len().min(at.saturating_add(limit));
    match text.get(at)? {
        b'"' => string_end(text, at, stop),
        b'{' => nested_end(text, at, stop, b'{', b'}'),
        b'[' => nested_end(text, at, stop, b'[', b']'),
        _ => {
            let end =
                text[at..stop].iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
            let end = end.map_or(stop, |n| at + n);
            // A stray closing mark is not a value; going on from it would never end.
            (end > at).then_some(end)
        }
    }
}

/// The end of an object or array. Only its own marks count: where the others do not match, the parser says so.
fn nested_end(text: &[u8], mut at: usize, stop: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_u32;
    loop {
        at += memchr3(b'"', open, close, text.get(at..stop)?)?;
        match text[at] {
            b'"' => {
                at = string_end(text, at, stop)?;
                continue;
            }
            byte if byte == open => depth += 1,
            _ => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
        }
        at += 1;
    }
}

fn string_end(text: &[u8], quote: usize, stop: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..stop)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Where the next record may begin after `at`: a `{` that begins a line, or a record separator.
pub fn next_record(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    memchr2_iter(b'\n', 0x1e, rest).map(|n| at + 1 + n).find_map(|mark| match (text[mark], text.get(mark + 1)) {
        (0x1e, _) => Some(mark),
        (_, Some(b'{' | 0x1e)) => Some(mark + 1),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_quotes_inside_strings_do_not_count() {
        let text = br#"{"a": "}\"]\\", "b": [1, {"c": "{"}]} tail"#;
        assert_eq!(value_end(text, 0, 1000), Some(text.len() - 5));
        assert_eq!(value_end(text, 0, 10), None);
        assert_eq!(value_end(b"12.5, 3", 0, 1000), Some(4));
        assert_eq!(value_end(b"]", 0, 1000), None);
    }

    #[test]
    fn a_record_begins_where_a_line_begins_with_a_brace() {
        let text = b"{\"a\":\n [{}]}\n{\"b\":1}\n\x1e{}";
        assert_eq!(next_record(text, 0), Some(13));
        assert_eq!(next_record(text, 13), Some(21));
        assert_eq!(next_record(text, 21), None);
    }
}
