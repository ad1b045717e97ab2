//! What a condition asks of a row, known without a layer.

use cql2::Expr;

use super::spatial::GEOMETRY_NAMES;

/// The row number.
pub const FID: &str = "fid";
/// The height above ground, metres.
pub const HEIGHT: &str = "height_m";
/// Where the height comes from.
pub const PROVENANCE: &str = "height_provenance";

/// What a condition mentions.
#[derive(Debug, Default)]
pub struct Asked {
    /// Names of values, each once, in the order of the text.
    pub names: Vec<String>,
    /// Whether a spatial operator is among it.
    pub geometry: bool,
}

impl Asked {
    pub fn of(tree: &Expr) -> Self {
        let mut asked = Self::default();
        asked.look(tree);
        asked
    }

    fn look(&mut self, expr: &Expr) {
        match expr {
            Expr::Property { property } if !self.names.contains(property) => self.names.push(property.clone()),
            Expr::Operation { op, args } => {
                let spatial = cql2::SPATIALOPS.contains(&op.as_str());
                self.geometry |= spatial;
                let own = |arg: &Expr| matches!(arg, Expr::Property { property } if is_geometry(property));
                args.iter().filter(|arg| !(spatial && own(arg))).for_each(|arg| self.look(arg));
            }
            Expr::Array(items) => items.iter().for_each(|item| self.look(item)),
            _ => {}
        }
    }
}

/// Whether a name means the feature's own geometry.
pub fn is_geometry(name: &str) -> bool {
    GEOMETRY_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
