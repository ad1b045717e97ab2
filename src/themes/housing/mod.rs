//! Housing and construction (住房和城乡建设): the stock, its dwellings, their codes.
