//! Patterns of LIKE: `%` is any text, `_` one character, `\` takes the next character as it is.

/// A pattern, read once.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    fold: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Any,
    One,
    Letter(char),
}

impl Pattern {
    /// Reads a pattern; with `fold`, upper and lower case are the same.
    pub fn new(text: &str, fold: bool) -> Self {
        let folded = if fold { text.to_lowercase() } else { text.to_owned() };
        let mut pieces = Vec::new();
        let mut letters = folded.chars();
        while let Some(letter) = letters.next() {
            let piece = match letter {
                '%' => Piece::Any,
                '_' => Piece::One,
                '\\' => Piece::Letter(letters.next().unwrap_or('\\')),
                other => Piece::Letter(other),
            };
            if piece != Piece::Any || pieces.last() != Some(&Piece::Any) {
                pieces.push(piece);
            }
        }
        Self { pieces, fold }
    }

    /// Whether a text has the pattern.
    pub fn matches(&self, text: &str) -> bool {
        if self.fold { self.walk(&text.to_lowercase()) } else { self.walk(text) }
    }

    /// Greedy with one step back: after a failure only the last `%` takes one more character, so the
    /// work is at most text × pattern.
    fn walk(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut back: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let mut ahead = rest.clone();
            match (self.pieces.get(at), ahead.next()) {
                (Some(Piece::Any), _) => {
                    back = Some((at, rest.clone()));
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::One), Some(_)) => {
                    (rest, at) = (ahead, at + 1);
                    continue;
                }
                (Some(Piece::Letter(wanted)), Some(found)) if *wanted == found => {
                    (rest, at) = (ahead, at + 1);
                    continue;
                }
                _ => {}
            }
            let Some((star, mut from)) = back.take() else { return false };
            if from.next().is_none() {
                return false;
            }
            rest = from.clone();
            at = star + 1;
            back = Some((star, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern, false).matches(text)
    }

    #[test]
    fn percent_is_any_text_and_underscore_one_character_of_any_script() {
        assert!(like("天津市第一中学", "%中学"));
        assert!(like("天津市第一中学", "天津_第%"));
        assert!(!like("天津市", "天津"));
        assert!(like("", "%") && !like("", "_"));
        assert!(like("abcabd", "%ab_%d") && like("aab", "%ab") && !like("aac", "%ab"));
        assert!(like("100%", r"100\%") && !like("1000", r"100\%"));
    }

    #[test]
    fn case_matters_unless_folded() {
        assert!(!like("School", "school%"));
        assert!(Pattern::new("SCHOOL%", true).matches("School No 1"));
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let text = "a".repeat(5_000);
        assert!(!like(&text, &format!("{}b", "%a".repeat(200))));
    }
}
