//! Who belongs to whom among what has something in common: splits, merges, then the best pairs.

use std::collections::{BTreeMap, HashSet};

use super::Matched;
use super::overlap::{COMMON, Edge};
use crate::model::{GeometryColumn, GeometryKind};

/// A piece lies with at least this share of itself in the whole.
const MOSTLY: f64 = 0.5;
/// A piece is at least this share of the whole: a shed in the corner does not split a house.
const PIECE: f64 = 0.1;
/// Together the pieces cover at least this share of the whole.
const COVERED: f64 = 0.5;
/// A pair has [`COMMON`] of what either has, or so much where one lies mostly in the other, or is the same shape.
const COMMON_INSIDE: f64 = 0.1;

/// One row of a version that is several of the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub whole: u32,
    /// At least two, ascending.
    pub pieces: Vec<u32>,
}

/// Splits and merges.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// One row before is several after.
    pub splits: Vec<Group>,
    /// One row after was several before.
    pub merges: Vec<Group>,
    /// Pairs that were freed, because they are part of either.
    pub freed: u64,
    /// Pairs that were matched here.
    pub joined: u64,
}

/// Finds splits and merges, frees what was matched within them, and matches the best pairs of the rest.
pub(super) fn settle(before: &GeometryColumn, edges: &[Edge], matched: &mut Matched) -> Groups {
    let extended = |edge: &&Edge| before.kind(edge.before) != GeometryKind::Point;
    let there: Vec<Piece> = edges.iter().filter(extended).map(Piece::after).collect();
    let back: Vec<Piece> = edges.iter().filter(extended).map(Piece::before).collect();
    let splits = wholes(&there, |whole| matched.of_before(whole), |piece| matched.of_after(piece));
    let merges = wholes(&back, |whole| matched.of_after(whole), |piece| matched.of_before(piece));
    let mut groups = apart(splits, merges);
    for split in &groups.splits {
        groups.freed += u64::from(matched.leave_before(split.whole));
    }
    for merge in &groups.merges {
        groups.freed += u64::from(matched.leave_after(merge.whole));
    }
    let mut taken: [HashSet<u32>; 2] = [HashSet::new(), HashSet::new()];
    for (side, groups) in [&groups.splits, &groups.merges].into_iter().enumerate() {
        for group in groups {
            taken[side].insert(group.whole);
            taken[1 - side].extend(&group.pieces);
        }
    }
    let mut best: Vec<&Edge> = edges
        .iter()
        .filter(|edge| !taken[0].contains(&edge.before) && !taken[1].contains(&edge.after))
        .filter(|edge| {
            let (most, least) = (edge.of_before.max(edge.of_after), edge.of_before.min(edge.of_after));
            if before.kind(edge.before) == GeometryKind::Point {
                return least >= MOSTLY;
            }
            edge.alike || edge.score() >= COMMON || (most >= MOSTLY && edge.score() >= COMMON_INSIDE)
        })
        .collect();
    // The last says the same whichever version is the first.
    let rows = |edge: &Edge| (edge.before.min(edge.after), edge.before.max(edge.after));
    best.sort_unstable_by(|a, b| {
        let near = || a.apart.total_cmp(&b.apart).then_with(|| rows(a).cmp(&rows(b)));
        b.score().total_cmp(&a.score()).then_with(near)
    });
    for edge in best {
        if matched.of_before(edge.before).is_none() && matched.of_after(edge.after).is_none() {
            matched.join(edge.before, edge.after);
            groups.joined += 1;
        }
    }
    groups
}

/// An edge seen from one side: a possible piece of a possible whole.
struct Piece {
    whole: u32,
    piece: u32,
    /// The share of the piece that lies in the whole.
    inside: f64,
    /// The share of the whole that the piece covers.
    covers: f64,
}

impl Piece {
    fn after(edge: &Edge) -> Self {
        Self { whole: edge.before, piece: edge.after, inside: edge.of_after, covers: edge.of_before }
    }

    fn before(edge: &Edge) -> Self {
        Self { whole: edge.after, piece: edge.before, inside: edge.of_before, covers: edge.of_after }
    }
}

/// Wholes with their pieces. What an id joins stays together: a piece of another whole is none, and a whole that has a
/// partner has it among its pieces.
fn wholes(
    pieces: &[Piece],
    partner_of_whole: impl Fn(u32) -> Option<u32>,
    partner_of_piece: impl Fn(u32) -> Option<u32>,
) -> Vec<Group> {
    let mut best: BTreeMap<u32, &Piece> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| piece.inside >= MOSTLY) {
        if partner_of_piece(piece.piece).is_some_and(|whole| whole != piece.whole) {
            continue;
        }
        let place = best.entry(piece.piece).or_insert(piece);
        if (piece.inside, piece.covers) > (place.inside, place.covers) {
            *place = piece;
        }
    }
    let mut wholes: BTreeMap<u32, (f64, Vec<u32>)> = BTreeMap::new();
    for piece in best.into_values().filter(|piece| piece.covers >= PIECE) {
        let (covered, pieces) = wholes.entry(piece.whole).or_default();
        *covered += piece.covers;
        pieces.push(piece.piece);
    }
    let is_split = |(whole, (covered, pieces)): (u32, (f64, Vec<u32>))| {
        let partner = partner_of_whole(whole).is_none_or(|partner| pieces.contains(&partner));
        (pieces.len() > 1 && covered >= COVERED && partner).then_some(Group { whole, pieces })
    };
    wholes.into_iter().filter_map(is_split).collect()
}

/// Leaves out what is whole in one and piece in another: it was divided anew, and is no plain split.
fn apart(splits: Vec<Group>, merges: Vec<Group>) -> Groups {
    let wholes = |groups: &[Group]| groups.iter().map(|group| group.whole).collect::<HashSet<u32>>();
    let pieces = |groups: &[Group]| groups.iter().flat_map(|group| group.pieces.clone()).collect::<HashSet<u32>>();
    let clear = |groups: &[Group], others: &[Group]| -> Vec<Group> {
        let (wholes, pieces) = (wholes(others), pieces(others));
        let is_clear =
            |group: &&Group| !pieces.contains(&group.whole) && !group.pieces.iter().any(|piece| wholes.contains(piece));
        groups.iter().filter(is_clear).cloned().collect()
    };
    Groups { splits: clear(&splits, &merges), merges: clear(&merges, &splits), ..Groups::default() }
}
