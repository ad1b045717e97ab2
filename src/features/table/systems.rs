//! Filter, sort and selection; the scene shows the same selection as the table.

use std::sync::Arc;

use bevy::prelude::*;

use super::TablePanel;
use super::rows::{LayerRows, sort};
use super::state::{Column, TableEdit};
use crate::features::published::{Preferences, Privacy, Select, Selection, ShowTable, TABLE_TAB};
use crate::model::field_names::readable;
use crate::model::{Role, Values};
use crate::panels::Words;
use crate::query::filter::Filter;
use crate::scene::stage::{Looks, Shown};
use crate::themes::housing::personal::Masks;

/// What the table shows, beyond its panel.
#[derive(Resource, Default)]
pub struct Table {
    /// The layer's number.
    layer: Option<usize>,
    /// Rows in the order shown.
    order: Arc<Vec<u32>>,
    generation: u64,
    /// Whether rows or columns must be made again.
    stale: bool,
}

#[allow(clippy::too_many_arguments)] // a Bevy system: one argument for each thing it touches
pub(super) fn apply(
    mut panel: ResMut<TablePanel>,
    mut table: ResMut<Table>,
    mut wishes: MessageReader<ShowTable>,
    shown: Res<Shown>,
    privacy: Res<Privacy>,
    mut looks: ResMut<Looks>,
    mut preferences: ResMut<Preferences>,
    mut selects: MessageWriter<Select>,
) {
    if table.generation != shown.generation {
        table.generation = shown.generation;
        table.layer = None;
        table.stale = true;
        panel.model.sort = None;
        panel.model.filter_error = None;
        panel.state.filter.clear();
    }
    let Some(city) = &shown.city else { return };
    let open = |layer: usize, table: &mut Table, panel: &mut TablePanel| {
        if table.layer != Some(layer) {
            table.layer = Some(layer);
            table.stale = true;
            panel.model.sort = None;
            panel.model.filter_error = None;
            panel.state.filter.clear();
        }
    };
    if table.layer.is_none() {
        // The table is never empty for want of a choice: buildings first.
        let usual = city.layers.iter().position(|layer| layer.layer.role == Role::Building);
        if let Some(layer) = usual.or((!city.layers.is_empty()).then_some(0)) {
            open(layer, &mut table, &mut panel);
        }
    }
    for ShowTable(layer) in wishes.read() {
        open(*layer, &mut table, &mut panel);
        preferences.settings.frame.open_tab(TABLE_TAB);
    }
    for edit in std::mem::take(&mut panel.bypass_change_detection().edits) {
        match edit {
            TableEdit::Layer(id) => {
                if let Some(n) = city.layers.iter().position(|layer| layer.layer.id == id) {
                    open(n, &mut table, &mut panel);
                }
            }
            TableEdit::Sort { column, descending } => {
                panel.model.sort = Some((column, descending));
                table.stale = true;
            }
            TableEdit::Filter(text) => {
                let Some(n) = table.layer else { continue };
                let layer = &city.layers[n];
                if text.trim().is_empty() {
                    looks.layers[n].filter = None;
                    panel.model.filter_error = None;
                } else {
                    let masks = Masks::unless(privacy.unmasked, &layer.known().table);
                    let asked = Filter::parse(&text).map_err(|error| error.to_string()).and_then(|filter| {
                        let hidden = masks.among(&filter.fields());
                        if !hidden.is_empty() {
                            let words = preferences.words().table.filter_masked;
                            return Err(Words::put(words, &[&hidden.join(", ")]));
                        }
                        filter.select(layer, None).map_err(|error| error.to_string())
                    });
                    match asked {
                        Ok(rows) => {
                            looks.layers[n].filter = Some(Arc::new(rows));
                            panel.model.filter_error = None;
                        }
                        Err(error) => panel.model.filter_error = Some(error),
                    }
                }
                table.stale = true;
            }
            TableEdit::Select(row) | TableEdit::ZoomTo(row) => {
                if let (Some(n), Some(feature)) = (table.layer, table.order.get(row)) {
                    let fly = matches!(edit, TableEdit::ZoomTo(_));
                    selects.write(Select { target: Some((n, *feature)), fly });
                }
            }
        }
    }
}

/// Makes rows and columns again when something asked for it, and follows the selection.
pub(super) fn fill(
    mut panel: ResMut<TablePanel>,
    mut table: ResMut<Table>,
    shown: Res<Shown>,
    looks: Res<Looks>,
    selection: Res<Selection>,
    preferences: Res<Preferences>,
    privacy: Res<Privacy>,
) {
    let Some(city) = &shown.city else { return };
    if table.stale || preferences.is_changed() {
        panel.model.layers =
            city.layers.iter().map(|l| (l.layer.id.clone(), preferences.title(&l.layer.title))).collect();
        panel.model.layer = table.layer.map_or_else(String::new, |n| city.layers[n].layer.id.clone());
    }
    if let Some(n) = table.layer.filter(|_| table.stale || preferences.is_changed() || privacy.is_changed()) {
        let layer = &city.layers[n];
        panel.model.columns = layer
            .layer
            .table
            .fields
            .iter()
            .map(|field| Column {
                key: field.name.clone(),
                title: readable(&field.name).map_or_else(|| field.name.clone(), |title| preferences.title(title)),
                numeric: matches!(field.values, Values::Integer(_) | Values::Real(_)),
            })
            .collect();
        if table.stale {
            let total = layer.rows();
            let mut order = match &looks.layers[n].filter {
                Some(rows) => rows.to_vec(),
                None => (0..total).collect(),
            };
            if let Some((column, descending)) = panel.model.sort
                && let Some(field) = layer.layer.table.fields.get(column)
            {
                // Of a streamed layer the column is read whole, once.
                match layer.column(&field.name) {
                    Ok(values) => sort(&mut order, &values, descending),
                    Err(error) => panel.model.filter_error = Some(error.to_string()),
                }
            }
            table.order = Arc::new(order);
            panel.model.rows = Arc::new(LayerRows::new(layer.clone(), table.order.clone(), privacy.unmasked));
            panel.model.total = u64::from(total);
            panel.state.to_top();
        } else if privacy.is_changed() {
            panel.model.rows = Arc::new(LayerRows::new(layer.clone(), table.order.clone(), privacy.unmasked));
        }
    }
    if table.stale || selection.is_changed() {
        let chosen = selection.target().filter(|target| Some(target.layer) == table.layer);
        panel.model.selected = chosen.and_then(|target| table.order.iter().position(|row| *row == target.feature));
    }
    table.stale = false;
}
