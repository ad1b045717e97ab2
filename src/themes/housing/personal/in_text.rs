//! Numbers of persons inside texts: identity cards and mobile numbers between other words, and JSON in a field.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::fields::by_name;
use super::{STAR, is_id_number, keep, masked};

/// Digits that a text must have at least to hold a number of a person.
const LEAST_DIGITS: usize = 11;

/// A text with the numbers of persons in it masked: identity card numbers with a right check digit and a possible
/// date, and mobile numbers; in JSON the values of personal names as well.
///
/// A mobile number alone has the form of many other ids (an OSM id of eleven digits): outside running text (`free`)
/// it counts only beside Chinese words, blanks or commas.
pub(super) fn in_text(text: &str, free: bool) -> Cow<'_, str> {
    let inside = text.trim();
    if inside.starts_with(['{', '['])
        && let Ok(mut json) = serde_json::from_str::<Json>(inside)
    {
        return if mask_json(&mut json) { Cow::Owned(json.to_string()) } else { Cow::Borrowed(text) };
    }
    // Most texts end here, and layers of millions are written through it.
    if text.len() < LEAST_DIGITS || text.chars().filter(|c| narrow(*c).is_ascii_digit()).count() < LEAST_DIGITS {
        return Cow::Borrowed(text);
    }
    let letters: Vec<char> = text.chars().map(narrow).collect();
    let said = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, ',' | ';' | ':' | '(');
    let mobiles = free || inside.chars().any(said);
    let mut shown: Vec<char> = text.chars().collect();
    let (mut at, mut any) = (0, false);
    while at < letters.len() {
        let begins =
            letters[at].is_ascii_digit() && !at.checked_sub(1).is_some_and(|i| letters[i].is_ascii_alphanumeric());
        let hidden = match begins {
            true => id_number(&letters, at).or_else(|| mobile(&letters, at).filter(|_| mobiles)),
            false => None,
        };
        let Some(hidden) = hidden else {
            at += 1;
            continue;
        };
        any = true;
        at = hidden.last().map_or(at, |last| last + 1);
        hidden.into_iter().for_each(|i| shown[i] = STAR);
    }
    if any { Cow::Owned(shown.into_iter().collect()) } else { Cow::Borrowed(text) }
}

/// Full-width digits and letters as usual ones.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | 'Ｘ' | 'ｘ' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

/// The places to hide of an identity card number that begins at a place: all but the first and the last two.
fn id_number(letters: &[char], at: usize) -> Option<Vec<usize>> {
    let number: String = letters.get(at..at + 18)?.iter().collect();
    let ends = letters.get(at + 18).is_none_or(|next| !next.is_ascii_alphanumeric());
    // County, then the day of birth: a code of eighteen digits is right by chance once in eleven.
    let part = |range: std::ops::Range<usize>| number.get(range)?.parse::<u32>().ok();
    let day =
        (1900..2100).contains(&part(6..10)?) && (1..=12).contains(&part(10..12)?) && (1..=31).contains(&part(12..14)?);
    (ends && day && is_id_number(&number)).then(|| {
        let kept = keep(&number, 1, 2, 15);
        kept.chars().enumerate().filter(|(_, c)| *c == STAR).map(|(i, _)| at + i).collect()
    })
}

/// The places to hide of a mobile number that begins at a place, with or without 86 before it and written in one or
/// as 138 0013 8000: all but the first three and the last four digits.
fn mobile(letters: &[char], at: usize) -> Option<Vec<usize>> {
    let digit = |i: usize| letters.get(i).copied().filter(char::is_ascii_digit);
    let apart = |i: usize| usize::from(letters.get(i).is_some_and(|c| matches!(c, ' ' | '-')));
    let starts = |text: &str| text.chars().enumerate().all(|(i, c)| letters.get(at + i) == Some(&c));
    let from = match () {
        () if starts("0086") => at + 4 + apart(at + 4),
        () if starts("86") => at + 2 + apart(at + 2),
        () => at,
    };
    let mut places = Vec::new();
    let mut next = from;
    for group in [3, 4, 4] {
        next += if group == 4 { apart(next) } else { 0 };
        for _ in 0..group {
            digit(next)?;
            places.push(next);
            next += 1;
        }
    }
    let fits = letters[from] == '1' && digit(from + 1)? >= '3';
    let ends = letters.get(next).is_none_or(|c| !c.is_ascii_alphanumeric());
    (fits && ends).then(|| places[3..7].to_vec())
}

/// Masks what is personal in JSON; whether anything was.
fn mask_json(json: &mut Json) -> bool {
    match json {
        Json::Object(fields) => {
            let mut any = false;
            for (name, value) in fields {
                any |= match (by_name(name, true), &value) {
                    (Some(kind), Json::String(text)) => replace(value, masked(kind, &text.clone())),
                    (Some(kind), Json::Number(number)) => replace(value, masked(kind, &number.to_string())),
                    _ => mask_json(value),
                };
            }
            any
        }
        // Of all of them: `any` would stop at the first.
        Json::Array(items) => items.iter_mut().fold(false, |any, item| mask_json(item) | any),
        Json::String(text) => match in_text(text, true) {
            Cow::Owned(shown) => replace(json, shown),
            Cow::Borrowed(_) => false,
        },
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn replace(json: &mut Json, text: String) -> bool {
    let changed = !text.is_empty();
    if changed {
        *json = Json::String(text);
    }
    changed
}

/// Whether a text holds personal data.
pub(super) fn tells(text: &str, free: bool) -> bool {
    matches!(in_text(text, free), Cow::Owned(_))
}

/// As [`masked`] with [`super::Kind::Text`], of a field that is not known to hold personal data.
pub(super) fn shown(text: String, free: bool) -> String {
    match in_text(&text, free) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 11010519491231002X is the example of GB 11643-1999; with 1 at its end the check digit is wrong, with the month
    /// 13 there is no such day (11010519491331002 has the check digit 9, by the weights of the standard).
    #[test]
    fn numbers_of_persons_are_masked_wherever_they_stand_in_a_text() {
        let said = |text: &str| in_text(text, true).into_owned();
        assert_eq!(said("证号11010519491231002X,电13800138000"), "证号1***************2X,电138****8000");
        assert_eq!(said("李四 138 0013 8000 / +86-199-1234-5678"), "李四 138 **** 8000 / +86-199-****-5678");
        assert_eq!(said("tel:8613800138000."), "tel:86138****8000.");
        assert_eq!(said("电话１３８００１３８０００"), "电话１３８****８０００");
        for other in [
            "110105194912310021",
            "110105194913310029",
            "A13800138000",
            "138001380001",
            "12800138000",
            "编号 370104100209 面积 1234.56",
            "2024-01-15 10:30:45 1380013",
            "",
        ] {
            assert_eq!(said(other), other);
        }
    }

    #[test]
    fn eleven_digits_alone_are_a_mobile_number_only_in_running_text_or_beside_words() {
        assert!(!tells("13800138000", false) && !tells("node/13800138000", false));
        assert!(tells("13800138000", true) && tells("张三 13800138000", false));
        // An identity card number is one wherever it stands.
        assert!(tells("11010519491231002X", false));
    }

    #[test]
    fn json_in_a_field_is_masked_by_its_names_and_its_numbers() {
        let text = r#"{"户主":"张三丰","楼层":3,"联系":{"tel":13800138000,"说":["身份证11010519491231002X"]}}"#;
        let json: Json = serde_json::from_str(&in_text(text, false)).unwrap();
        assert_eq!(json["户主"], "张*丰");
        assert_eq!((&json["楼层"], &json["联系"]["tel"]), (&3.into(), &"138****8000".into()));
        assert_eq!(json["联系"]["说"][0], "身份证1***************2X");
        let plain = r#"{"a": 1,  "b": ["x"]}"#;
        assert_eq!(in_text(plain, false), plain, "what hides nothing stays as it is written");
    }
}
