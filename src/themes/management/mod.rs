//! City management (城市管理): cases from report to closing.
//!
//! 1. [`incoming`]: a report before it is a case.

pub mod incoming;
