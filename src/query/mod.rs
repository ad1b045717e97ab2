//! Filters, searches and selections: (city, question) → ids.
