//! Text as people mean it: upper and lower case, full and half width are the same.

use std::borrow::Cow;

/// The folded form of one character: half width, lower case.
fn narrow(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        // The full-width forms of ASCII lie at a fixed distance.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// Folds a text. Text that is folded already is not copied.
pub fn folded(text: &str) -> Cow<'_, str> {
    // Ids, codes and English names: bytes are looked at many at a time.
    if text.is_ascii() {
        return if text.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let plain = |c: char| narrow(c) == c && !c.is_uppercase();
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(narrow).flat_map(char::to_lowercase).collect())
}

/// Letters to insert, delete or replace to make one word of the other (Levenshtein), of the first 64.
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_width_are_the_same_and_plain_text_is_not_copied() {
        assert_eq!(folded("ＡＢ１２　Ｃ"), "ab12 c");
        assert_eq!(folded("Straße 建筑"), "straße 建筑");
        assert_eq!(folded("GB00003F Tower"), "gb00003f tower");
        assert!(matches!(folded("住宅 12"), Cow::Borrowed(_)));
    }

    /// Textbook value: kitten → sitting takes three edits.
    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("高度", "建筑高度"), 2);
    }
}
