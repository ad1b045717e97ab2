//! Questions to one layer: at a point, in a box, near a point; under a condition.

use super::filter::{Filter, FilterError};
use crate::city::CityLayer;
use crate::formats::flatgeobuf::Wanted;
use crate::place::{Bounds, MapPoint, Transform};
use crate::tiles::Stream;

/// Features of a box that are read at a time: a box may hold the whole layer, and memory does not.
const CHUNK: usize = 32_768;

/// Where to look. Project CRS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Where {
    /// Everywhere.
    Anywhere,
    /// Polygons that hold the point; points and lines within `tolerance` metres of it.
    At {
        /// The point.
        point: MapPoint,
        /// Metres.
        tolerance: f64,
    },
    /// Features that share at least a point with the box.
    In(Bounds),
    /// The nearest features.
    Near {
        /// The point.
        point: MapPoint,
        /// How many.
        count: usize,
    },
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Where to look.
    pub place: Where,
    /// Under what condition.
    pub filter: Option<&'a Filter>,
    /// Brings the condition's coordinates into the project CRS; `None` when they are.
    pub to_project: Option<&'a Transform>,
}

/// A feature of an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The feature.
    pub feature: u32,
    /// Metres from the point of [`Where::Near`].
    pub distance: Option<f64>,
}

/// Answers a question: by row, or nearest first.
///
/// # Errors
/// [`FilterError`] when the layer cannot answer the condition.
pub fn ask(layer: &CityLayer, question: &Question<'_>) -> Result<Vec<Found>, FilterError> {
    if let Some(stream) = &layer.stream {
        return ask_streamed(layer, &stream.tiles, question);
    }
    let geometry = &layer.layer.table.geometry;
    let allowed = question.filter.map(|filter| filter.select(layer, question.to_project)).transpose()?;
    let holds = |feature: &u32| allowed.as_ref().is_none_or(|rows| rows.binary_search(feature).is_ok());
    let plain = |rows: Vec<u32>| rows.into_iter().filter(&holds).map(|feature| Found { feature, distance: None });
    Ok(match question.place {
        Where::Anywhere => {
            let all = allowed.clone().unwrap_or_else(|| (0..geometry.len() as u32).collect());
            all.into_iter().map(|feature| Found { feature, distance: None }).collect()
        }
        Where::At { point, tolerance } => plain(layer.index.at(geometry, point, tolerance)).collect(),
        Where::In(bounds) => plain(layer.index.in_box(geometry, &bounds)).collect(),
        Where::Near { point, count } => {
            let most = layer.index.len();
            let wanted = count.min(most).min(allowed.as_ref().map_or(most, Vec::len));
            // The tree knows no condition: ask for more until enough of the nearest fulfil it.
            let mut asked = wanted;
            loop {
                let near = layer.index.nearest(geometry, point, asked);
                let all_seen = near.len() < asked || asked >= most;
                let mut found: Vec<Found> = near
                    .into_iter()
                    .filter(|near| holds(&near.feature))
                    .map(|near| Found { feature: near.feature, distance: Some(near.distance) })
                    .collect();
                if found.len() >= wanted || all_seen {
                    found.truncate(wanted);
                    break found;
                }
                asked = asked.saturating_mul(4).max(16).min(most);
            }
        }
    })
}

/// The same of a streamed layer: the index in its file first, then the same exact tests on what was
/// read, its rows being those of the whole.
fn ask_streamed(layer: &CityLayer, stream: &Stream, question: &Question<'_>) -> Result<Vec<Found>, FilterError> {
    let fail = |error: std::io::Error| FilterError::Read(error.to_string());
    let fields = question.filter.map(Filter::fields).unwrap_or_default();
    let within = |bounds: Bounds| -> Result<CityLayer, FilterError> {
        let piece = stream.piece(|other| other.meets(&bounds), Wanted::Named(&fields)).map_err(fail)?;
        Ok(CityLayer::in_memory(layer.of_piece(piece)))
    };
    let answer = |piece: &CityLayer| -> Result<Vec<Found>, FilterError> {
        let found = ask(piece, question)?;
        Ok(found.into_iter().map(|f| Found { feature: piece.layer.whole_row(f.feature), ..f }).collect())
    };
    match question.place {
        Where::Anywhere => {
            let rows = match question.filter {
                Some(filter) => filter.select(layer, question.to_project)?,
                None => (0..stream.len()).collect(),
            };
            Ok(rows.into_iter().map(|feature| Found { feature, distance: None }).collect())
        }
        Where::At { point, tolerance } => {
            let p = [point.east, point.north];
            answer(&within(Bounds { min: p, max: p }.grown(tolerance.max(0.0)))?)
        }
        Where::In(bounds) => {
            let leaves = stream.file().leaves(|other| other.meets(&bounds)).map_err(fail)?;
            // An empty box asks the condition as well, so that what is wrong with it is said.
            let none = leaves.is_empty().then_some(leaves.as_slice());
            let mut found = Vec::new();
            for leaves in leaves.chunks(CHUNK).chain(none) {
                let piece = stream.piece_of(leaves, Wanted::Named(&fields)).map_err(fail)?;
                found.extend(answer(&CityLayer::in_memory(layer.of_piece(piece)))?);
            }
            Ok(found)
        }
        Where::Near { point, count } => {
            let p = [point.east, point.north];
            let extent = stream.extent().map_err(fail)?;
            let reach = |k: usize| (p[k] - extent.min[k]).abs().max((p[k] - extent.max[k]).abs());
            let farthest = reach(0).hypot(reach(1)) + 1.0;
            let mut radius = 100.0;
            loop {
                // All within the radius are in the box; what is found beyond it may not be the nearest.
                let mut found = answer(&within(Bounds { min: p, max: p }.grown(radius))?)?;
                let inside = found.iter().filter(|f| f.distance.is_some_and(|d| d <= radius)).count();
                if inside >= count || radius >= farthest {
                    found.truncate(count);
                    return Ok(found);
                }
                radius *= 2.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::LayerIndex;
    use crate::model::{GeometryKind, TableBuilder, Value};
    use crate::query::testing::layer_of;

    /// A thousand points on a line, 1 m apart; every hundredth is marked.
    fn line() -> CityLayer {
        let mut builder = TableBuilder::default();
        let mark = builder.field("mark");
        for i in 0..1_000 {
            builder.set(mark, &Value::Boolean(i % 100 == 50));
            builder.geometry.push_vertex([f64::from(i), 0.0], None);
            builder.geometry.end_ring();
            builder.geometry.end_part();
            builder.geometry.end_feature(GeometryKind::Point);
        }
        let layer = layer_of("line", builder.finish());
        let index = LayerIndex::build(&layer.table);
        CityLayer { layer, index, stream: None }
    }

    fn features(place: Where, condition: Option<&str>) -> Vec<u32> {
        let filter = condition.map(|text| Filter::parse(text).unwrap());
        let question = Question { place, filter: filter.as_ref(), to_project: None };
        ask(&line(), &question).unwrap().into_iter().map(|found| found.feature).collect()
    }

    #[test]
    fn the_nearest_under_a_condition_are_found_however_far() {
        let near = |count| Where::Near { point: MapPoint::new(0.0, 0.0), count };
        assert_eq!(features(near(2), Some("mark")), [50, 150]);
        assert_eq!(features(near(3), None), [0, 1, 2]);
        assert_eq!(features(near(99), Some("mark")).len(), 10);
        assert_eq!(features(near(5), Some("mark IS NULL")), [] as [u32; 0]);
    }

    #[test]
    fn place_and_condition_both_hold() {
        let bounds = Bounds { min: [40.0, -1.0], max: [160.0, 1.0] };
        assert_eq!(features(Where::In(bounds), Some("mark")), [50, 150]);
        assert_eq!(features(Where::Anywhere, Some("mark AND fid > 900")), [950]);
        let at = Where::At { point: MapPoint::new(50.2, 0.0), tolerance: 0.5 };
        assert_eq!(features(at, None), [50]);
        assert_eq!(features(at, Some("NOT mark")), [] as [u32; 0]);
    }
}
