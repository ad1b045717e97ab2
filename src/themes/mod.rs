//! The rules of the departments: pure functions over a [`crate::city::City`], each with hand-worked cases.
//!
//! Every number that a panel shows comes from here, and from a command.

pub mod housing;
pub mod management;
pub mod planning;
pub mod records;
pub mod volumes;
