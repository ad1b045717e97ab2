//! The style buffer: one `u32` for each feature of a layer. Pure: knows no Bevy.
//!
//! Red, green, blue in the lower three bytes; the upper byte holds marks. Mirrors `city.wgsl`.

use crate::model::{HeightSource, Heights};

/// The feature is drawn.
pub const VISIBLE: u32 = 0x0100_0000;
/// The feature is selected.
pub const SELECTED: u32 = 0x0200_0000;
/// The pointer is over the feature.
pub const HOVERED: u32 = 0x0400_0000;
/// The feature's height is not surveyed.
pub const GUESSED: u32 = 0x0800_0000;

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
    if let Some(style) = look.hovered.and_then(|row| styles.get_mut(row as usize)) {
        *style |= HOVERED;
    }
    if styles.is_empty() {
        styles.push(0);
    }
    styles
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
            hovered: Some(2),
        };
        assert_eq!(pack(&look), [VISIBLE | 0x11_2233, VISIBLE | SELECTED | GUESSED | 0x44_5566, HOVERED | 0x77_8899]);
    }
}
