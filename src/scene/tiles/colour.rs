//! Colours of the tiles that are held: which attributes they need, and the style buffers.

use std::time::Instant;

use bevy::prelude::*;
use bevy::render::storage::ShaderBuffer;
use bevy::winit::EventLoopProxyWrapper;

use super::load::Order;
use super::{AGAIN, AT_ONCE, Held, Meter, Tiles, waker};
use crate::city::CityLayer;
use crate::model::{FeatureTable, Layer};
use crate::scene::material::CityMaterial;
use crate::scene::stage::{LayerHandles, LayerLook, Looks, Shown, Stage};
use crate::scene::style::{TileLook, pack_tile};
use crate::tiles::choose::LayerTile;

impl Held {
    pub(super) fn lacks(&self, layer: &CityLayer, look: &LayerLook) -> bool {
        lacks(layer, self.content.attributes.as_ref(), look)
    }
}

/// Whether a tile was made without a field that its layer has and its colours need.
pub(super) fn lacks(layer: &CityLayer, made: Option<&FeatureTable>, look: &LayerLook) -> bool {
    let (Some(made), Some(painter)) = (made, &look.painter) else { return false };
    painter.fields().iter().any(|field| made.field(field).is_none() && layer.known().table.field(field).is_some())
}

/// Brings the style buffers in step with the looks.
pub(super) fn restyle(
    looks: Res<Looks>,
    shown: Res<Shown>,
    mut tiles: ResMut<Tiles>,
    mut meter: ResMut<Meter>,
    stage: Res<Stage>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut materials: ResMut<Assets<CityMaterial>>,
) {
    let started = Instant::now();
    let Some(city) = &shown.city else { return };
    let Tiles { layers, lacking, .. } = &mut *tiles;
    for (at, layer) in layers.iter_mut().enumerate() {
        let Some(look) = looks.layers.get(layer.number) else { continue };
        let same = layer.shown.as_ref().is_some_and(|was| look.same_styles(was));
        if same {
            if std::mem::take(&mut layer.dirty) {
                upload(&stage.layers[layer.number], &layer.styles, &mut buffers, &mut materials);
            }
            continue;
        }
        layer.styles.resize(layer.places.len() as usize, 0);
        for (key, held) in &layer.held {
            if held.lacks(&city.layers[layer.number], look) {
                lacking.insert((at, *key));
                continue;
            }
            lacking.remove(&(at, *key));
            let (start, length) = held.styles;
            let out = &mut layer.styles[start as usize..(start + length) as usize];
            style_tile(look, &city.layers[layer.number].layer, held, out);
        }
        layer.shown = Some(look.clone());
        layer.dirty = false;
        upload(&stage.layers[layer.number], &layer.styles, &mut buffers, &mut materials);
    }
    meter.stages_ms[2] = started.elapsed().as_secs_f64() * 1000.0;
}

/// Has the attributes read that held tiles lack for new colours.
pub(super) fn read_lacking(
    looks: Res<Looks>,
    shown: Res<Shown>,
    mut tiles: ResMut<Tiles>,
    proxy: Option<Res<EventLoopProxyWrapper>>,
) {
    let (Some(city), Some(mesh)) = (&shown.city, &shown.mesh) else { return };
    if tiles.lacking.is_empty() {
        return;
    }
    let tiles = &mut *tiles;
    // What is gone needs no colours; what failed a moment ago keeps its old ones until it is styled anew.
    let failed = &tiles.failed;
    let layers = &tiles.layers;
    tiles.lacking.retain(|(at, key)| {
        layers[*at].held.contains_key(key) && failed.get(&(*at, *key)).is_none_or(|when| when.elapsed() > AGAIN)
    });
    let room = AT_ONCE.saturating_sub(tiles.in_flight.len());
    let asked: Vec<LayerTile> =
        tiles.lacking.iter().filter(|tile| !tiles.in_flight.contains(*tile)).take(room).copied().collect();
    for tile in asked {
        let layer = &tiles.layers[tile.0];
        let painter = looks.layers.get(layer.number).and_then(|look| look.painter.as_ref());
        tiles.in_flight.insert(tile);
        let order = Order {
            generation: tiles.generation,
            tile,
            number: layer.number,
            sizes: layer.sizes,
            fields: painter.map(|painter| painter.fields()).unwrap_or_default(),
            attributes_only: true,
            city: city.clone(),
            mesh: mesh.clone(),
            wanted: tiles.wanted.clone(),
            sender: tiles.sender.clone(),
            wake: waker(proxy.as_deref()),
        };
        order.give();
    }
}

fn upload(
    handles: &LayerHandles,
    styles: &[u32],
    buffers: &mut Assets<ShaderBuffer>,
    materials: &mut Assets<CityMaterial>,
) {
    if let Some(mut buffer) = buffers.get_mut(&handles.styles) {
        // A storage buffer needs an entry.
        buffer.set_data(if styles.is_empty() { vec![0] } else { styles.to_vec() });
    }
    // Touched so that its bind group sees a buffer that grew.
    for material in &handles.materials {
        if let Some(mut material) = materials.get_mut(material) {
            material.params.features = styles.len().max(1) as u32;
        }
    }
}

pub(super) fn style_tile(look: &LayerLook, layer: &Layer, held: &Held, out: &mut [u32]) {
    let content = &held.content;
    let colours = match (&look.painter, &content.attributes) {
        (Some(painter), Some(attributes)) => {
            let piece = Layer {
                table: attributes.clone(),
                heights: content.heights.clone(),
                rows: content.rows.clone(),
                ..layer.clone()
            };
            painter.paint(&piece)
        }
        _ => content
            .rows
            .iter()
            .map(|row| look.shown_colours().get(*row as usize).copied().unwrap_or_default())
            .collect(),
    };
    let look = TileLook {
        colours: &colours,
        sources: content.heights.as_ref().map(|heights| heights.source.as_slice()),
        rows: &content.rows,
        filter: look.filter.as_deref().map(Vec::as_slice),
        selected: &look.selected,
        hidden: look.hidden.rows(),
        hovered: look.hovered,
    };
    pack_tile(&look, out);
}
