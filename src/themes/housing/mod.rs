//! Housing and construction (住房和城乡建设): the stock, its dwellings, their codes.
//!
//! 1. [`tables`]: codes, grades, states, years and names of personal fields, as data;
//! 2. [`unit_code`]: the 28 characters of the real-estate unit code, explained;
//! 3. [`personal`]: what holds personal data, and how it is masked;
//! 4. [`families`]: which rows are parts of which buildings;
//! 5. [`join`]: units ↔ buildings, with the match quality;
//! 6. [`room_number`] and [`unit_table`]: the storeys × entrances × rooms of a building;
//! 7. [`standing`]: a building as it is drawn; [`slab`]: where its units are in it; [`opened`]: cut open above a storey;
//! 8. [`card`] of one building, [`stock`] of all of them, [`classes`]: which buildings a class of the stock counts;
//! 9. [`suppress`]: numbers of people that are too small to be shown.

pub mod card;
pub mod classes;
mod columns;
pub mod families;
pub mod join;
pub mod opened;
pub mod personal;
pub mod room_number;
pub mod slab;
pub mod standing;
pub mod stock;
pub mod suppress;
pub mod tables;
#[cfg(test)]
mod testing;
pub mod unit_code;
pub mod unit_table;

pub use columns::{UnitFields, unit_fields};
