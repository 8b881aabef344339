//! What was observed: samples, histograms, per-endpoint aggregates, the run's record.
