//! A layer made by hand.

use crate::model::{About, FeatureTable, FieldMapping, Layer, LayerStyle, Role, Title, Vertical};
use crate::place::FoundCrs;
use crate::report::Report;

/// A layer of a table: everything else is empty.
pub(crate) fn layer_of(id: &str, table: FeatureTable) -> Layer {
    Layer {
        id: id.to_owned(),
        title: Title::same(id),
        source: String::new(),
        format: String::new(),
        role: Role::Other,
        role_basis: String::new(),
        mapping: FieldMapping::default(),
        table,
        rows: Vec::new(),
        crs: FoundCrs::unknown(""),
        encoding: String::new(),
        heights: None,
        vertical: Vertical::default(),
        z_offset: 0.0,
        style: LayerStyle::default(),
        visible: true,
        about: About::default(),
        report: Report::default(),
    }
}
