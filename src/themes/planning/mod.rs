//! Planning and natural resources (规划和自然资源): what stands on parcels, beside what plans allow.
//!
//! 1. [`limits`]: the control limits of a parcel, from its fields or from its zone,
//!    and [`parking`]: the spaces that what is built needs;
//! 2. [`dossier`]: what stands on it, measured, beside the limits;
//! 3. [`plan`]: all parcels of a project at once;
//! 4. [`balance`]: areas by land use;
//! 5. [`volumes`]: what breaks a limit, and what may be built, as bodies;
//! 6. [`answer`]: the whole plan as an ordinary layer;
//! 7. [`neighbourhood`]: the parcels next to one, units registered on it, cases;
//! 8. [`control`]: control lines that a parcel crosses or lies within;
//! 9. [`scheme`]: buildings proposed for a parcel, and [`what_if`]: its dossier with them.
//! 10. [`sunlight`]: the hours of sunshine that dwellings must have.
//!
//! Numbers that depend on something unknown are a [`span::Span`] between two bounds: a parcel passes when the
//! worst case does, is in breach when the best case is, and is unknown in between.

pub mod answer;
pub mod balance;
pub mod control;
pub mod dossier;
pub mod floor_area;
pub mod ground;
pub mod limits;
pub mod near;
pub mod neighbourhood;
pub mod parking;
pub mod plan;
pub mod scheme;
pub mod span;
pub mod sunlight;
pub mod uses;
pub mod volumes;
pub mod what_if;
