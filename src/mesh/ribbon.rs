//! Lines as ribbons of a width in metres.

/// Beyond this many half widths a corner is cut off instead of drawn out to its tip.
const MITRE_LIMIT: f64 = 3.0;

/// Cuts a line into convex, counter-clockwise polygons that together are the line drawn with a
/// width: a quadrilateral for each segment, mitred at the corners; sharp corners get a bevel. Closed
/// lines are mitred at their ends as well. Repeated vertices are skipped; nothing comes out of a
/// line without length.
pub(super) fn ribbon(line: &[[f64; 2]], closed: bool, width: f64, mut emit: impl FnMut(&[[f64; 2]])) {
    let half = width / 2.0;
    let finite = line.iter().copied().filter(|p| p[0].is_finite() && p[1].is_finite());
    let mut points: Vec<[f64; 2]> = finite.collect();
    points.dedup();
    if closed && points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    if points.len() < 2 || half.is_nan() || half <= 0.0 {
        return;
    }
    let n = points.len();
    let closed = closed && n > 2;
    let segments = if closed { n } else { n - 1 };
    // To the left of each segment, length 1.
    let left: Vec<[f64; 2]> = (0..segments)
        .map(|i| {
            let (a, b) = (points[i], points[(i + 1) % n]);
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            [(a[1] - b[1]) / length, (b[0] - a[0]) / length]
        })
        .collect();
    // The mitre at a vertex between two segments, as a vector to the left; none where it is sharp.
    let mitre = |before: usize, after: usize| {
        let (p, q) = (left[before], left[after]);
        let along = 1.0 + p[0] * q[0] + p[1] * q[1];
        let vector = [(p[0] + q[0]) / along * half, (p[1] + q[1]) / along * half];
        // Not longer than either segment, or the quadrilaterals would turn over.
        let reach = [before, after].map(|s| {
            let (a, b) = (points[s], points[(s + 1) % n]);
            (b[0] - a[0]).hypot(b[1] - a[1])
        });
        let length = vector[0].hypot(vector[1]);
        (length <= MITRE_LIMIT * half && length <= half.hypot(reach[0].min(reach[1]))).then_some(vector)
    };
    for i in 0..segments {
        let (a, b) = (points[i], points[(i + 1) % n]);
        let own = [left[i][0] * half, left[i][1] * half];
        let before = if i > 0 { Some(i - 1) } else { closed.then_some(n - 1) };
        let after = if i + 1 < segments { Some(i + 1) } else { closed.then_some(0) };
        let at_a = before.and_then(|before| mitre(before, i)).unwrap_or(own);
        let joined = after.and_then(|after| mitre(i, after));
        let at_b = joined.unwrap_or(own);
        emit(&[
            [a[0] - at_a[0], a[1] - at_a[1]],
            [b[0] - at_b[0], b[1] - at_b[1]],
            [b[0] + at_b[0], b[1] + at_b[1]],
            [a[0] + at_a[0], a[1] + at_a[1]],
        ]);
        if let (None, Some(after)) = (joined, after) {
            // The bevel fills the wedge on the outer side of the corner.
            let next = [left[after][0] * half, left[after][1] * half];
            let turns_left = own[0] * next[1] - own[1] * next[0] > 0.0;
            if turns_left {
                emit(&[b, [b[0] - own[0], b[1] - own[1]], [b[0] - next[0], b[1] - next[1]]]);
            } else {
                emit(&[b, [b[0] + next[0], b[1] + next[1]], [b[0] + own[0], b[1] + own[1]]]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::clip::twice_area;

    fn area(line: &[[f64; 2]], closed: bool, width: f64) -> f64 {
        let mut sum = 0.0;
        ribbon(line, closed, width, |piece| {
            assert!(twice_area(piece) > 0.0, "{piece:?}");
            sum += twice_area(piece) / 2.0;
        });
        sum
    }

    #[test]
    fn a_ribbon_covers_its_length_times_its_width() {
        assert!((area(&[[0.0, 0.0], [30.0, 40.0]], false, 2.0) - 100.0).abs() < 1e-9);
        // A right angle, mitred: the corner's inner square is shared, its outer one is added.
        assert!((area(&[[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]], false, 2.0) - 40.0).abs() < 1e-9);
        // A closed square: 44 × 44 less 36 × 36.
        let square = [[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0], [0.0, 0.0]];
        assert!((area(&square, true, 4.0) - (44.0 * 44.0 - 36.0 * 36.0)).abs() < 1e-9);
    }

    #[test]
    fn sharp_corners_stay_near_the_line_and_nothing_has_no_ribbon() {
        let spike = [[0.0, 0.0], [100.0, 0.0], [0.0, 1.0]];
        ribbon(&spike, false, 2.0, |piece| {
            assert!(piece.iter().all(|p| p[0] < 103.1 && p[0] > -1.1), "{piece:?}");
        });
        // There and back on the same way.
        ribbon(&[[0.0, 0.0], [9.0, 0.0], [0.0, 0.0]], false, 2.0, |piece| {
            assert!(piece.iter().flatten().all(|v| v.is_finite()));
        });
        assert_eq!(area(&[[1.0, 1.0]], false, 2.0), 0.0);
        assert_eq!(area(&[[1.0, 1.0], [1.0, 1.0], [f64::NAN, 2.0]], true, 2.0), 0.0);
        assert_eq!(area(&[[1.0, 1.0], [2.0, 1.0]], false, f64::NAN), 0.0);
    }
}
