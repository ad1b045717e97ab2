//! Whole records at the front of bytes that may break off anywhere.

/// A longer record is none: an open quote would swallow the rest of the file.
pub(super) const LONGEST: usize = 256 << 10;

/// What stands at the front of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// A whole record: its bytes without the end of line, and with it.
    Record(usize, usize),
    /// No record, and how many bytes are passed over: it is too long.
    Bad(usize),
    /// It has not ended yet.
    Open,
}

/// The mark that splits the first line into most cells.
pub(super) fn separator(head: &[u8]) -> u8 {
    let line = match first(head, b',') {
        Front::Record(end, _) => head.get(..end).unwrap_or(head),
        _ => head,
    };
    let count = |mark: u8| line.iter().filter(|b| **b == mark).count();
    // The last of equals wins, so the comma stands last.
    [b';', b'\t', b','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

/// The first record of cells: it ends with a line, but not inside quotes. Bytes may be UTF-8 or GB18030, which has no
/// quote, comma or end of line inside a character.
pub(super) fn first(bytes: &[u8], separator: u8) -> Front {
    let mut quoted = false;
    let mut fresh = true;
    // Where the first line ends, for a record that never closes its quote.
    let mut line = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if at > LONGEST {
            return Front::Bad(line.unwrap_or(at));
        }
        match byte {
            b'"' if quoted && bytes.get(at + 1) == Some(&b'"') => at += 1,
            // What follows is not there yet: it may be the second of two quotes.
            b'"' if quoted && at + 1 == bytes.len() => return Front::Open,
            b'"' if quoted => quoted = false,
            b'"' if fresh => quoted = true,
            b'\n' if !quoted => return Front::Record(without_return(bytes, at), at + 1),
            b'\n' if line.is_none() => line = Some(at + 1),
            _ => {}
        }
        fresh = !quoted && byte == separator;
        at += 1;
    }
    Front::Open
}

/// The first line.
pub(super) fn first_line(bytes: &[u8]) -> Front {
    match memchr::memchr(b'\n', bytes) {
        Some(at) if at <= 4 * LONGEST => Front::Record(without_return(bytes, at), at + 1),
        Some(at) => Front::Bad(at + 1),
        None if bytes.len() > 4 * LONGEST => Front::Bad(bytes.len()),
        None => Front::Open,
    }
}

fn without_return(bytes: &[u8], end: usize) -> usize {
    if end > 0 && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

/// The cells of one record.
pub(super) fn cells(record: &str, separator: u8) -> Vec<String> {
    let separator = char::from(separator);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let (mut quoted, mut fresh) = (false, true);
    let mut letters = record.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if fresh => quoted = true,
            c if c == separator && !quoted => {
                cells.push(std::mem::take(&mut cell));
                fresh = true;
                continue;
            }
            c => cell.push(c),
        }
        fresh = false;
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_with_lines_outside_quotes() {
        assert_eq!(first(b"a,b\r\nc", b','), Front::Record(3, 5));
        assert_eq!(first(b"a,\"x\ny\"\nc", b','), Front::Record(7, 8));
        assert_eq!(first(b"5\" pipe,b\nc", b','), Front::Record(9, 10));
        assert_eq!(first(b"a,\"x\"\"\n\"\nb", b','), Front::Record(8, 9));
        for open in [&b""[..], b"a,b", b"a,\"x\n", b"a,\"x\""] {
            assert_eq!(first(open, b','), Front::Open, "{open:?}");
        }
    }

    /// Cut anywhere, nothing is read that the whole does not say.
    #[test]
    fn a_record_that_is_not_there_as_a_whole_is_never_taken() {
        let whole = "1,\"路口, \"\"中山路\"\"\n有垃圾\",x\r\n2,b,c\n".as_bytes();
        let Front::Record(_, next) = first(whole, b',') else { panic!("{whole:?}") };
        for cut in 0..next {
            assert_eq!(first(&whole[..cut], b','), Front::Open, "{cut}");
        }
        assert_eq!(next, whole.len() - 6);
    }

    #[test]
    fn a_quote_that_nothing_closes_costs_one_line() {
        let text = [b"1,\"open\n".to_vec(), b"2,b\n".repeat(LONGEST)].concat();
        assert_eq!(first(&text, b','), Front::Bad(8));
        assert_eq!(first_line(&vec![b'x'; 5 * LONGEST]), Front::Bad(5 * LONGEST));
    }

    #[test]
    fn cells_are_those_of_rfc_4180() {
        assert_eq!(cells("a,\"b,\"\"c\"\"\",,5\" d", b','), ["a", "b,\"c\"", "", "5\" d"]);
        assert_eq!(cells("a;b;c", b';'), ["a", "b", "c"]);
        assert_eq!(separator(b"a;b,x;c\n1,2,3,4"), b';');
        assert_eq!(separator(b"a\tb\n"), b'\t');
        assert_eq!(separator(b"one\n"), b',');
    }
}
