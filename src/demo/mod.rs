//! The synthetic demo city.
