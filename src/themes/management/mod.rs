//! City management (城市管理): cases from report to closing.
//!
//! 1. [`incoming`]: a report before it is a case;
//! 2. [`calendar`]: working time, and limits counted in it;
//! 3. [`machine`]: the workflow as a table;
//! 4. [`case`]: a case and its history, [`facts`]: what it is about;
//! 5. [`place`] and [`grid_code`]: where it is, and what lies there; [`near`]: what is nearby;
//! 6. [`indicators`]: what is counted, and rates; [`figures`]: of which group; [`hotspots`]: where cases gather;
//! 7. [`replay`]: cases over time; [`times`]: moments as people write them;
//! 8. [`categories`] and [`rules`]: tables that a city replaces with its own.

pub mod calendar;
pub mod case;
pub mod categories;
pub mod facts;
pub mod figures;
pub mod grid_code;
pub mod hotspots;
pub mod incoming;
pub mod indicators;
pub mod machine;
pub mod near;
pub mod place;
pub mod replay;
pub mod rules;
pub mod times;
pub mod tracks;
