//! Filters, searches and selections: (city, question) → ids.

pub mod ask;
pub mod filter;
pub mod fold;
pub mod identity;
pub mod question;
pub mod reach;
pub mod search;
pub mod shape;

#[cfg(test)]
pub(crate) mod testing;

pub use ask::{Found, Question, Where, ask};
pub use filter::{Filter, FilterError};
pub use search::{Hit, Rank, search};
