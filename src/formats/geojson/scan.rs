//! Finding values in JSON text without building them: strings, escapes and depth, nothing else.
//!
//! The reader hands one feature's slice at a time to the parser, so a file of any size needs the
//! memory of its largest feature, and a feature that does not parse costs only itself.

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
        b'{' | b'[' => {
            let (mut depth, mut i) = (0_u32, at);
            while i < stop {
                match text[i] {
                    b'"' => i = string_end(text, i, stop)? - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(i + 1);
                        }
                    }
                    _ => {}
                }
                i += 1;
            }
            None
        }
        _ => {
            let end =
                text[at..stop].iter().position(|b| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
            let end = end.map_or(stop, |n| at + n);
            // A stray closing mark is not a value; going on from it would never end.
            (end > at).then_some(end)
        }
    }
}

fn string_end(text: &[u8], quote: usize, stop: usize) -> Option<usize> {
    let mut i = quote + 1;
    while i < stop {
        match text[i] {
            b'\\' => i += 2,
            b'"' => return Some(i + 1),
            _ => i += 1,
        }
    }
    None
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
}
