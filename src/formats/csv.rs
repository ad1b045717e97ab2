//! CSV that programs read and spreadsheets open: RFC 4180, and no cell is a formula.

use std::io::{self, Write};

/// One record: quoted where it must be, CRLF at the end.
///
/// Spreadsheets run a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula; such a text
/// is written with an apostrophe before it, unless it is a number.
///
/// # Errors
/// What the writer says.
pub fn record(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        let is_formula =
            cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && cell.parse::<f64>().is_err();
        let mark = if is_formula { "'" } else { "" };
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{mark}{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{mark}{cell}")?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        let mut out = Vec::new();
        let cells = ["a,b", "say \"x\"", "=1+1", "-5.5", "-cmd", "@x,y", "+86 22", "行\n二", ""].map(str::to_owned);
        record(&mut out, &cells).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"a,b\",\"say \"\"x\"\"\",'=1+1,-5.5,'-cmd,\"'@x,y\",'+86 22,\"行\n二\",\r\n");
    }
}
