//! Writing the demo.
/// x
pub struct DemoError;
/// x
pub fn write() {}
