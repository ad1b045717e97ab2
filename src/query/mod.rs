//! Filters, searches and selections: (city, question) → ids.

pub mod identity;
