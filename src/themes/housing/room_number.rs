//! Room numbers as people write them: `1-302`, `1单元302`, `302`, `1203`, `B101`.

/// What a room number says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomNumber {
    /// The entrance (单元), without zeros in front.
    pub entrance: Option<String>,
    /// The storey as it is called; negative below ground, never 0.
    pub storey: Option<i32>,
    /// The room on its storey: `02` of 302; the whole text where the storey is not in it.
    pub room: String,
}

/// Reads a room number. The usual habit in Chinese cities: one or two digits of the storey and two of the room;
/// before them the entrance, behind `-` or 单元. `None` for text without anything in it.
///
/// | text | entrance | storey | room |
/// |---|---|---|---|
/// | `302`, `302室` | | 3 | 02 |
/// | `1203` | | 12 | 03 |
/// | `1-302`, `1单元302`, `5号楼1单元302室` | 1 | 3 | 02 |
/// | `A-1203`, `A座1203` | A | 12 | 03 |
/// | `B101`, `负101`, `-101` | | -1 | 01 |
/// | `商铺3` | | | 商铺3 |
pub fn read_room(text: &str) -> Option<RoomNumber> {
    let narrow = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '－' | '—' | '–' | '_' => '-',
        c => c,
    };
    let text: String = text.chars().filter(|c| !c.is_whitespace()).map(narrow).collect();
    let whole = text.trim_end_matches(['室', '房', '户', '号']);
    if whole.is_empty() {
        return None;
    }
    let unread = RoomNumber { room: whole.to_owned(), ..RoomNumber::default() };
    // Buildings stand in front: 5号楼, 3幢.
    let rest = ["号楼", "幢", "栋"].iter().filter_map(|mark| whole.rsplit_once(*mark)).map(|(_, rest)| rest);
    let rest = rest.min_by_key(|rest| rest.len()).filter(|rest| !rest.is_empty()).unwrap_or(whole);
    if let Some((entrance, room)) = ["单元", "门", "座"].iter().find_map(|mark| rest.rsplit_once(*mark)) {
        let entrance = ending_word(entrance);
        let read = of_storey(room.trim_start_matches('-'), room.starts_with('-'));
        return Some(RoomNumber { entrance, ..read.unwrap_or_else(|| RoomNumber { room: room.to_owned(), ..unread }) });
    }
    let below = rest.starts_with('-');
    let parts: Vec<&str> = rest.trim_start_matches('-').split('-').collect();
    Some(match parts.as_slice() {
        [one] => of_storey(one, below).unwrap_or(unread),
        // -1-01: the storey and the room.
        [storey, room] if below && is_short(storey) && is_short(room) => {
            let storey = storey.parse::<i32>().ok().filter(|storey| *storey != 0);
            RoomNumber { entrance: None, storey: storey.map(|s| -s), room: (*room).to_owned() }
        }
        // 302-1: a room of a room.
        [.., room, sub] if is_short(sub) && of_storey(room, false).is_some_and(|read| read.storey.is_some()) => {
            let read = of_storey(room, below).unwrap_or(unread);
            RoomNumber { room: format!("{}-{sub}", read.room), ..read }
        }
        // 1--101: an entrance and a basement.
        [.., entrance, "", room] => entered(entrance, of_storey(room, true), &unread),
        [.., entrance, room] => entered(entrance, of_storey(room, below), &unread),
        [] => unread,
    })
}

fn entered(entrance: &str, read: Option<RoomNumber>, unread: &RoomNumber) -> RoomNumber {
    match read {
        Some(read) => RoomNumber { entrance: ending_word(entrance), ..read },
        None => unread.clone(),
    }
}

/// One or two digits.
fn is_short(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The letters and digits at the end of a text, without zeros in front.
fn ending_word(text: &str) -> Option<String> {
    let start = text.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric()).last()?.0;
    Some(entrance_key(text.get(start..)?)).filter(|word| !word.is_empty())
}

/// An entrance as it is compared: `01`, `1单元` and `1` are one.
pub fn entrance_key(text: &str) -> String {
    let text = text.trim();
    let text = ["单元", "门", "座"].iter().find_map(|mark| text.strip_suffix(*mark)).unwrap_or(text);
    let plain = text.trim_start_matches('0');
    if plain.is_empty() { text.to_owned() } else { plain.to_uppercase() }
}

/// `302`, `1203`, `302A`, `B101`, `负101`, `3层02`: storey and room.
fn of_storey(text: &str, below: bool) -> Option<RoomNumber> {
    let (text, marked) = ["负", "地下", "B", "b"]
        .iter()
        .find_map(|mark| Some((text.strip_prefix(*mark)?, true)))
        .filter(|(rest, _)| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or((text, false));
    let below = below || marked;
    if let Some((storey, room)) = text.split_once(['层', '楼']) {
        let storey = read_storey(storey)?.from;
        let own = of_storey(room, false).filter(|read| read.storey == Some(storey)).map(|read| read.room);
        let room = own.unwrap_or_else(|| room.to_owned());
        return (!room.is_empty()).then(|| RoomNumber { entrance: None, storey: signed(storey, below), room });
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, tail) = text.split_at(digits);
    // 302A, 302甲; more than two letters is no number.
    if tail.chars().count() > 2 || !(3..=4).contains(&digits) {
        return None;
    }
    let (storey, room) = number.split_at(digits - 2);
    let storey: i32 = storey.parse().ok()?;
    (storey != 0).then(|| RoomNumber { entrance: None, storey: signed(storey, below), room: format!("{room}{tail}") })
}

fn signed(storey: i32, below: bool) -> Option<i32> {
    Some(if below { -storey.abs() } else { storey })
}

/// A storey, or the storeys of a unit over several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storeys {
    /// The lowest.
    pub from: i32,
    /// The highest.
    pub to: i32,
}

/// Reads the storey of a field: `3`, `3层`, `F3`, `-1`, `B1`, `地下1层`, `负一层`, `5-6` (a unit over two storeys).
/// `None` for 0, which no building has, for storeys between storeys, and for words.
pub fn read_storey(text: &str) -> Option<Storeys> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.trim_start_matches('第').trim_end_matches(['层', '楼', 'F', 'f', 'L']);
    let one = |text: &str| {
        let (text, below) = match ["-", "－", "负", "地下", "B", "b"].iter().find_map(|mark| text.strip_prefix(*mark))
        {
            Some(rest) => (rest, true),
            None => (text.trim_start_matches("地上").trim_start_matches(['F', 'f', 'L', '+']), false),
        };
        let text = text.trim_end_matches(['层', '楼', 'F', 'f']);
        let text = text.strip_suffix(".0").unwrap_or(text);
        let number = text.parse::<i32>().ok().or_else(|| chinese(text))?;
        ((1..=200).contains(&number)).then_some(if below { -number } else { number })
    };
    if let Some(storey) = one(text) {
        return Some(Storeys { from: storey, to: storey });
    }
    let between = text.char_indices().skip(1).find(|(_, c)| matches!(c, '-' | '~' | '至' | '、' | ',' | '/'))?;
    let (from, to) = (one(text.get(..between.0)?)?, one(text.get(between.0 + between.1.len_utf8()..)?)?);
    (from <= to).then_some(Storeys { from, to })
}

/// 一 to 九十九.
fn chinese(text: &str) -> Option<i32> {
    let digit = |c: char| "一二三四五六七八九".chars().position(|d| d == c).map(|at| at as i32 + 1);
    let characters: Vec<char> = text.chars().collect();
    match characters.as_slice() {
        ['十'] => Some(10),
        ['十', one] => Some(10 + digit(*one)?),
        [ten, '十'] => Some(10 * digit(*ten)?),
        [ten, '十', one] => Some(10 * digit(*ten)? + digit(*one)?),
        [one] => digit(*one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Habits of the project's housing facts (D2): entrance-storey-room, one or two digits of the storey, two of the room.
    #[test]
    fn room_numbers_are_read_by_the_habits_of_chinese_cities() {
        let cases = [
            ("302", None, Some(3), "02"),
            ("302室", None, Some(3), "02"),
            ("1203", None, Some(12), "03"),
            ("0302", None, Some(3), "02"),
            ("３０２", None, Some(3), "02"),
            ("1-302", Some("1"), Some(3), "02"),
            ("01-0302", Some("1"), Some(3), "02"),
            ("1单元302", Some("1"), Some(3), "02"),
            ("5号楼1单元302室", Some("1"), Some(3), "02"),
            ("5-1-302", Some("1"), Some(3), "02"),
            ("A座1203", Some("A"), Some(12), "03"),
            ("A-1203", Some("A"), Some(12), "03"),
            ("1单元3层302", Some("1"), Some(3), "02"),
            ("302A", None, Some(3), "02A"),
            ("302-1", None, Some(3), "02-1"),
            ("B101", None, Some(-1), "01"),
            ("负101", None, Some(-1), "01"),
            ("-101", None, Some(-1), "01"),
            ("-1-01", None, Some(-1), "01"),
            ("2--101", Some("2"), Some(-1), "01"),
            ("2单元-101", Some("2"), Some(-1), "01"),
            ("商铺3", None, None, "商铺3"),
            ("12", None, None, "12"),
            ("002", None, None, "002"),
            ("10203", None, None, "10203"),
        ];
        for (text, entrance, storey, room) in cases {
            let expected = RoomNumber { entrance: entrance.map(str::to_owned), storey, room: room.to_owned() };
            assert_eq!(read_room(text), Some(expected), "{text}");
        }
        assert_eq!((read_room(""), read_room(" 室")), (None, None));
    }

    #[test]
    fn storeys_are_read_below_ground_and_never_as_0() {
        let one = |storey| Some(Storeys { from: storey, to: storey });
        for (text, storey) in [
            ("3", 3),
            ("3.0", 3),
            ("第3层", 3),
            ("F3", 3),
            ("3F", 3),
            ("-1", -1),
            ("B2", -2),
            ("地下1层", -1),
            ("负一层", -1),
            ("十二层", 12),
            ("二十", 20),
        ] {
            assert_eq!(read_storey(text), one(storey), "{text}");
        }
        assert_eq!(read_storey("5-6"), Some(Storeys { from: 5, to: 6 }));
        assert_eq!(read_storey("-1-1"), Some(Storeys { from: -1, to: 1 }));
        for none in ["0", "", "2.5", "夹层", "屋顶", "-", "B", "999", "6-5"] {
            assert_eq!(read_storey(none), None, "{none}");
        }
    }
}
