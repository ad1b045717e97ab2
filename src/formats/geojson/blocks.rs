//! Features parsed in blocks on all cores, in the order of the file.

use super::walk::{Item, Stop, Walk};
use super::{feature, mend};
use crate::formats::limits;
use crate::model::{GeometryKind, TableBuilder};

/// Bytes of a block: enough to be worth a task, few enough for several to a core in a batch.
const BLOCK_BYTES: usize = 512 << 10;

/// Rows of a block.
const BLOCK_ROWS: usize = 4096;

/// Bytes of a batch: while it is parsed the next is found, so twice as many are in work.
const BATCH_BYTES: usize = 8 << 20;

/// Features that follow each other.
#[derive(Debug, Default)]
pub struct Block {
    items: Vec<Item>,
    bytes: usize,
    /// Byte after it.
    pub end: usize,
}

/// A block's rows.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The rows, in a builder of their own.
    pub builder: TableBuilder,
    /// What was found.
    pub found: Found,
}

/// What was found while features were parsed.
#[derive(Debug, Default)]
pub struct Found {
    /// Rows of the block that are no features, and why.
    pub skipped: Vec<(u64, String)>,
    /// Parts of mixed collections that were left out.
    pub left_out: u64,
    /// Features that held what JSON does not allow.
    pub mended: u64,
}

/// Walks on until a batch is full; blocks end where a run of `most` rows does.
pub fn walk(walk: &mut Walk<'_>, most: usize) -> (Vec<Block>, Option<Stop>) {
    let (mut blocks, mut total) = (Vec::new(), 0);
    let mut block = Block::default();
    let mut close = |block: &mut Block| {
        if !block.items.is_empty() {
            total += block.bytes;
            blocks.push(std::mem::take(block));
        }
        total < BATCH_BYTES
    };
    let stop = loop {
        match walk.next() {
            Ok(item) => {
                block.bytes += item.end - item.start;
                block.end = item.end;
                block.items.push(item);
            }
            Err(stop) => break Some(stop),
        }
        let full = block.bytes >= BLOCK_BYTES || block.items.len() >= BLOCK_ROWS;
        if (full || walk.rows.is_multiple_of(most as u64)) && !close(&mut block) {
            break None;
        }
    };
    close(&mut block);
    (blocks, stop)
}

impl Block {
    /// Parses the features into a builder of their own.
    pub fn parse(&self, text: &[u8]) -> Parsed {
        let mut parsed = Parsed::default();
        parsed.found = self.parse_into(text, &mut parsed.builder);
        parsed
    }

    /// Parses the features as the next rows of a builder.
    pub fn parse_into(&self, text: &[u8], builder: &mut TableBuilder) -> Found {
        let mut shape = feature::Shape::default();
        let mut found = Found::default();
        for (row, item) in self.items.iter().enumerate() {
            let text = &text[item.start..item.end];
            let result = match &item.broken {
                Some(reason) => Err(reason.clone()),
                None => parse(text, &mut shape, builder, &mut found),
            };
            if let Err(reason) = result {
                builder.geometry.drop_feature();
                builder.geometry.end_feature(GeometryKind::None);
                found.skipped.push((row as u64, format!("{reason}, at byte {} of the file", item.start)));
            }
        }
        found
    }

    /// Appends the block's rows; where they would bring fields too many, they are parsed again, one after another,
    /// so that only the features with those are skipped.
    pub fn append(&self, text: &[u8], parsed: Parsed, builder: &mut TableBuilder) -> Found {
        if builder.field_count() + builder.new_fields(&parsed.builder) > limits::FIELDS {
            return self.parse_into(text, builder);
        }
        builder.append(parsed.builder);
        parsed.found
    }
}

fn parse(text: &[u8], shape: &mut feature::Shape, builder: &mut TableBuilder, found: &mut Found) -> Result<(), String> {
    let mut parsed = feature::parse(text, shape, builder);
    if parsed.is_err()
        && let Some(mended) = mend::mend(text)
    {
        builder.geometry.drop_feature();
        parsed = feature::parse(&mended, shape, builder);
        found.mended += u64::from(parsed.is_ok());
    }
    found.left_out += parsed?.left_out;
    Ok(())
}
