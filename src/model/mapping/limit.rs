//! Control limits as plans write them: `≤2.5`, `不大于24m`, `30%以上`, `1.0-2.5`.

use super::Meaning;
use super::measure::{Measure, read_measure};

/// Which side of a number is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Most,
    Least,
}

/// Words before the number, longer ones before those they begin with.
const BEFORE: &[(&str, Side)] = &[
    ("≤", Side::Most),
    ("≦", Side::Most),
    ("⩽", Side::Most),
    ("<=", Side::Most),
    ("<", Side::Most),
    ("不得大于", Side::Most),
    ("不得超过", Side::Most),
    ("不得高于", Side::Most),
    ("不大于", Side::Most),
    ("不超过", Side::Most),
    ("不高于", Side::Most),
    ("小于等于", Side::Most),
    ("小于", Side::Most),
    ("至多", Side::Most),
    ("最大", Side::Most),
    ("上限", Side::Most),
    ("≥", Side::Least),
    ("≧", Side::Least),
    ("⩾", Side::Least),
    (">=", Side::Least),
    (">", Side::Least),
    ("不得小于", Side::Least),
    ("不得低于", Side::Least),
    ("不小于", Side::Least),
    ("不低于", Side::Least),
    ("不少于", Side::Least),
    ("大于等于", Side::Least),
    ("大于", Side::Least),
    ("至少", Side::Least),
    ("最小", Side::Least),
    ("下限", Side::Least),
];

/// Words after the number.
const AFTER: &[(&str, Side)] = &[
    ("及以下", Side::Most),
    ("以下", Side::Most),
    ("以内", Side::Most),
    ("及以上", Side::Least),
    ("以上", Side::Least),
];

/// Which side a limit is, for meanings that are limits.
fn side_of(meaning: Meaning) -> Option<Side> {
    match meaning {
        Meaning::FarLimit | Meaning::DensityLimit | Meaning::HeightLimit => Some(Side::Most),
        Meaning::GreenLimit | Meaning::Setback => Some(Side::Least),
        Meaning::ParkingLimit | Meaning::ParkingPerDwelling | Meaning::ParkingPerArea => Some(Side::Least),
        _ => None,
    }
}

/// Reads the text of a limit: `None` where it is none of this meaning (`≥1.0` says nothing of the most that is
/// allowed) or is not understood. Of two numbers the one on the side that the meaning limits.
pub(super) fn read_limit(meaning: Meaning, text: &str) -> Option<Measure> {
    let Some(side) = side_of(meaning) else { return read_measure(text) };
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        c => c,
    };
    let text: String = text.chars().map(narrow).filter(|c| !c.is_whitespace()).collect();
    let (mut rest, mut said) = (text.as_str(), None);
    if let Some((word, of)) = BEFORE.iter().find(|(word, _)| rest.starts_with(word)) {
        (rest, said) = (&rest[word.len()..], Some(*of));
    }
    if let Some((word, of)) = AFTER.iter().find(|(word, _)| rest.ends_with(word)) {
        if said.is_some_and(|said| said != *of) {
            return None;
        }
        (rest, said) = (&rest[..rest.len() - word.len()], Some(*of));
    }
    if said.is_some_and(|said| said != side) {
        return None;
    }
    if let Some(measure) = read_measure(rest) {
        return Some(measure);
    }
    // Two numbers: `1.0-2.5`, `30%~40%`; a minus in front belongs to the first.
    let is_between = |(at, c): &(usize, char)| *at > 0 && matches!(c, '-' | '~' | '—' | '–' | '至');
    let (at, between) = rest.char_indices().find(is_between).filter(|_| said.is_none())?;
    let after = rest[at + between.len_utf8()..].trim_start_matches('—');
    let (low, high) = (read_measure(&rest[..at])?, read_measure(after)?);
    // `20-30%`: the unit stands once.
    let low = Measure { factor: low.factor.or(high.factor), ..low };
    (low.value <= high.value).then_some(if side == Side::Most { high } else { low })
}
