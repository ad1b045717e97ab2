//! Personal data: which fields hold it, and how it is masked (usual practice; reference, verify locally).
//!
//! A masked value is still personal data in law (去标识化, 个人信息保护法 art. 73): it is shown to
//! those who may see the record, not published.

mod fields;
mod in_text;

pub use fields::{Masks, PersonalField, personal_fields, probed};
use in_text::in_text;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person's name.
    Name,
    /// Identity card number (GB 11643, 18 characters; 15 before 1999) or another document's number.
    IdNumber,
    /// Mobile number of mainland China.
    Mobile,
    /// Landline number, or a telephone of any kind.
    Landline,
    /// Address.
    Address,
    /// E-mail address.
    Email,
    /// Bank card or account.
    BankCard,
    /// Number plate of a vehicle.
    Plate,
    /// Number of a title certificate (不动产权证号).
    TitleNumber,
    /// Room number joined to a person.
    Room,
    /// Password: nothing of it is shown, not even its length.
    Secret,
    /// Running text, or JSON, with personal data in it.
    Text,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::IdNumber,
        Self::Mobile,
        Self::Landline,
        Self::Address,
        Self::Email,
        Self::BankCard,
        Self::Plate,
        Self::TitleNumber,
        Self::Room,
        Self::Secret,
        Self::Text,
    ];
}

/// The character that stands for a hidden one.
const STAR: char = '*';

/// A value with its personal part hidden. Text that is too short or has not the form of its kind is hidden whole.
///
/// | kind | what stays | example |
/// |---|---|---|
/// | name | the first character, of three and more the last as well | `张*丰` |
/// | ID number | the first and the last two | `5***************1X` |
/// | mobile | the first three and the last four | `180****1999` |
/// | landline | the first four and the last two | `0220*****86` |
/// | address | all but the last eight | `天津市南开区********` |
/// | e-mail | the first character and the domain | `d***@gmail.com` |
/// | bank card | the first four and the last four | `1101 **** **** 3256` |
/// | plate | the first two and the last | `津A****1` |
/// | title number | the district and the last three digits | `津(2020)和平区*********567*` |
/// | text | all but the numbers in it | `电180****1999` |
pub fn masked(kind: Kind, text: &str) -> String {
    let text = text.trim();
    match kind {
        Kind::Name => names(text),
        Kind::IdNumber => keep(text, 1, 2, 15),
        Kind::Mobile => {
            let digits = digits(text);
            let number = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
            if number.len() == 11 { keep(number, 3, 4, 11) } else { stars(text) }
        }
        // Fields named 电话 hold mobile numbers as often.
        Kind::Landline if is_mobile(text) => masked(Kind::Mobile, text),
        Kind::Landline => keep(text, 4, 2, 10),
        Kind::Address => {
            let count = text.chars().count();
            if count <= 8 { stars(text) } else { head(text, count - 8) + &STAR.to_string().repeat(8) }
        }
        Kind::Email => email(text),
        Kind::BankCard => bank_card(text),
        Kind::Plate => keep(text, 2, 1, 7),
        Kind::TitleNumber => title_number(text),
        Kind::Room => {
            let count = text.chars().count();
            if count <= 2 { stars(text) } else { head(text, count - 2) + "**" }
        }
        Kind::Secret if text.is_empty() => String::new(),
        Kind::Secret => "******".to_owned(),
        Kind::Text => in_text(text, true).into_owned(),
    }
}

fn stars(text: &str) -> String {
    text.chars().map(|_| STAR).collect()
}

fn head(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Keeps some characters at both ends of a text of at least so many characters; hides all of a shorter one.
fn keep(text: &str, first: usize, last: usize, at_least: usize) -> String {
    let count = text.chars().count();
    if count < at_least {
        return stars(text);
    }
    let hidden = |i: usize| i >= first && i < count - last;
    text.chars().enumerate().map(|(i, c)| if hidden(i) { STAR } else { c }).collect()
}

/// Each of several names for itself.
fn names(text: &str) -> String {
    let is_between = |c: char| matches!(c, '、' | '，' | ',' | '；' | ';' | '/');
    let mut masked = String::new();
    for piece in text.split_inclusive(is_between) {
        let name = piece.trim_end_matches(is_between);
        let between = piece.get(name.len()..).unwrap_or_default();
        match name.chars().count() {
            0 => {}
            1 => masked.push(STAR),
            2 => masked.push_str(&keep(name, 1, 0, 2)),
            _ => masked.push_str(&keep(name, 1, 1, 3)),
        }
        masked.push_str(between);
    }
    masked
}

fn email(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@').filter(|(local, _)| !local.is_empty()) else {
        return stars(text);
    };
    // The first of one character is all of it.
    let local = if local.chars().count() > 1 { keep(local, 1, 0, 2) } else { stars(local) };
    format!("{local}@{domain}")
}

fn bank_card(text: &str) -> String {
    let digits = digits(text);
    if digits.len() < 12 {
        return stars(text);
    }
    let hidden: Vec<char> = vec![STAR; digits.len() - 8];
    let groups: Vec<String> = hidden.chunks(4).map(|group| group.iter().collect()).collect();
    // Digits alone: bytes are characters.
    let (first, last) = (digits.get(..4).unwrap_or_default(), digits.get(digits.len() - 4..).unwrap_or_default());
    format!("{first} {} {last}", groups.join(" "))
}

fn title_number(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let district = characters.iter().rposition(|c| matches!(c, '区' | '县' | '市' | '旗')).map_or(0, |at| at + 1);
    let end = characters.iter().rposition(char::is_ascii_digit).map_or(0, |at| at + 1);
    let run = characters[..end].iter().rev().take_while(|c| c.is_ascii_digit()).count();
    // Of fewer digits, three would be nearly all.
    let last = if run >= 6 && end - run >= district { end - 3..end } else { 0..0 };
    // The year stands before the district; a longer number there is the certificate's own.
    let is_digit = |i: usize| characters.get(i).is_some_and(char::is_ascii_digit);
    let long = |i: usize| {
        is_digit(i) && {
            let before = (0..i).rev().take_while(|k| is_digit(*k)).count();
            let after = (i + 1..characters.len()).take_while(|k| is_digit(*k)).count();
            before + after + 1 > 4
        }
    };
    let shown = |i: usize| (i < district && !long(i)) || last.contains(&i);
    let masked: String = characters.iter().enumerate().map(|(i, c)| if shown(i) { *c } else { STAR }).collect();
    if masked.contains(STAR) { masked } else { stars(text) }
}

/// Whether a text is an identity card number: 18 characters with the right check digit
/// (GB 11643-1999: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, the sum modulo 11 gives one of `10X98765432`).
pub fn is_id_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let bytes = text.trim().as_bytes();
    let [number @ .., check] = bytes else { return false };
    if number.len() != 17 || !number.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = number.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    b"10X98765432".get((sum % 11) as usize).is_some_and(|right| right.eq_ignore_ascii_case(check))
}

/// Whether a text is a mobile number of mainland China: 11 digits from 13 to 19, with or without +86, spaces and dashes.
pub fn is_mobile(text: &str) -> bool {
    let text = text.trim();
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let number = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("0086")).unwrap_or(&plain);
    let bytes = number.as_bytes();
    bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1' && bytes[1] >= b'3'
}

/// Whether a text has the form of an e-mail address.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim().split_once('@') else { return false };
    let fits = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@');
    fits(local) && fits(domain) && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
}

/// What a single value is, by its form alone.
pub fn detect(text: &str) -> Option<Kind> {
    if is_id_number(text) {
        Some(Kind::IdNumber)
    } else if is_mobile(text) {
        Some(Kind::Mobile)
    } else if is_email(text) {
        Some(Kind::Email)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the project's housing facts (D5), and lengths that are not usual.
    #[test]
    fn masks_are_those_of_usual_practice() {
        let cases = [
            (Kind::Name, "张三", "张*"),
            (Kind::Name, "张三丰", "张*丰"),
            (Kind::Name, "欧阳夏丹", "欧**丹"),
            (Kind::Name, "张", "*"),
            (Kind::Name, "张三丰、李四", "张*丰、李*"),
            (Kind::IdNumber, "51343620000320711X", "5***************1X"),
            (Kind::IdNumber, "1234", "****"),
            (Kind::Mobile, "18049531999", "180****1999"),
            (Kind::Mobile, "+86 180 4953 1999", "180****1999"),
            (Kind::Mobile, "1804953", "*******"),
            (Kind::Landline, "02201234586", "0220*****86"),
            (Kind::Landline, "18049531999", "180****1999"),
            (Kind::Landline, "1234567", "*******"),
            (Kind::Address, "天津市南开区复康路12号院3", "天津市南开区********"),
            (Kind::Address, "复康路1号", "*****"),
            (Kind::Email, "duandazhi@gmail.com.cn", "d********@gmail.com.cn"),
            (Kind::Email, "d@x.cn", "*@x.cn"),
            (Kind::Email, "nobody", "******"),
            (Kind::Email, "@nobody", "*******"),
            (Kind::BankCard, "11011111222233333256", "1101 **** **** **** 3256"),
            (Kind::BankCard, "6222 0202 0000 1234 567", "6222 **** **** *** 4567"),
            (Kind::BankCard, "12345", "*****"),
            (Kind::Plate, "津A12341", "津A****1"),
            (Kind::Plate, "津A1", "***"),
            (Kind::TitleNumber, "津(2020)和平区不动产权第1234567号", "津(2020)和平区*********567*"),
            (Kind::TitleNumber, "123", "***"),
            (Kind::TitleNumber, "第1234567号和平区", "第*******号和平区"),
            (Kind::TitleNumber, "和平区", "***"),
            (Kind::Room, "1-302", "1-3**"),
            (Kind::Secret, "a", "******"),
            (Kind::Name, "", ""),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(masked(kind, text), expected, "{kind:?} of {text}");
        }
    }

    /// The most characters of a value that a mask may leave.
    fn most_left(kind: Kind, text: &str) -> usize {
        let count = text.chars().count();
        match kind {
            Kind::Name => 2 * text.split(['、', '，', ',', '；', ';', '/']).count(),
            Kind::IdNumber | Kind::Plate => 3,
            Kind::Mobile => 7,
            Kind::Landline => 7,
            Kind::Address => count.saturating_sub(8),
            Kind::Email => 1 + text.rsplit_once('@').map_or(0, |(_, domain)| domain.chars().count()),
            Kind::BankCard => 8,
            Kind::TitleNumber => {
                let district = text.char_indices().rfind(|(_, c)| matches!(c, '区' | '县' | '市' | '旗'));
                district.map_or(0, |(at, c)| text[..at + c.len_utf8()].chars().count()) + 3
            }
            Kind::Room => count.saturating_sub(2),
            Kind::Secret => 0,
            Kind::Text => count,
        }
    }

    /// Every kind over 20,000 made-up texts: no panic, no more left than the kind allows, and nothing shown
    /// that was not there.
    #[test]
    fn a_mask_never_panics_and_never_shows_the_hidden_part() {
        let letters: Vec<char> = "0123456789Xx张三丰区市县@.-、 aZ\u{301}😀é（津".chars().collect();
        let mut state = 20_260_331_u64;
        let mut dice = |sides: usize| {
            // Knuth's MMIX generator: enough for a test, the same everywhere.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % sides
        };
        for _ in 0..20_000 {
            let length = dice(24);
            let digits_only = dice(3) == 0;
            let sides = if digits_only { 10 } else { letters.len() };
            let text: String = (0..length).map(|_| letters[dice(sides)]).collect();
            let trimmed = text.trim();
            for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Text) {
                let shown = masked(kind, &text);
                let between = |c: &char| *c == STAR || matches!(c, ' ' | '、' | '@');
                let left = shown.chars().filter(|c| !between(c)).count();
                assert!(left <= most_left(kind, trimmed), "{kind:?} of {text:?} shows {shown:?}");
                assert!(
                    shown.chars().all(|c| c == STAR || c == ' ' || trimmed.contains(c)),
                    "{kind:?} {text:?} {shown:?}"
                );
                let has_any = trimmed.chars().any(|c| !between(&c));
                assert!(!has_any || kind == Kind::Name || shown.contains(STAR), "{kind:?} hides nothing of {text:?}");
            }
        }
    }

    /// 110105 1949-12-31 002 X is the example of GB 11643-1999. By hand: 1·7+1·9+0·10+1·5+0·8+5·4+1·2+9·1+4·6+9·3
    /// +1·7+2·9+3·10+1·5+0·8+0·4+2·2 = 167 = 15·11 + 2, and the third of 10X98765432 is X.
    #[test]
    fn an_id_number_has_its_check_digit() {
        assert!(is_id_number("11010519491231002X") && is_id_number("11010519491231002x"));
        for wrong in [
            "110105194912310021",
            "11010519491231002",
            "11010519491213002X",
            "不动产单元代码不动产单元代码不动产单",
            "",
        ] {
            assert!(!is_id_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_mobile_number_is_told_from_other_numbers() {
        for right in ["13800138000", "138 0013 8000", "+8619912345678", "138-0013-8000"] {
            assert!(is_mobile(right), "{right}");
        }
        for wrong in ["12800138000", "1380013800", "138001380001", "02212345678", "３３３３３３３３３３３", ""]
        {
            assert!(!is_mobile(wrong), "{wrong}");
        }
    }
}
