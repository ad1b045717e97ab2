//! What pages promise, read back by other programs where they are at hand.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::drawing::{Area, Drawing, Picture, Text};
use super::letters::Letters;
use super::pdf::{self, About};
use super::pdf_fonts::Fonts;
use super::report::{self, Block, Report, Section, Table};
use super::words::Language;
use crate::report::Progress;

/// What a program of poppler prints of a PDF; `None`, said, where it is not at hand.
pub(super) fn said_by(program: &str, arguments: &[&str], bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.pdf");
    std::fs::write(&path, bytes).unwrap();
    let last: &[&str] = if program == "pdftotext" { &["-"] } else { &[] };
    match Command::new(program).args(arguments).arg(&path).args(last).output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && errors.is_empty(), "{program}: {errors}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            eprintln!("{program}: {error}: not tested");
            None
        }
    }
}

fn about() -> About {
    About {
        title: "图 <1> & \u{7}\"two\"".to_owned(),
        author: "市规划局".to_owned(),
        made_with: "Cimbase 0".to_owned(),
        language: Language::Chinese,
        date: Some("2026-03-04T05:06:07+08:00[+08:00]".parse().unwrap()),
        ..About::default()
    }
}

fn page(letters: &Arc<Letters>) -> Drawing {
    let mut page = Drawing::new(210.0, 297.0, letters);
    page.fill(Area::new(10.0, 10.0, 50.0, 20.0), [255, 0, 0, 128]);
    let pixels: Vec<u8> = (0..40 * 30).flat_map(|k| [(k % 256) as u8, 9, 200, (k % 200) as u8]).collect();
    page.picture(&Picture::rgba([40, 30], pixels).unwrap(), Area::new(20.0, 100.0, 40.0, 30.0));
    page.text(&Text::new("土地利用现状图", [20.0, 40.0], 8.0).bold());
    page.text(&Text::new("Land use, scale 1:2000; 容积率 ≤ 2.5", [20.0, 60.0], 4.0));
    page.text(&Text::new("第二行：辖区范围，建筑高度 24 m。", [20.0, 70.0], 4.0).within(60.0));
    page.text(&Text::new("\u{202e}turned\u{202c} \u{7}emoji 🏗️ private \u{10FFFD} עברית العربية", [20.0, 90.0], 4.0));
    page
}

#[test]
fn a_pdf_is_searched_in_both_languages_and_carries_its_fonts() {
    let letters = Letters::of_system();
    let bytes = pdf::document(&[page(&letters), page(&letters)], &about(), &Progress::default()).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    if !letters.has_chinese() {
        eprintln!("no Chinese font on this system: not tested");
        return;
    }
    if let Some(text) = said_by("pdftotext", &[], &bytes) {
        let found = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in {text}"));
        assert!(found("土地利用现状图") < found("Land use, scale 1:2000; 容积率 ≤ 2.5"));
        assert!(found("1:2000") < found("第二行：辖区范围，"));
        assert!(found("turned emoji") < found("private \u{10FFFD}"));
        assert!(text.contains("עברית"), "{text}");
        assert_eq!(text.matches("土地利用现状图").count(), 2);
    }
    if let Some(text) = said_by("pdffonts", &[], &bytes) {
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert!(rows.len() >= 2);
        for row in rows {
            // emb, sub, uni.
            assert!(row.contains("yes yes yes") || row.contains("Type 3"), "{row}");
        }
    }
    if let Some(text) = said_by("pdfinfo", &[], &bytes) {
        assert!(text.contains("图 <1> & \"two\"") && text.contains("市规划局"), "{text}");
        assert!(text.contains("Pages:           2") && text.contains("595.276 x 841.89 pts (A4)"), "{text}");
    }
    // Two faces of a few dozen glyphs: nobody mails 20 MB of letters.
    assert!(bytes.len() < 200_000, "{}", bytes.len());
}

/// Fonts that cannot be cut down, as variable ones: their glyphs are drawings, and the text is still text.
#[test]
fn glyphs_as_drawings_are_text_as_well() {
    let letters = Letters::of_system();
    let mut long = Drawing::new(210.0, 297.0, &letters);
    // More letters than one such font holds.
    let many: String = (0x4E00..0x4E00 + 400).filter_map(char::from_u32).collect();
    long.text(&Text::new(&many, [10.0, 10.0], 4.0).within(190.0));
    let pages = [page(&letters), long];
    let fonts = Fonts::of(&pages).drawn();
    let bytes = pdf::with_fonts(&pages, fonts, &about(), &Progress::default()).unwrap();
    if !letters.has_chinese() {
        eprintln!("no Chinese font on this system: not tested");
        return;
    }
    if let Some(text) = said_by("pdftotext", &[], &bytes) {
        assert!(text.contains("土地利用现状图") && text.contains("Land use, scale 1:2000; 容积率 ≤ 2.5"), "{text}");
        let said: String = text.split_whitespace().collect();
        assert!(many.chars().all(|letter| said.contains(letter)));
    }
    if let Some(text) = said_by("pdffonts", &[], &bytes) {
        assert!(text.lines().skip(2).all(|row| row.contains("Type 3")), "{text}");
    }
}

#[test]
fn nothing_is_left_behind_when_the_user_stops() {
    let letters = Arc::new(Letters::of(fontdb::Database::new()));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.pdf");
    let progress = Progress::default();
    progress.cancel();
    assert!(pdf::write(&[page(&letters)], &about(), &out, &progress).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    pdf::write(&[page(&letters)], &about(), &out, &Progress::default()).unwrap();
    assert!(out.exists() && !Path::new("a.pdf").exists());
}

#[test]
fn every_row_of_a_long_table_is_on_the_pages_once_and_each_page_says_its_number() {
    let letters = Letters::of_system();
    // Rows of one, two and many lines.
    let text = |k: usize| "高层住宅楼 house ".repeat([1, 5, 40][k % 3].min(if k % 50 == 2 { 40 } else { 5 }));
    let rows = (0..500).map(|k| vec![format!("row{k:03}x"), text(k), format!("{k}.5")]).collect();
    let table =
        Table { head: ["编号", "用途", "面积"].map(str::to_owned).to_vec(), rows, note: "endnote".to_owned() };
    let report = Report {
        title: "五百行".to_owned(),
        sections: vec![Section { heading: "表".to_owned(), blocks: vec![Block::Table(table)] }],
        footer: "footer".to_owned(),
        ..Report::default()
    };
    let pages = report::pages(&letters, &report, &Progress::default()).unwrap();
    assert!(pages.len() > 10);
    // Nothing is written below the footer's line or beside the page.
    for page in &pages {
        for op in &page.ops {
            if let super::drawing::Op::Text { at, size, letters, .. } = op {
                let width: f64 = letters.iter().map(|letter| letter.advance).sum();
                assert!(at[0] >= 20.0 && at[0] + width * size <= 190.0 && at[1] < 290.0, "{at:?}");
            }
        }
    }
    let bytes = pdf::document(&pages, &about(), &Progress::default()).unwrap();
    if !letters.has_chinese() {
        eprintln!("no Chinese font on this system: not tested");
        return;
    }
    let Some(text) = said_by("pdftotext", &["-layout"], &bytes) else { return };
    for k in 0..500 {
        assert_eq!(text.matches(&format!("row{k:03}x")).count(), 1, "row {k}");
    }
    let sheets: Vec<&str> = text.split('\u{c}').filter(|sheet| !sheet.trim().is_empty()).collect();
    assert_eq!(sheets.len(), pages.len());
    for (number, sheet) in sheets.iter().enumerate() {
        let said: String = sheet.split_whitespace().collect();
        assert!(said.contains(&format!("第{}页/共{}页", number + 1, pages.len())), "{sheet}");
        // The head is repeated wherever rows are.
        assert_eq!(said.matches("编号用途面积").count(), usize::from(said.contains("row")), "{sheet}");
    }
    assert_eq!(text.matches("endnote").count(), 1);
}
