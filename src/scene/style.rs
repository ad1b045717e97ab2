//! The style buffer: one `u32` for each feature of a layer. Pure: knows no Bevy.
//!
//! Red, green, blue in the lower three bytes; the upper byte holds marks. Mirrors `city.wgsl`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{HeightSource, Heights, Title};

/// The feature is drawn.
pub const VISIBLE: u32 = 0x0100_0000;
/// The feature is selected.
pub const SELECTED: u32 = 0x0200_0000;
/// The pointer is over the feature.
pub const HOVERED: u32 = 0x0400_0000;
/// The feature's height is not surveyed.
pub const GUESSED: u32 = 0x0800_0000;

/// Rows of a layer that are not drawn, by who hides them: one does not show again what another hides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    by: BTreeMap<&'static str, Vec<u32>>,
    all: Vec<u32>,
}

impl Hidden {
    /// Whether `who` hides these rows now.
    pub fn are(&self, who: &'static str, rows: &[u32]) -> bool {
        self.by.get(who).map_or(&[][..], Vec::as_slice) == rows
    }

    /// Hides rows in the place of those that `who` hid before.
    pub fn set(&mut self, who: &'static str, rows: Vec<u32>) {
        self.by.insert(who, rows);
        self.all = self.by.values().flatten().copied().collect();
        self.all.sort_unstable();
        self.all.dedup();
    }

    /// Whether `who` hides any.
    pub fn is_of(&self, who: &str) -> bool {
        self.by.get(who).is_some_and(|rows| !rows.is_empty())
    }

    /// All of them, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.all
    }

    /// Whether anyone hides a row.
    pub fn holds(&self, row: u32) -> bool {
        self.all.binary_search(&row).is_ok()
    }
}

/// The colours that an answer gives to the rows of a layer, over the layer's own.
#[derive(Debug)]
pub struct RowColours {
    /// Whose answer it is.
    pub who: &'static str,
    /// What a column that says the same is called.
    pub field: &'static str,
    /// What each class means, and its colour: red, green, blue.
    pub classes: Vec<(Title, [u8; 3])>,
    /// The class of each row.
    pub of_row: Vec<u8>,
    /// The colour of each row, `0xAABBGGRR`.
    pub colours: Arc<Vec<u32>>,
}

impl RowColours {
    /// Colours of rows by their classes.
    pub fn new(who: &'static str, field: &'static str, classes: Vec<(Title, [u8; 3])>, of_row: Vec<u8>) -> Self {
        let packed = |class: &u8| {
            let [r, g, b] = classes.get(usize::from(*class)).map_or([0x80; 3], |(_, colour)| *colour);
            u32::from_le_bytes([r, g, b, 255])
        };
        let colours = Arc::new(of_row.iter().map(packed).collect());
        Self { who, field, classes, of_row, colours }
    }
}

/// What the style of a layer is made of.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// One colour for each row, `0xAABBGGRR`; alpha 0 hides.
    pub colours: &'a [u32],
    /// Heights of a building layer.
    pub heights: Option<&'a Heights>,
    /// Rows that pass the layer's filter, sorted; `None` when there is no filter.
    pub filter: Option<&'a [u32]>,
    /// Selected rows.
    pub selected: &'a [u32],
    /// Rows that are not drawn, filter or not; sorted.
    pub hidden: &'a [u32],
    /// The row under the pointer.
    pub hovered: Option<u32>,
}

/// Packs the style buffer of a layer. Never empty: a storage buffer needs an entry.
pub fn pack(look: &Look<'_>) -> Vec<u32> {
    let passes_all = look.filter.is_none();
    let mut styles: Vec<u32> = look
        .colours
        .iter()
        .enumerate()
        .map(|(row, colour)| {
            let guessed = look
                .heights
                .and_then(|heights| heights.source.get(row))
                .is_some_and(|source| *source != HeightSource::Surveyed);
            let visible = passes_all && colour >> 24 != 0;
            (colour & 0x00ff_ffff) | if guessed { GUESSED } else { 0 } | if visible { VISIBLE } else { 0 }
        })
        .collect();
    for row in look.filter.unwrap_or_default() {
        if let Some(style) = styles.get_mut(*row as usize) {
            *style |= VISIBLE;
        }
    }
    for row in look.selected {
        if let Some(style) = styles.get_mut(*row as usize) {
            *style |= SELECTED;
        }
    }
    for row in look.hidden {
        if let Some(style) = styles.get_mut(*row as usize) {
            *style &= !VISIBLE;
        }
    }
    if let Some(style) = look.hovered.and_then(|row| styles.get_mut(row as usize)) {
        *style |= HOVERED;
    }
    if styles.is_empty() {
        styles.push(0);
    }
    styles
}

/// What the style of a tile is made of: the items of the tile, each with its row in the layer.
#[derive(Clone, Copy, Debug)]
pub struct TileLook<'a> {
    /// One colour for each item, `0xAABBGGRR`; alpha 0 hides.
    pub colours: &'a [u32],
    /// Where the heights of bodies come from.
    pub sources: Option<&'a [HeightSource]>,
    /// The row of each item.
    pub rows: &'a [u32],
    /// Rows that pass the layer's filter, sorted; `None` when there is no filter.
    pub filter: Option<&'a [u32]>,
    /// Selected rows.
    pub selected: &'a [u32],
    /// Rows that are not drawn, filter or not; sorted.
    pub hidden: &'a [u32],
    /// The row under the pointer.
    pub hovered: Option<u32>,
}

/// Packs the styles of a tile's items.
pub fn pack_tile(look: &TileLook<'_>, out: &mut [u32]) {
    for (i, (row, out)) in look.rows.iter().zip(out).enumerate() {
        let colour = look.colours.get(i).copied().unwrap_or_default();
        let mark = |mark: u32, set: bool| if set { mark } else { 0 };
        let passes =
            look.filter.is_none_or(|rows| rows.binary_search(row).is_ok()) && look.hidden.binary_search(row).is_err();
        let guessed = look.sources.is_some_and(|s| s.get(i).is_some_and(|s| *s != HeightSource::Surveyed));
        *out = (colour & 0x00ff_ffff)
            | mark(VISIBLE, passes && colour >> 24 != 0)
            | mark(SELECTED, look.selected.contains(row))
            | mark(HOVERED, look.hovered == Some(*row))
            | mark(GUESSED, guessed);
    }
}

/// Places in a buffer that tiles share: each takes a run and gives it back.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Free runs: start and length, by start.
    free: Vec<(u32, u32)>,
    end: u32,
}

impl Places {
    /// Takes a run.
    pub fn take(&mut self, length: u32) -> u32 {
        if let Some(at) = self.free.iter().position(|(_, free)| *free >= length) {
            let (start, free) = self.free[at];
            if free == length {
                self.free.remove(at);
            } else {
                self.free[at] = (start + length, free - length);
            }
            return start;
        }
        let start = self.end;
        self.end += length;
        start
    }

    /// Gives a run back.
    pub fn give(&mut self, start: u32, length: u32) {
        let at = self.free.partition_point(|(other, _)| *other < start);
        self.free.insert(at, (start, length));
        if let Some((next, more)) = self.free.get(at + 1).copied()
            && start + length == next
        {
            self.free[at].1 += more;
            self.free.remove(at + 1);
        }
        if let Some((before, less)) = at.checked_sub(1).and_then(|at| self.free.get(at)).copied()
            && before + less == start
        {
            self.free[at - 1].1 += self.free[at].1;
            self.free.remove(at);
        }
        // What is free at the end is no longer part of the buffer.
        if let Some((last, length)) = self.free.last().copied()
            && last + length == self.end
        {
            self.end = last;
            self.free.pop();
        }
    }

    /// How long the buffer must be.
    pub fn len(&self) -> u32 {
        self.end
    }

    /// Whether no run is taken.
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_hides_and_a_selection_marks_without_touching_the_colour() {
        let heights = Heights {
            source: vec![HeightSource::Surveyed, HeightSource::Default, HeightSource::Surveyed],
            ..Heights::default()
        };
        let look = Look {
            colours: &[0xff11_2233, 0xff44_5566, 0xff77_8899],
            heights: Some(&heights),
            filter: Some(&[0, 1]),
            selected: &[1, 99],
            hidden: &[],
            hovered: Some(2),
        };
        assert_eq!(pack(&look), [VISIBLE | 0x11_2233, VISIBLE | SELECTED | GUESSED | 0x44_5566, HOVERED | 0x77_8899]);
    }

    #[test]
    fn what_one_hides_stays_hidden_when_another_shows_its_own_again() {
        let mut hidden = Hidden::default();
        hidden.set("a", vec![7, 3]);
        hidden.set("b", vec![3, 5]);
        assert_eq!(hidden.rows(), [3, 5, 7]);
        hidden.set("a", Vec::new());
        assert_eq!(hidden.rows(), [3, 5]);
        assert!(hidden.are("a", &[]) && hidden.are("b", &[3, 5]) && hidden.holds(5) && !hidden.holds(7));
    }

    #[test]
    fn items_of_a_tile_are_marked_by_the_row_they_stand_for() {
        let look = TileLook {
            colours: &[0xff11_2233, 0xff44_5566, 0x0077_8899],
            sources: Some(&[HeightSource::Median, HeightSource::Surveyed, HeightSource::Surveyed]),
            rows: &[700, 20, 900],
            filter: Some(&[20, 900]),
            selected: &[20],
            hidden: &[],
            hovered: Some(700),
        };
        let mut styles = [0; 3];
        pack_tile(&look, &mut styles);
        assert_eq!(styles, [GUESSED | HOVERED | 0x11_2233, VISIBLE | SELECTED | 0x44_5566, 0x77_8899]);
    }

    #[test]
    fn places_never_overlap_and_what_is_given_back_is_used_again() {
        let mut places = Places::default();
        let mut taken: Vec<(u32, u32)> = Vec::new();
        let mut dice = 12_345_u32;
        for _ in 0..2000 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if dice >> 31 == 0 || taken.is_empty() {
                let length = 1 + (dice >> 8) % 50;
                let start = places.take(length);
                assert!(taken.iter().all(|(s, l)| start + length <= *s || s + l <= start));
                assert!(start + length <= places.len());
                taken.push((start, length));
            } else {
                let (start, length) = taken.swap_remove((dice >> 8) as usize % taken.len());
                places.give(start, length);
            }
        }
        taken.drain(..).for_each(|(start, length)| places.give(start, length));
        assert!(places.is_empty());
    }
}
