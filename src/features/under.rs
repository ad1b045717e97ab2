//! What is drawn under a place of the window.

use super::published::{Styles, Target};
use crate::index::pick::{PickLayer, Picked, Ray, pick};
use crate::query::reach::Reached;
use crate::scene::stage::{Looks, Shown};
use crate::scene::view::Eye;

/// Points and lines are hit within so many pixels.
const TOLERANCE_PIXELS: f64 = 5.0;

/// Asks what is under a position of the window, over the visible layers; with their numbers in the city.
pub fn under(at: [f32; 2], eye: &Eye, shown: &Shown, looks: &Looks, styles: &Styles) -> (Picked, Vec<usize>) {
    let (Some(city), Some(mesh)) = (&shown.city, &shown.mesh) else { return Default::default() };
    let visible = |number: &usize| looks.layers.get(*number).is_some_and(|look| look.visible && look.opacity > 0.0);
    let numbers: Vec<usize> = styles.order.iter().copied().filter(visible).collect();
    let sight = eye.sight(at);
    let ray = Ray { origin: sight.origin, direction: sight.direction };
    let tolerance = eye.camera.metres_per_pixel(f64::from(eye.viewport[3])) * TOLERANCE_PIXELS * f64::from(eye.scale);
    // Of a streamed layer, what the ray may hit is read first.
    let pieces: Vec<Option<Reached>> =
        numbers.iter().map(|number| Reached::read(&city.layers[*number], &mesh.ground, &ray, tolerance)).collect();
    let layers: Vec<PickLayer> = numbers
        .iter()
        .zip(&pieces)
        .map(|(number, piece)| match piece {
            Some(piece) => piece.layer(),
            None => PickLayer {
                geometry: &city.layers[*number].layer.table.geometry,
                index: &city.layers[*number].index,
                bodies: mesh.layers[*number].bodies.as_ref(),
            },
        })
        .collect();
    let mut picked = pick(&layers, &mesh.ground, &ray, tolerance);
    for hit in &mut picked.hits {
        if let Some(piece) = &pieces[hit.layer] {
            hit.feature = piece.row(hit.feature);
        }
    }
    // What is not drawn cannot be clicked.
    picked.hits.retain(|hit| {
        let look = &looks.layers[numbers[hit.layer]];
        let passes = look.filter.as_deref().is_none_or(|rows| rows.binary_search(&hit.feature).is_ok());
        passes && !look.hidden.holds(hit.feature)
    });
    (picked, numbers)
}

/// The features of an answer as targets, nearest first.
pub fn targets(picked: &Picked, numbers: &[usize]) -> Vec<Target> {
    let target = |hit: &crate::index::pick::Hit| Target {
        layer: numbers[hit.layer],
        feature: hit.feature,
        hit: Some((hit.distance, hit.kind)),
    };
    picked.hits.iter().map(target).collect()
}
