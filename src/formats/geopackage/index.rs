//! The spatial index of a layer, packed at once: SQLite's R-tree keeps its nodes in three plain tables
//! (<https://www.sqlite.org/rtree.html>, "Shadow Tables"), and filling these costs a tenth of inserting box by box.
//!
//! A node is a blob: two bytes of depth (in the root alone), two of the number of its cells, then cells of an id (a row,
//! or a node below) and four `f32`, all big-endian.

use rusqlite::{Connection, params};

use super::quoted;
use crate::place::Bounds;

/// A box and what it is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    id: i64,
    /// Least and greatest x, least and greatest y; outwards to the next `f32`.
    sides: [f32; 4],
}

impl Entry {
    pub(super) fn of(id: i64, bounds: &Bounds) -> Self {
        let down = |v: f64| if f64::from(v as f32) > v { (v as f32).next_down() } else { v as f32 };
        let up = |v: f64| if f64::from(v as f32) < v { (v as f32).next_up() } else { v as f32 };
        Self { id, sides: [down(bounds.min[0]), up(bounds.max[0]), down(bounds.min[1]), up(bounds.max[1])] }
    }

    fn middle(&self) -> [f64; 2] {
        let [x0, x1, y0, y1] = self.sides.map(f64::from);
        [(x0 + x1) / 2.0, (y0 + y1) / 2.0]
    }
}

/// Puts boxes into the index box by box: of a layer with more of them than are kept in memory.
pub(super) fn insert(db: &Connection, index: &str, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached(&format!("INSERT INTO {} VALUES (?, ?, ?, ?, ?)", quoted(index)))?;
    for Entry { id, sides: [x0, x1, y0, y1] } in entries {
        insert.execute(params![id, x0, x1, y0, y1])?;
    }
    Ok(())
}

/// Fills an index that is empty.
pub(super) fn pack(db: &Connection, index: &str, mut entries: Vec<Entry>) -> rusqlite::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let table = |what: &str| quoted(&format!("{index}_{what}"));
    let [nodes, parents, rows] = ["node", "parent", "rowid"].map(table);
    // SQLite made the root, as large as all nodes are.
    let size: usize =
        db.query_row(&format!("SELECT length(data) FROM {nodes} WHERE nodeno = 1"), [], |row| row.get(0))?;
    let most = (size.saturating_sub(4) / 24).max(2);
    along_hilbert(&mut entries);
    let mut next_node: i64 = 2;
    let mut depth: u16 = 0;
    let mut put_node = db.prepare(&format!("INSERT INTO {nodes} VALUES (?, ?)"))?;
    let mut put_parent = db.prepare(&format!("INSERT INTO {parents} VALUES (?, ?)"))?;
    let mut of_rows: Vec<(i64, i64)> = Vec::new();
    let mut level = entries;
    loop {
        let root = level.len() <= most;
        let mut above = Vec::with_capacity(level.len() / most + 1);
        for cells in level.chunks(most) {
            let node = if root { 1 } else { next_node };
            for cell in cells {
                match depth {
                    0 => of_rows.push((cell.id, node)),
                    _ => _ = put_parent.execute(params![cell.id, node])?,
                }
            }
            let blob = blob(cells, if root { depth } else { 0 }, size);
            if root {
                db.execute(&format!("UPDATE {nodes} SET data = ? WHERE nodeno = 1"), [blob])?;
            } else {
                put_node.execute(params![node, blob])?;
                next_node += 1;
            }
            above.push(Entry { id: node, sides: around(cells) });
        }
        if root {
            break;
        }
        level = above;
        depth += 1;
    }
    // In the order of the table's own tree: it only grows at its end.
    of_rows.sort_unstable();
    let mut put_row = db.prepare(&format!("INSERT INTO {rows} VALUES (?, ?)"))?;
    for (row, node) in of_rows {
        put_row.execute(params![row, node])?;
    }
    Ok(())
}

fn blob(cells: &[Entry], depth: u16, size: usize) -> Vec<u8> {
    let mut blob = Vec::with_capacity(size);
    blob.extend_from_slice(&depth.to_be_bytes());
    // A node holds some fifty cells.
    blob.extend_from_slice(&(cells.len() as u16).to_be_bytes());
    for cell in cells {
        blob.extend_from_slice(&cell.id.to_be_bytes());
        cell.sides.iter().for_each(|side| blob.extend_from_slice(&side.to_be_bytes()));
    }
    blob.resize(size, 0);
    blob
}

fn around(cells: &[Entry]) -> [f32; 4] {
    let most = [f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY];
    cells.iter().fold(most, |all, cell| {
        let [x0, x1, y0, y1] = cell.sides;
        [all[0].min(x0), all[1].max(x1), all[2].min(y0), all[3].max(y1)]
    })
}

/// Neighbours in the list are neighbours on the map.
fn along_hilbert(entries: &mut [Entry]) {
    let [x0, x1, y0, y1] = around(entries).map(f64::from);
    let side = (x1 - x0).max(y1 - y0).max(f64::MIN_POSITIVE);
    const ORDER: u8 = 16;
    let step = |v: f64, least: f64| ((v - least) / side * 65_535.0) as u32;
    entries.sort_by_cached_key(|entry| {
        let [x, y] = entry.middle();
        fast_hilbert::xy2h(step(x, x0), step(y, y0), ORDER)
    });
}
