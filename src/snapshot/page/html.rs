//! A report as one file for a browser: nothing is loaded from anywhere, nothing runs.

use std::io::Write;
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::drawing::{Picture, Pixels};
use super::lines::clean;
use super::report::{Block, Report, Table};
use crate::formats::WriteError;
use crate::formats::aside::write_aside;

/// How it looks, also on paper.
const STYLE: &str = "\
body{font-family:'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;\
color:#14161a;max-width:60rem;margin:2rem auto;padding:0 1.5rem;line-height:1.55}\
h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}.sub{color:#60666f;margin:.3rem 0 1rem}\
header{border-bottom:2px solid #14161a}table{border-collapse:collapse;width:100%;margin:.5rem 0}\
th,td{border-bottom:1px solid #bcc1c9;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
thead th{background:#eef1f5}th[scope=row]{font-weight:normal;color:#60666f;width:26%}\
.num{text-align:right;font-variant-numeric:tabular-nums}.note,figcaption,footer{color:#60666f;font-size:.85rem}\
.warning{background:#fff4de;border-left:.35rem solid #d68214;padding:.5rem 1rem}\
figure{margin:1rem 0;text-align:center}img{max-width:100%;border:1px solid #bcc1c9}\
footer{border-top:1px solid #bcc1c9;margin-top:2rem;padding-top:.5rem}\
@media print{@page{size:A4;margin:18mm}body{max-width:none;margin:0;padding:0;font-size:10pt}\
thead{display:table-header-group}tr,figure,.warning{break-inside:avoid}h2{break-after:avoid}\
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";

/// Text between tags and in quotes; without what has no shape of its own.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in clean(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    out
}

/// Text whose ends of lines are seen.
fn lines(text: &str) -> String {
    escape(text).replace('\n', "<br>")
}

/// Writes a report into an HTML file, aside and renamed.
///
/// # Errors
/// [`WriteError`] when the file cannot be written.
pub fn write(report: &Report, path: &Path) -> Result<(), WriteError> {
    let text = document(report);
    write_aside(path, |out| out.write_all(text.as_bytes()).map_err(|error| WriteError::new(path, error)))
}

/// The text of an HTML file.
pub fn document(report: &Report) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n",
        report.language.tag(),
        escape(&report.title).replace('\n', " "),
        lines(&report.title)
    );
    if !report.subtitle.trim().is_empty() {
        out += &format!("<p class=\"sub\">{}</p>\n", lines(&report.subtitle));
    }
    out += "</header>\n<main>\n";
    for section in &report.sections {
        out += "<section>\n";
        if !section.heading.trim().is_empty() {
            out += &format!("<h2>{}</h2>\n", lines(&section.heading));
        }
        section.blocks.iter().for_each(|block| push(&mut out, block, report));
        out += "</section>\n";
    }
    out += "</main>\n";
    if !report.footer.trim().is_empty() {
        out += &format!("<footer>{}</footer>\n", lines(&report.footer));
    }
    out + "</body>\n</html>\n"
}

fn push(out: &mut String, block: &Block, report: &Report) {
    match block {
        Block::Paragraph(text) => *out += &format!("<p>{}</p>\n", lines(text)),
        Block::Warning(text) => *out += &format!("<p class=\"warning\" role=\"note\">{}</p>\n", lines(text)),
        Block::Facts(facts) => {
            *out += "<table>\n<tbody>\n";
            for (name, what) in facts {
                *out += &format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", lines(name), lines(what));
            }
            *out += "</tbody>\n</table>\n";
        }
        Block::Table(table) => push_table(out, table, report),
        Block::Picture { picture, caption } => {
            let Some(data) = data_of(picture) else { return };
            *out += &format!(
                "<figure><img src=\"{data}\" width=\"{}\" height=\"{}\" style=\"height:auto\" alt=\"{}\">",
                picture.size[0],
                picture.size[1],
                escape(caption).replace('\n', " ")
            );
            *out += &format!("<figcaption>{}</figcaption></figure>\n", lines(caption));
        }
    }
}

fn push_table(out: &mut String, table: &Table, report: &Report) {
    let numeric: Vec<bool> = (0..table.columns()).map(|column| table.is_numeric(column)).collect();
    let class = |column: usize| if numeric[column] { " class=\"num\"" } else { "" };
    *out += "<table>\n";
    if !table.head.is_empty() {
        *out += "<thead><tr>";
        for (column, is_numeric) in numeric.iter().enumerate() {
            let text = table.head.get(column).map_or(String::new(), |text| lines(text));
            let class = if *is_numeric { " class=\"num\"" } else { "" };
            *out += &format!("<th scope=\"col\"{class}>{text}</th>");
        }
        *out += "</tr></thead>\n";
    }
    *out += "<tbody>\n";
    for row in &table.rows {
        *out += "<tr>";
        for column in 0..numeric.len() {
            let text = row.get(column).map_or(String::new(), |text| lines(text));
            *out += &format!("<td{}>{text}</td>", class(column));
        }
        *out += "</tr>\n";
    }
    if table.rows.is_empty() {
        let none = report.language.pick("（无）", "(none)");
        *out += &format!("<tr><td colspan=\"{}\">{none}</td></tr>\n", numeric.len().max(1));
    }
    *out += "</tbody>\n</table>\n";
    if !table.note.trim().is_empty() {
        *out += &format!("<p class=\"note\">{}</p>\n", lines(&table.note));
    }
}

/// A picture as an address that holds it.
fn data_of(picture: &Picture) -> Option<String> {
    let (kind, bytes) = match &picture.data {
        Pixels::Jpeg(bytes) => ("jpeg", bytes.to_vec()),
        Pixels::Rgba(pixels) => {
            let mut png = Vec::new();
            let [width, height] = picture.size;
            PngEncoder::new(&mut png).write_image(pixels, width, height, ExtendedColorType::Rgba8).ok()?;
            ("png", png)
        }
    };
    Some(format!("data:image/{kind};base64,{}", base64(&bytes)))
}

/// Base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |k: usize| u32::from(three.get(k).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for k in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * k) & 63) as usize];
            out.push(if k <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::page::report::Section;
    use crate::snapshot::page::words::Language;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, section 10.
        let said = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(said, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }

    #[test]
    fn what_strangers_wrote_is_text_and_nothing_else() {
        let evil = "<script>alert('1')</script>\" onload=\"x & y\u{202e}\u{0}";
        let picture = Picture::rgba([1, 1], vec![1, 2, 3, 255]).unwrap();
        let table = Table {
            head: vec![evil.to_owned()],
            rows: vec![vec![evil.to_owned(), "1".to_owned()]],
            note: evil.to_owned(),
        };
        let blocks = vec![
            Block::Paragraph(evil.to_owned()),
            Block::Facts(vec![(evil.to_owned(), evil.to_owned())]),
            Block::Table(table),
            Block::Picture { picture, caption: evil.to_owned() },
            Block::Warning(evil.to_owned()),
        ];
        let report = Report {
            language: Language::English,
            title: evil.to_owned(),
            subtitle: evil.to_owned(),
            sections: vec![Section { heading: evil.to_owned(), blocks }],
            footer: evil.to_owned(),
        };
        let html = document(&report);
        assert!(!html.contains("<script") && !html.contains("\" onload") && !html.contains('\u{202e}'));
        assert!(html.contains("<html lang=\"en\">") && html.contains("data:image/png;base64,iVBORw0KGgo"));
        assert_eq!(html.matches("scope=\"col\"").count(), 2);
        // Every tag is closed in its place: no text opened one.
        let body = &html[html.find("<header>").unwrap()..html.find("</body>").unwrap()];
        let (before, picture) = body.split_once("<img ").unwrap();
        let closed = format!("{before}<img {}", picture.replacen("\">", "\"/>", 1)).replace("<br>", "<br/>");
        let read = left_open(&closed);
        assert_eq!(read, 0, "{closed}");
    }

    /// How deep tags are open at the end; no closing tag closes another one.
    fn left_open(text: &str) -> usize {
        let mut open: Vec<&str> = Vec::new();
        for piece in text.split('<').skip(1) {
            let tag = piece.split('>').next().unwrap();
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{piece}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        open.len()
    }
}
