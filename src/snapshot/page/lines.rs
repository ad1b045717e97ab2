//! Lines of text: what is written, cleaned of what cannot be, broken where Chinese and Latin may be.

use super::letters::{Heft, Letter, Letters, is_wide};

/// No line begins with these.
const NOT_FIRST: &str = "，。、；：？！）〕〉》」』】〗’”…—～％‰°·,.;:?!)]}%";
/// No line ends with these.
const NOT_LAST: &str = "（〔〈《「『【〖‘“￥$([{";

/// A line as it stands, letters from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its letters.
    pub letters: Vec<Letter>,
    /// Its width in sizes of the letters.
    pub width: f64,
}

impl Line {
    fn of(mut letters: Vec<Letter>) -> Self {
        while letters.last().is_some_and(|letter| letter.char == ' ') {
            letters.pop();
        }
        from_right(&mut letters);
        let width = letters.iter().map(|letter| letter.advance).sum();
        Self { letters, width }
    }
}

/// A text without what has no shape of its own: control characters, marks of direction, joiners and selectors.
/// Tabs are spaces; ends of lines stay, whatever control character they are written with.
pub fn clean(text: &str) -> String {
    let is_idle = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c as u32,
                0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F
                | 0xFEFF | 0xFFF0..=0xFFFB | 0xE0000..=0xE0FFF)
    };
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}'], "\n");
    let text = text.replace(['\t', '\u{a0}', '\u{2028}', '\u{2029}'], " ");
    text.chars().filter(|c| !is_idle(*c)).collect()
}

/// The lines of a text, none wider than `width` sizes of its letters unless a single letter is.
pub fn lines(letters: &Letters, text: &str, heft: Heft, width: f64) -> Vec<Line> {
    let mut found = Vec::new();
    for paragraph in clean(text).split('\n') {
        let all: Vec<Letter> = paragraph.chars().map(|char| letters.letter(char, heft)).collect();
        let mut begin = 0;
        while begin < all.len() {
            let end = end_of_line(&all, begin, width);
            found.push(Line::of(all[begin..end].to_vec()));
            begin = end;
            while all.get(begin).is_some_and(|letter| letter.char == ' ') {
                begin += 1;
            }
        }
        if all.is_empty() {
            found.push(Line::default());
        }
    }
    found
}

/// A line cut to a width, with an ellipsis.
pub fn cut(letters: &Letters, line: &Line, heft: Heft, width: f64) -> Line {
    let dots = letters.letter('…', heft);
    let mut left = line.letters.clone();
    let mut sum = line.width + dots.advance;
    while sum > width
        && let Some(last) = left.pop()
    {
        sum -= last.advance;
    }
    left.push(dots);
    Line { width: left.iter().map(|letter| letter.advance).sum(), letters: left }
}

fn end_of_line(all: &[Letter], begin: usize, width: f64) -> usize {
    let mut sum = 0.0;
    let mut last_break = None;
    for (at, letter) in all.iter().enumerate().skip(begin) {
        if at > begin && may_break(all[at - 1].char, letter.char) {
            last_break = Some(at);
        }
        sum += letter.advance;
        // A space may stand out: it is not drawn there.
        if sum > width + 1e-9 && letter.char != ' ' && at > begin {
            return last_break.unwrap_or(at);
        }
    }
    all.len()
}

fn may_break(before: char, after: char) -> bool {
    if after == ' ' || NOT_FIRST.contains(after) || NOT_LAST.contains(before) || is_mark(after) {
        return false;
    }
    before == ' ' || is_wide(before) || is_wide(after) || matches!(before, '-' | '/' | '_' | '—' | '，' | '。')
}

/// Marks stand over the letter before them.
fn is_mark(char: char) -> bool {
    matches!(char as u32, 0x300..=0x36F | 0x1AB0..=0x1AFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F | 0x1F3FB..=0x1F3FF)
}

fn is_from_right(char: char) -> bool {
    matches!(char as u32, 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EEFF)
}

/// Turns runs of letters that are read from the right, so that a name in Arabic or Hebrew stands in its order.
/// Letters are not joined, and nested directions are not told apart.
fn from_right(letters: &mut [Letter]) {
    let mut at = 0;
    while at < letters.len() {
        if !is_from_right(letters[at].char) {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        for (next, letter) in letters.iter().enumerate().skip(at) {
            if is_from_right(letter.char) {
                end = next + 1;
            } else if letter.char.is_alphanumeric() && !letter.char.is_ascii_digit() {
                break;
            }
        }
        letters[at..end].reverse();
        // Numbers among them are read from the left.
        for run in letters[at..end].chunk_by_mut(|a, b| a.char.is_ascii_digit() && b.char.is_ascii_digit()) {
            run.reverse();
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, width: f64) -> Vec<String> {
        // Without fonts a wide letter is 1 wide and any other 0.6.
        let letters = Letters::of(fontdb::Database::new());
        let found = lines(&letters, text, Heft::Regular, width);
        assert!(found.iter().all(|line| line.width <= width + 1e-9 || line.letters.len() == 1));
        found.iter().map(|line| line.letters.iter().map(|letter| letter.char).collect()).collect()
    }

    #[test]
    fn chinese_breaks_between_any_letters_but_not_before_what_ends_a_clause() {
        assert_eq!(broken("土地利用规划图", 3.0), ["土地利", "用规划", "图"]);
        // Four letters fit, but the fifth is a comma, which would begin a line.
        assert_eq!(broken("土地利用，规划", 4.0), ["土地利", "用，规划"]);
        assert_eq!(broken("见（附图）一", 2.0), ["见", "（附", "图）", "一"]);
    }

    #[test]
    fn latin_breaks_between_words_and_a_long_word_anywhere() {
        // 0.6 a letter: ten letters in 6.0.
        assert_eq!(broken("storeys of the house", 6.0), ["storeys of", "the house"]);
        assert_eq!(broken("abcdefghijklm", 6.0), ["abcdefghij", "klm"]);
        assert_eq!(broken("高度 12 m 层数", 3.8), ["高度 12", "m 层数"]);
        assert_eq!(broken("a\nb\n\nc", 6.0), ["a", "b", "", "c"]);
    }

    #[test]
    fn what_has_no_shape_is_not_written() {
        assert_eq!(clean("a\u{202e}b\u{7}c\td\u{200d}\u{fe0f}\r\ne"), "abc d\ne");
        // Ends of lines of old programs and of pages join no words.
        assert_eq!(clean("a\rb\u{b}c\u{c}d\u{85}e\r\r\nf"), "a\nb\nc\nd\ne\n\nf");
        // Arabic is read from the right; a number in it from the left.
        assert_eq!(broken("x אב12 ג", 9.0), ["x ג 12בא"]);
    }
}
