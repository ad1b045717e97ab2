//! The packed R-tree, written while the features come: all levels at once, each at its place in the file.
//!
//! The file holds the root first and the leaves last. A node of four `f64` and a `u64` says where its first
//! child is among all nodes, a leaf where its feature is among the features' bytes.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::NODE_SIZE;
use crate::place::Bounds;

/// Bytes of a node.
const NODE: usize = 40;
/// Bytes of a level in memory before they are written.
const HELD: usize = 1 << 18;

/// Writes the index of a known number of features.
#[derive(Debug)]
pub(super) struct TreeWriter {
    /// From the leaves to the root.
    levels: Vec<Level>,
    end: u64,
}

#[derive(Debug)]
struct Level {
    /// Where in the file the bytes held go.
    at: u64,
    held: Vec<u8>,
    /// The number of the next node among all nodes.
    next: u64,
    /// The node above the last ones of this level, its first child, and how many it has.
    open: (Bounds, u64, u16),
}

impl TreeWriter {
    /// The index of `features` features that begins at `start` in the file; none without features.
    pub fn new(start: u64, features: u64) -> Self {
        let mut counts = Vec::new();
        if features > 0 {
            counts.push(features);
            // Even a single leaf has a root above it.
            loop {
                let above = counts.last().map_or(1, |n| n.div_ceil(u64::from(NODE_SIZE)));
                counts.push(above);
                if above == 1 {
                    break;
                }
            }
        }
        let nodes: u64 = counts.iter().sum();
        let mut first = nodes;
        let levels = counts.iter().map(|count| {
            first -= count;
            Level { at: start + first * NODE as u64, held: Vec::new(), next: first, open: (Bounds::EMPTY, first, 0) }
        });
        Self { levels: levels.collect(), end: start + nodes * NODE as u64 }
    }

    /// Where the features begin.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Adds the next feature: its box, empty where it has no geometry, and where its bytes begin.
    pub fn leaf(&mut self, file: &mut File, bounds: &Bounds, offset: u64) -> io::Result<()> {
        self.node(file, 0, bounds, offset)
    }

    fn node(&mut self, file: &mut File, level: usize, bounds: &Bounds, offset: u64) -> io::Result<()> {
        let is_root = level + 1 == self.levels.len();
        let this = &mut self.levels[level];
        for number in [bounds.min, bounds.max].as_flattened() {
            this.held.extend_from_slice(&number.to_le_bytes());
        }
        this.held.extend_from_slice(&offset.to_le_bytes());
        if this.held.len() >= HELD {
            this.flush(file)?;
        }
        this.next += 1;
        this.open.0.join(*bounds);
        this.open.2 += 1;
        if this.open.2 == NODE_SIZE && !is_root { self.close(file, level) } else { Ok(()) }
    }

    /// Ends the node above the last ones of a level.
    fn close(&mut self, file: &mut File, level: usize) -> io::Result<()> {
        let next = self.levels[level].next;
        let (bounds, first, _) = std::mem::replace(&mut self.levels[level].open, (Bounds::EMPTY, next, 0));
        self.node(file, level + 1, &bounds, first)
    }

    /// Ends all nodes that are not full and writes what is held.
    pub fn finish(mut self, file: &mut File) -> io::Result<()> {
        for level in 0..self.levels.len().saturating_sub(1) {
            if self.levels[level].open.2 > 0 {
                self.close(file, level)?;
            }
        }
        self.levels.iter_mut().try_for_each(|level| level.flush(file))
    }
}

impl Level {
    fn flush(&mut self, file: &mut File) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.at))?;
        file.write_all(&self.held)?;
        self.at += self.held.len() as u64;
        self.held.clear();
        Ok(())
    }
}
