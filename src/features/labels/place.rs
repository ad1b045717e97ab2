//! Which labels are shown and where: the weightiest first, none over another. Pure.

/// Size of the letters, points.
pub const FONT_SIZE: f32 = 12.5;
/// Labels on the screen at most.
const MOST: usize = 120;
/// Free space around a label, points.
const MARGIN: f32 = 4.0;
/// Letters of a label at most.
const LONGEST: usize = 24;

/// A label that may be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its middle in the window, points.
    pub at: [f32; 2],
    /// What it says.
    pub text: String,
    /// The weightiest are placed first.
    pub weight: f64,
    /// The layer's number: breaks ties.
    pub layer: usize,
}

/// A label that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its middle in the window, points.
    pub at: [f32; 2],
    /// What it says.
    pub text: String,
}

/// Half the width and height of a text, points: Chinese signs are as wide as high, others half.
fn half_size(text: &str) -> [f32; 2] {
    let width: f32 = text.chars().map(|c| if c as u32 > 0x2e7f { 1.0 } else { 0.56 }).sum();
    [width * FONT_SIZE / 2.0 + MARGIN, FONT_SIZE * 0.6 + MARGIN / 2.0]
}

/// Chooses labels that do not overlap; the same text is not repeated close by.
pub fn place_labels(mut candidates: Vec<Candidate>) -> Vec<Label> {
    candidates
        .sort_by(|a, b| b.weight.total_cmp(&a.weight).then(b.layer.cmp(&a.layer)).then_with(|| a.text.cmp(&b.text)));
    let mut boxes: Vec<([f32; 2], [f32; 2])> = Vec::new();
    let mut placed: Vec<Label> = Vec::new();
    for candidate in candidates {
        if placed.len() == MOST {
            break;
        }
        let mut text: String = candidate.text.chars().take(LONGEST).collect();
        if text.len() < candidate.text.len() {
            text.push('…');
        }
        let half = half_size(&text);
        let meets = |(at, other): &([f32; 2], [f32; 2])| {
            (at[0] - candidate.at[0]).abs() < half[0] + other[0] && (at[1] - candidate.at[1]).abs() < half[1] + other[1]
        };
        let repeats = placed.iter().any(|label| {
            label.text == text && (label.at[0] - candidate.at[0]).hypot(label.at[1] - candidate.at[1]) < 260.0
        });
        if !repeats && !boxes.iter().any(meets) {
            boxes.push((candidate.at, half));
            placed.push(Label { at: candidate.at, text });
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(x: f32, y: f32, text: &str, weight: f64) -> Candidate {
        Candidate { at: [x, y], text: text.into(), weight, layer: 0 }
    }

    #[test]
    fn no_two_labels_overlap_and_the_weightier_stays() {
        let labels = place_labels(vec![
            candidate(100.0, 100.0, "解放北路", 1.0),
            candidate(110.0, 104.0, "海河", 5.0),
            candidate(400.0, 100.0, "Haihe river", 2.0),
        ]);
        let texts: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(texts, ["海河", "Haihe river"]);
    }

    #[test]
    fn a_name_is_not_repeated_beside_itself() {
        let labels =
            place_labels(vec![candidate(0.0, 0.0, "Main street", 1.0), candidate(0.0, 100.0, "Main street", 2.0)]);
        assert_eq!(labels.len(), 1);
    }
}
