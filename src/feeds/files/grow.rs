//! Files that grow: CSV and lines of JSON, read on from the byte where they were left.
//!
//! 1. The front of the file and the bytes before the place are those that were read: else it is another file, and is
//!    begun anew. What comes again is known by its id.
//! 2. A piece is read; the whole records in it are taken. A last line without an end waits.
//! 3. The batch is handed over together with the place behind its last record.
//!
//! A last line without an end that nobody has written on for a while is taken as well, and read again when the file
//! grows: a file written at once often ends so.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::split::{self, Front};
use super::{INTERVAL_S, failed};
use crate::feeds::feed::{End, Work};
use crate::feeds::fields::{Record, clean, hashed};
use crate::feeds::{BATCH, Batch, Garbage, json};
use crate::formats::encoding::{self, Found};
use crate::themes::management::incoming::Incoming;

/// Bytes that are read at once; more than the longest record has.
const PIECE: usize = 2 << 20;

/// Bytes at the front and before the place by which a file is known again.
const MARK: u64 = 512;

/// How long a last line without an end waits.
const SETTLE: Duration = Duration::from_secs(30);

/// Most columns of a table.
const COLUMNS: usize = 2_000;

/// Where a feed is in its file.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Place {
    /// Bytes that were taken.
    offset: u64,
    /// Records before them, for people.
    line: u64,
    /// Hash of the front.
    front: String,
    /// Hash of the bytes before `offset`.
    back: String,
    /// Hash of a last line without an end that was taken.
    #[serde(default)]
    open: String,
}

/// How a file's lines are read.
struct Table {
    /// Heads of columns; `None` for lines of JSON.
    heads: Option<(Vec<String>, u8)>,
    encoding: Found,
    /// Where the first record begins.
    start: u64,
}

/// Reads a file until it is told to stop.
pub(super) fn run(work: &mut Work<'_>, path: &Path, cells: bool, position: Option<String>) -> Result<(), End> {
    // A position that cannot be read is one of another kind of feed: everything is read again, and known.
    let mut place: Place = position.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let pause = work.config.interval(INTERVAL_S);
    let mut still = (0_u64, Instant::now());
    loop {
        let mut file = File::open(path).map_err(|error| failed(path, &error))?;
        let size = file.metadata().map_err(|error| failed(path, &error))?.len();
        if place.offset > 0 && !is_same(&mut file, &place, size).map_err(|error| failed(path, &error))? {
            place = Place::default();
        }
        if place.offset < size
            && let Some(table) = table(work, &mut file, cells).map_err(|error| failed(path, &error))??
        {
            place.offset = place.offset.max(table.start);
            while read_on(work, path, &mut file, &table, &mut place)? {}
            if still.0 != size {
                still = (size, Instant::now());
            } else if still.1.elapsed() >= SETTLE {
                take_open(work, path, &mut file, &table, &mut place)?;
            }
        }
        // The file is opened anew for the next look: another one may have its name then.
        drop(file);
        work.rest(pause)?;
    }
}

/// Whether the file still begins with what was read.
fn is_same(file: &mut File, place: &Place, size: u64) -> std::io::Result<bool> {
    Ok(size >= place.offset && marks(file, place.offset)? == (place.front.clone(), place.back.clone()))
}

/// Hashes of the front and of the bytes before a place.
fn marks(file: &mut File, offset: u64) -> std::io::Result<(String, String)> {
    let mut hash = |from: u64, to: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(to - from).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(hashed(&[&bytes]))
    };
    Ok((hash(0, offset.min(MARK))?, hash(offset.saturating_sub(MARK), offset)?))
}

/// What the front of the file says; `None` while its first line is not there as a whole.
fn table(work: &Work<'_>, file: &mut File, cells: bool) -> std::io::Result<Result<Option<Table>, End>> {
    let head = read_at(file, 0, PIECE)?;
    let declared = Some(work.config.encoding.as_str()).filter(|label| !label.is_empty());
    let found = match encoding::whole(&head, declared) {
        Ok(found) => found,
        Err(reason) => return Ok(Err(End::Refused(reason))),
    };
    if found.encoding == encoding_rs::UTF_16LE || found.encoding == encoding_rs::UTF_16BE {
        return Ok(Err(End::Refused(
            "the file is UTF-16, whose lines cannot be followed: write it as UTF-8".to_owned(),
        )));
    }
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    if !cells {
        return Ok(Ok(Some(Table { heads: None, encoding: found, start })));
    }
    // `start` is at most as long as what was found at the front.
    let text = head.get(start as usize..).unwrap_or_default();
    let blank = text.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    let text = text.get(blank..).unwrap_or_default();
    let separator = split::separator(text);
    Ok(match split::first(text, separator) {
        Front::Open => Ok(None),
        Front::Bad(_) => Err(End::Refused("the first line, which should name the columns, is too long".to_owned())),
        Front::Record(end, next) => {
            let heads: Vec<String> = split::cells(&decode(&found, text.get(..end).unwrap_or_default()), separator)
                .iter()
                .map(|head| clean(head, 200))
                .collect();
            if heads.len() > COLUMNS {
                return Ok(Err(End::Refused(format!("the file has more than {COLUMNS} columns"))));
            }
            Ok(Some(Table { heads: Some((heads, separator)), encoding: found, start: start + (blank + next) as u64 }))
        }
    })
}

/// A record's text: UTF-8 where it is that, else as the file was found to be, else GB18030.
fn decode(found: &Found, bytes: &[u8]) -> String {
    if found.encoding != encoding_rs::UTF_8 {
        return found.decode(bytes).into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // The front was plain ASCII, or lines of two programs are mixed.
        Err(_) => encoding::sure_text(bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn read_at(file: &mut File, offset: u64, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.by_ref().take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes the whole records of the next piece; `false` where none is left.
fn read_on(work: &mut Work<'_>, path: &Path, file: &mut File, table: &Table, place: &mut Place) -> Result<bool, End> {
    let piece = read_at(file, place.offset, PIECE).map_err(|error| failed(path, &error))?;
    let mut at = 0;
    let mut any = false;
    while at < piece.len() {
        let (mut batch, mut next) = (Batch::default(), place.clone());
        let begin = at;
        while batch.reports.len() + batch.garbage.len() < BATCH {
            let rest = piece.get(at..).unwrap_or_default();
            let front = match &table.heads {
                Some((_, separator)) => split::first(rest, *separator),
                None => split::first_line(rest),
            };
            let (end, length) = match front {
                Front::Record(end, length) => (Some(end), length),
                Front::Bad(length) => (None, length),
                Front::Open => break,
            };
            next.line += 1;
            let bytes = rest.get(..end.unwrap_or(length)).unwrap_or_default();
            let what = match end {
                Some(_) => read(work, table, bytes, place.offset + (at - begin) as u64),
                None => Err("it is too long: a quote opens that nothing closes, or it is no line of text".to_owned()),
            };
            match what {
                Ok(Some(report)) => batch.reports.push(report),
                Ok(None) => {}
                Err(reason) => batch.garbage.push(Garbage::new(at_line(path, &next), reason, bytes)),
            }
            at += length;
        }
        if at == begin {
            break;
        }
        any = true;
        next.offset = place.offset + (at - begin) as u64;
        next.open.clear();
        deliver(work, path, file, batch, place, next)?;
        work.behind(file.metadata().map_or(0, |facts| facts.len().saturating_sub(place.offset)));
    }
    Ok(any)
}

fn at_line(path: &Path, place: &Place) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The heads are no record.
    format!("{name}, record {}", place.line)
}

/// Hands a batch over and goes on behind it.
fn deliver(
    work: &mut Work<'_>,
    path: &Path,
    file: &mut File,
    mut batch: Batch,
    place: &mut Place,
    mut next: Place,
) -> Result<(), End> {
    (next.front, next.back) = marks(file, next.offset).map_err(|error| failed(path, &error))?;
    batch.position = serde_json::to_string(&next).map_err(|error| End::Later(error.to_string()))?;
    work.deliver(&batch)?;
    *place = next;
    Ok(())
}

/// Takes a last line without an end. The place stays before it.
fn take_open(work: &mut Work<'_>, path: &Path, file: &mut File, table: &Table, place: &mut Place) -> Result<(), End> {
    let bytes = read_at(file, place.offset, split::LONGEST).map_err(|error| failed(path, &error))?;
    let hash = hashed(&[&bytes]);
    if bytes.is_empty() || hash == place.open {
        return Ok(());
    }
    if table.heads.is_some()
        && let Front::Record(end, length) = split::first_line(&bytes)
    {
        // More lines stand behind it and it still has no end: a quote opens that nothing closes.
        let mut next = Place { line: place.line + 1, offset: place.offset + length as u64, ..place.clone() };
        next.open.clear();
        let line = bytes.get(..end).unwrap_or_default();
        let garbage = Garbage::new(at_line(path, &next), "a quote opens that nothing closes", line);
        return deliver(work, path, file, Batch { garbage: vec![garbage], ..Batch::default() }, place, next);
    }
    // What cannot be read may not be whole yet.
    let Ok(Some(report)) = read(work, table, &bytes, place.offset) else { return Ok(()) };
    let batch = Batch { reports: vec![report], ..Batch::default() };
    let next = Place { open: hash, ..place.clone() };
    deliver(work, path, file, batch, place, next)
}

/// The report of one record; `None` for an empty line.
///
/// # Errors
/// Why it is none.
fn read(work: &Work<'_>, table: &Table, bytes: &[u8], offset: u64) -> Result<Option<Incoming>, String> {
    let text = decode(&table.encoding, bytes);
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.contains('\0') {
        return Err("it holds zero bytes".to_owned());
    }
    let (record, point) = match &table.heads {
        Some((heads, separator)) => (row(heads, &split::cells(&text, *separator))?, None),
        None => {
            let item: Json = serde_json::from_str(&text).map_err(|error| format!("it is no JSON: {error}"))?;
            json::record(item)?
        }
    };
    let mut report = work.fields.report(&record, point.map(|xy| (xy, "")))?;
    if report.source_id.is_empty() {
        // Rows without a number may be alike and still be two: the place in the file tells them apart.
        report.source_id = hashed(&[&offset.to_le_bytes(), bytes]);
    }
    Ok(Some(report))
}

/// A row as a record.
fn row(heads: &[String], cells: &[String]) -> Result<Record, String> {
    let said = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    if said > heads.len() || cells.len() < heads.len() {
        return Err(format!("it has {} cells, the table has {} columns", cells.len(), heads.len()));
    }
    let mut record = Record::new();
    for (head, cell) in heads.iter().zip(cells) {
        // Of two columns of one name the first that says something counts.
        if !head.is_empty() && !record.get(head).is_some_and(|value| *value != "") {
            record.insert(head.clone(), Json::String(cell.clone()));
        }
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_as_many_cells_as_heads() {
        let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let heads = text(&["id", "text", "", "text"]);
        assert_eq!(row(&heads, &text(&["1", "", "x", "b"])).unwrap()["text"], "b");
        assert_eq!(row(&heads, &text(&["1", "a", "x", "b", "", ""])).unwrap()["text"], "a");
        assert!(row(&heads, &text(&["1", "a"])).is_err());
        assert!(row(&heads, &text(&["1", "a", "x", "b", "c"])).unwrap_err().contains("5 cells"));
    }
}
