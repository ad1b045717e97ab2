//! Codes of unit grid cells (单元网格编码).
//!
//! | digits | parts | source |
//! |---|---|---|
//! | 14 | 6 county, 3 street, 3 community, 2 cell | CJ/T 213-2005 |
//! | 15 | 6 county, 3 street, 3 community, 3 cell | GB/T 30428.1-2013, as quoted by DB11 |
//! | 16 | 6 county, 4 street, 3 community, 3 cell | a production system |

/// The parts of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridCode<'a> {
    /// Six digits.
    pub county: &'a str,
    /// Three digits, or four.
    pub street: &'a str,
    /// Three digits.
    pub community: &'a str,
    /// Two digits, or three.
    pub cell: &'a str,
}

impl GridCode<'_> {
    /// The community's whole code: county, street, community.
    pub fn community_code(&self) -> String {
        [self.county, self.street, self.community].concat()
    }

    /// The street's whole code: county, street.
    pub fn street_code(&self) -> String {
        [self.county, self.street].concat()
    }
}

/// Takes a code apart; `None` for what is no code of 14 to 16 digits that begins with a division (11 to 82).
pub fn parse(code: &str) -> Option<GridCode<'_>> {
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (street, cell) = match code.len() {
        14 => (3, 2),
        15 => (3, 3),
        16 => (4, 3),
        _ => return None,
    };
    let province: u8 = code.get(..2)?.parse().ok()?;
    if !(11..=82).contains(&province) {
        return None;
    }
    let end = code.len() - cell;
    Some(GridCode {
        county: code.get(..6)?,
        street: code.get(6..6 + street)?,
        community: code.get(6 + street..end)?,
        cell: code.get(end..)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_are_taken_apart() {
        let parts = |code| parse(code).map(|c| [c.county, c.street, c.community, c.cell]);
        assert_eq!(parts("12010300100412"), Some(["120103", "001", "004", "12"]));
        assert_eq!(parts("120103001004012"), Some(["120103", "001", "004", "012"]));
        assert_eq!(parts("1201030010004012"), Some(["120103", "0010", "004", "012"]));
        let code = parse("120103001004012").unwrap();
        assert_eq!((code.street_code(), code.community_code()), ("120103001".to_owned(), "120103001004".to_owned()));
        for wrong in
            ["", "120103", "12010300100401x", "000103001004012", "990103001004012", "１２０１０３００１００４１２"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
