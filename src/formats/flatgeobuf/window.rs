//! Reading some features of a FlatGeobuf: those in a window, along a line, or by row.
//!
//! 1. [`FgbFile::open`] reads the header and the upper levels of the packed R-tree (a sixteenth of it);
//! 2. a question walks them and reads those groups of leaves that it needs;
//! 3. [`FgbFile::read`] reads the features of leaves in long runs and copies the wanted columns.
//!
//! Everything that the file says about itself is checked against its length before it is used.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flatgeobuf::{ColumnType, GeometryType, size_prefixed_root_as_header};

use super::bytes::Bytes;
use super::read::{Column, NODE_BYTES, header_crs, index_bytes, read_attributes, read_feature};
use crate::formats::OpenError;
use crate::model::{FieldType, TableBuilder};
use crate::place::{Bounds, FoundCrs};

/// A header longer than this is none: 65,535 columns with long names fit.
const LONGEST_HEADER: u64 = 64 << 20;
/// Features that lie closer together than this are read at once.
const GAP: u64 = 32 << 10;
/// Bytes read at once at most.
const RUN: u64 = 4 << 20;

/// An open FlatGeobuf with an index.
#[derive(Clone, Debug)]
pub struct FgbFile {
    path: PathBuf,
    bytes: Arc<dyn Bytes>,
    name: String,
    crs: FoundCrs,
    geometry: GeometryType,
    columns: Vec<(String, ColumnType)>,
    count: u64,
    node_size: u64,
    /// Where the first leaf is in the file.
    leaves_start: u64,
    features_start: u64,
    /// The boxes above the leaves: the root's level first.
    upper: Vec<Vec<Bounds>>,
}

/// A feature in the index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaf {
    /// Its row in the file.
    pub row: u32,
    /// The box around it.
    pub bounds: Bounds,
    /// Where it is among the features.
    offset: u64,
    /// Where the next begins, where that is known.
    end: Option<u64>,
}

/// The columns that a reader wants.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// All.
    All,
    /// Those of these names.
    Named(&'a [String]),
}

impl Wanted<'_> {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|n| n == name),
        }
    }
}

impl FgbFile {
    /// Opens a file, or one on a web server by its `http://` address.
    ///
    /// # Errors
    /// [`OpenError`] when it is no FlatGeobuf with an index, is cut off, or says what cannot be.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let bytes = super::bytes::open(path).map_err(|e| OpenError::new(path, e.to_string()))?;
        Self::over(bytes, path)
    }

    /// The bytes it is read from.
    pub fn bytes(&self) -> &dyn Bytes {
        &*self.bytes
    }

    /// Opens what lies in some bytes; `path` is their name in messages.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn over(bytes: Arc<dyn Bytes>, path: &Path) -> Result<Self, OpenError> {
        let fail = |reason: String| OpenError::new(path, reason);
        let broken = |what: &str| fail(format!("{what}: the file is damaged or cut off; make it again"));
        let mut head = [0; 12];
        bytes.read_at(0, &mut head).map_err(|_| broken("it is too short for a FlatGeobuf"))?;
        if head[..3] != *b"fgb" || head[3] != 3 {
            return Err(fail("it is no FlatGeobuf of version 3".into()));
        }
        let length = u64::from(u32::from_le_bytes([head[8], head[9], head[10], head[11]]));
        if length > LONGEST_HEADER || 12 + length > bytes.len() {
            return Err(broken(&format!("its header says that it is {length} bytes long")));
        }
        let mut header = vec![0; 4 + length as usize];
        bytes.read_at(8, &mut header).map_err(|e| fail(e.to_string()))?;
        let header = size_prefixed_root_as_header(&header).map_err(|_| broken("its header cannot be read"))?;
        let (count, node_size) = (header.features_count(), u64::from(header.index_node_size()));
        let leaves_and_more = index_bytes(&header);
        let index_start = 12 + length;
        let features_start = leaves_and_more.and_then(|index| index.checked_add(index_start));
        let Some(features_start) = features_start.filter(|start| *start <= bytes.len()) else {
            return Err(broken(&format!(
                "its header says {count} features, but an index of so many does not fit into its {} bytes",
                bytes.len()
            )));
        };
        if count > u64::from(u32::MAX) {
            return Err(fail(format!("{count} features are more than can be numbered; divide the layer")));
        }
        if count > 0 && node_size == 0 {
            return Err(fail("it has no index, so it cannot be read by window; import it to make one".into()));
        }
        let node_size = node_size.max(2);
        let mut file = Self {
            path: path.to_owned(),
            name: header.name().unwrap_or_default().to_owned(),
            crs: header_crs(&header),
            geometry: header.geometry_type(),
            columns: header.columns().iter().flatten().map(|c| (c.name().to_owned(), c.type_())).collect(),
            count,
            node_size,
            leaves_start: features_start - count * NODE_BYTES,
            features_start,
            upper: Vec::new(),
            bytes,
        };
        file.read_upper(index_start).map_err(|e| fail(e.to_string()))?;
        Ok(file)
    }

    /// Reads the boxes of all levels but the leaves. Which nodes are below which follows from the
    /// packing; the numbers that the nodes hold are not trusted.
    fn read_upper(&mut self, index_start: u64) -> io::Result<()> {
        let mut sizes = vec![self.count];
        while sizes.last().is_some_and(|size| *size > 1) {
            sizes.push(sizes.last().map_or(1, |size| size.div_ceil(self.node_size)));
        }
        let mut at = index_start;
        for size in sizes.iter().skip(1).rev() {
            let mut raw = vec![0; (size * NODE_BYTES) as usize];
            self.bytes.read_at(at, &mut raw)?;
            at += size * NODE_BYTES;
            self.upper.push(raw.as_chunks::<40>().0.iter().map(bounds_of).collect());
        }
        Ok(())
    }

    /// The file's name in messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The layer's name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the header says about the CRS.
    pub fn crs(&self) -> &FoundCrs {
        &self.crs
    }

    /// Number of rows.
    pub fn len(&self) -> u32 {
        // Held by `over`.
        self.count as u32
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> u64 {
        self.bytes.len()
    }

    /// Bytes held in memory for the index.
    pub fn index_bytes(&self) -> usize {
        self.upper.iter().map(|level| level.capacity() * size_of::<Bounds>()).sum()
    }

    /// The box around all features.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn extent(&self) -> io::Result<Bounds> {
        match self.upper.first().and_then(|level| level.first()) {
            Some(root) => Ok(*root),
            None => Ok(self.leaves(|_| true)?.first().map_or(Bounds::EMPTY, |leaf| leaf.bounds)),
        }
    }

    /// Names and types of the columns.
    pub fn fields(&self) -> impl Iterator<Item = (&str, FieldType)> {
        self.columns.iter().map(|(name, kind)| (name.as_str(), field_type(*kind)))
    }

    /// A sum over the header and some pieces of the file: another file has another one. FNV-1a
    /// (Fowler, Noll, Vo), 64 bits.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn fingerprint(&self) -> io::Result<u64> {
        const PIECE: u64 = 64 << 10;
        let length = self.bytes.len();
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        for at in [0, 1, 2, 3].map(|quarter| (length / 3 * quarter).min(length.saturating_sub(PIECE))) {
            let mut piece = vec![0; PIECE.min(length - at) as usize];
            self.bytes.read_at(at, &mut piece)?;
            for byte in piece {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Ok(sum)
    }

    /// An error when the file is no longer what was opened.
    ///
    /// # Errors
    /// With what to do.
    pub fn check(&self) -> io::Result<()> {
        self.bytes.check()
    }

    /// Whether features may lie in a box: what the index says that is in memory, so that nothing is read. Where it
    /// says no there are none.
    pub fn may_hold(&self, square: &Bounds) -> bool {
        let mut open: Vec<(usize, u64)> = if self.count > 0 { vec![(0, 0)] } else { Vec::new() };
        while let Some((level, node)) = open.pop() {
            let Some(nodes) = self.upper.get(level) else { return true };
            if nodes.get(node as usize).is_some_and(|bounds| bounds.meets(square)) {
                let last = level + 1 == self.upper.len();
                if last {
                    return true;
                }
                open.extend((node * self.node_size..(node + 1) * self.node_size).map(|below| (level + 1, below)));
            }
        }
        false
    }

    /// Features whose box passes, by row. A box that holds others must pass where one of them does.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn leaves(&self, pass: impl Fn(&Bounds) -> bool) -> io::Result<Vec<Leaf>> {
        // Groups of nodes of the next level below those that pass, as runs.
        let mut runs = vec![(0, if self.upper.is_empty() { self.count } else { 1 })];
        for level in &self.upper {
            let mut below: Vec<(u64, u64)> = Vec::new();
            for (from, to) in runs {
                for node in from..to.min(level.len() as u64) {
                    if pass(&level[node as usize]) {
                        let (first, last) = (node * self.node_size, (node + 1) * self.node_size);
                        match below.last_mut() {
                            Some(run) if run.1 == first => run.1 = last,
                            _ => below.push((first, last)),
                        }
                    }
                }
            }
            runs = below;
        }
        let mut found = Vec::new();
        for (from, to) in runs {
            // In pieces, so that a question for everything needs no buffer for all of it.
            let (mut from, to) = (from, to.min(self.count));
            while from < to {
                let piece = to.min(from + 65_536);
                self.each_leaf(from..piece, |leaf| {
                    if pass(&leaf.bounds) {
                        found.push(leaf);
                    }
                })?;
                from = piece;
            }
        }
        Ok(found)
    }

    /// The features of some rows, which ascend. Rows that there are not are left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rows(&self, rows: &[u32]) -> io::Result<Vec<Leaf>> {
        let mut found = Vec::with_capacity(rows.len());
        let mut rest = rows;
        while let [first, ..] = rest {
            // Rows that follow each other closely come in one read.
            let close =
                rest.windows(2).take(65_536).take_while(|pair| pair[1].saturating_sub(pair[0]) <= 64).count() + 1;
            let (run, after) = rest.split_at(close);
            rest = after;
            let last = run[run.len() - 1];
            let mut wanted = run.iter().peekable();
            let range = u64::from(*first)..(u64::from(last) + 1).min(self.count);
            self.each_leaf(range, |leaf| {
                while wanted.next_if(|row| **row == leaf.row).is_some() {
                    found.push(leaf);
                }
            })?;
        }
        Ok(found)
    }

    /// Reads leaves, and one more to know where the last ends.
    fn each_leaf(&self, rows: std::ops::Range<u64>, mut each: impl FnMut(Leaf)) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let more = (rows.end + 1).min(self.count);
        let mut raw = vec![0; ((more - rows.start) * NODE_BYTES) as usize];
        self.bytes.read_at(self.leaves_start + rows.start * NODE_BYTES, &mut raw)?;
        let nodes = raw.as_chunks::<40>().0;
        for (i, row) in rows.clone().enumerate() {
            let offset = offset_of(&nodes[i]);
            let end = match nodes.get(i + 1) {
                Some(next) => Some(offset_of(next)),
                None => self.bytes.len().checked_sub(self.features_start),
            };
            // A file whose features lie in another order than its leaves says nothing of their ends.
            let end = end.filter(|end| *end > offset);
            each(Leaf { row: row as u32, bounds: bounds_of(&nodes[i]), offset, end });
        }
        Ok(())
    }

    /// A table with the wanted columns and no rows.
    pub fn builder(&self, wanted: Wanted<'_>) -> TableBuilder {
        let mut builder = TableBuilder::default();
        for (name, kind) in self.fields().filter(|(name, _)| wanted.holds(name)) {
            builder.typed_field(name, kind);
        }
        builder
    }

    /// Adds the features of leaves as rows, in their order. Broken features become rows without
    /// geometry and are returned with the reason.
    ///
    /// # Errors
    /// When the file cannot be read or is no longer what was opened.
    pub fn read(&self, leaves: &[Leaf], wanted: Wanted<'_>, out: &mut TableBuilder) -> io::Result<Vec<(u32, String)>> {
        self.read_with(leaves, wanted, out, read_feature)
    }

    /// As [`Self::read`], with every row's geometry left out.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_attributes(
        &self,
        leaves: &[Leaf],
        wanted: Wanted<'_>,
        out: &mut TableBuilder,
    ) -> io::Result<Vec<(u32, String)>> {
        self.read_with(leaves, wanted, out, |feature, _, columns, out| read_attributes(feature, columns, out))
    }

    fn read_with(
        &self,
        leaves: &[Leaf],
        wanted: Wanted<'_>,
        out: &mut TableBuilder,
        read_feature: impl Fn(&[u8], GeometryType, &[Column], &mut TableBuilder) -> Result<(), String>,
    ) -> io::Result<Vec<(u32, String)>> {
        self.check()?;
        let columns: Vec<Column> = self
            .columns
            .iter()
            .map(|(name, kind)| (*kind, wanted.holds(name).then(|| out.typed_field(name, field_type(*kind)))))
            .collect();
        let mut broken = Vec::new();
        let mut buffer = Vec::new();
        let mut rest = leaves;
        while let [first, ..] = rest {
            let (count, end) = self.run(rest)?;
            let (run, after) = rest.split_at(count);
            rest = after;
            let start = self.features_start.saturating_add(first.offset);
            if start.saturating_add(end - first.offset) > self.bytes.len() {
                return Err(self.cut(first.row));
            }
            buffer.resize((end - first.offset) as usize, 0);
            self.bytes.read_at(start, &mut buffer)?;
            for leaf in run {
                let bytes = &buffer[(leaf.offset - first.offset) as usize..];
                let size = bytes.first_chunk::<4>().map_or(u32::MAX, |b| u32::from_le_bytes(*b)) as usize;
                let feature = size.checked_add(4).and_then(|size| bytes.get(..size));
                let read = match feature {
                    Some(feature) => read_feature(feature, self.geometry, &columns, out),
                    None => read_feature(&[], self.geometry, &columns, out),
                };
                if let Err(reason) = read {
                    broken.push((leaf.row, reason));
                }
            }
        }
        Ok(broken)
    }

    /// How many of the first leaves are read at once, and where the bytes of that run end.
    fn run(&self, leaves: &[Leaf]) -> io::Result<(usize, u64)> {
        let first = &leaves[0];
        let mut end = match first.end.filter(|end| end - first.offset <= RUN) {
            Some(end) => end,
            None => {
                let mut size = [0; 4];
                let at = self.features_start.saturating_add(first.offset);
                if at.saturating_add(4) > self.bytes.len() {
                    return Err(self.cut(first.row));
                }
                self.bytes.read_at(at, &mut size)?;
                return Ok((1, first.offset + 4 + u64::from(u32::from_le_bytes(size))));
            }
        };
        let mut count = 1;
        for leaf in &leaves[1..] {
            let near = leaf.offset >= end && leaf.offset - end <= GAP;
            match leaf.end.filter(|next| near && next - first.offset <= RUN) {
                Some(next) => end = next,
                None => break,
            }
            count += 1;
        }
        Ok((count, end))
    }

    fn cut(&self, row: u32) -> io::Error {
        io::Error::other(format!("{} ends inside feature {row}: get it again", self.path.display()))
    }
}

fn field_type(kind: ColumnType) -> FieldType {
    match kind {
        ColumnType::Bool => FieldType::Boolean,
        ColumnType::Byte
        | ColumnType::UByte
        | ColumnType::Short
        | ColumnType::UShort
        | ColumnType::Int
        | ColumnType::UInt
        | ColumnType::Long
        | ColumnType::ULong => FieldType::Integer,
        ColumnType::Float | ColumnType::Double => FieldType::Real,
        ColumnType::DateTime => FieldType::Time,
        _ => FieldType::Text,
    }
}

fn bounds_of(node: &[u8; 40]) -> Bounds {
    let number = |at: usize| node[at..].first_chunk::<8>().map_or(f64::NAN, |b| f64::from_le_bytes(*b));
    Bounds { min: [number(0), number(8)], max: [number(16), number(24)] }
}

fn offset_of(node: &[u8; 40]) -> u64 {
    node[32..].first_chunk::<8>().map_or(u64::MAX, |b| u64::from_le_bytes(*b))
}
