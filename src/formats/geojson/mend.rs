//! What JSON does not allow but programs write.

/// A feature's text made valid: `NaN` and `Infinity` (Python's own writer) become null, halves of
/// surrogate pairs (texts cut by JavaScript) U+FFFD, control characters in texts spaces. `None` where
/// nothing of that is in it.
pub fn mend(text: &[u8]) -> Option<Vec<u8>> {
    const NUMBERS: [&[u8]; 4] = [b"-Infinity", b"+Infinity", b"Infinity", b"NaN"];
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut inside, mut changed) = (0, false, false);
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        let (bytes, taken): (&[u8], usize) = match byte {
            b'"' => {
                inside = !inside;
                (b"\"", 1)
            }
            b'\\' if inside => match (high_half(rest), low_half(rest)) {
                (true, _) if rest.get(6..).is_some_and(low_half) => (&rest[..12], 12),
                (false, false) => (&rest[..rest.len().min(2)], 2),
                _ => (b"\\ufffd", 6),
            },
            0..=0x1f if inside => (b" ", 1),
            b'N' | b'I' | b'-' | b'+' if !inside => match NUMBERS.iter().find(|n| rest.starts_with(n)) {
                Some(number) => (b"null", number.len()),
                None => (&rest[..1], 1),
            },
            _ => (&rest[..1], 1),
        };
        changed |= bytes != &rest[..taken.min(rest.len())];
        out.extend_from_slice(bytes);
        at += taken;
    }
    changed.then_some(out)
}

/// Whether `\uD800` to `\uDBFF` stands here.
fn high_half(text: &[u8]) -> bool {
    half(text).is_some_and(|digit| matches!(digit, b'8' | b'9' | b'a' | b'b'))
}

/// Whether `\uDC00` to `\uDFFF` stands here.
fn low_half(text: &[u8]) -> bool {
    half(text).is_some_and(|digit| matches!(digit, b'c'..=b'f'))
}

/// The second digit of an escape that begins with D.
fn half(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let hex = digits.iter().all(u8::is_ascii_hexdigit) && digits[0].eq_ignore_ascii_case(&b'd');
    hex.then(|| digits[1].to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_json_does_not_allow_changes() {
        let mended = |text: &str| mend(text.as_bytes()).map(|t| String::from_utf8(t).unwrap());
        assert_eq!(
            mended(r#"{"a": NaN, "b": [-Infinity, 1e-5], "NaN": "NaN"}"#).unwrap(),
            r#"{"a": null, "b": [null, 1e-5], "NaN": "NaN"}"#
        );
        assert_eq!(mended(r#""x\ud83d""#).unwrap(), r#""x\ufffd""#);
        assert_eq!(mended("\"a\nb\"").unwrap(), "\"a b\"");
        for fine in [r#""\ud83d\ude00""#, r#""\\ud83d \" NaN""#, "{\n}", r#""\u00e9""#, r#""\"#] {
            assert_eq!(mended(fine), None, "{fine}");
        }
    }
}
