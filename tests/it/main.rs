//! Tests of the whole: the house's rules, the built program, real data. One program, so that the
//! library is linked once.

mod cases;
mod cli;
mod data;
mod diff;
mod feeds;
mod house;
mod housing;
mod import;
mod odd;
mod packages;
mod planning;
mod program;
mod questions;
mod readers;
mod reports;
mod server;
mod snapshot;
mod streams;
#[cfg(feature = "viewer")]
mod window;
