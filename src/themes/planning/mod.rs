//! Planning and natural resources (规划和自然资源): land use, control limits, and how parcels keep them.
