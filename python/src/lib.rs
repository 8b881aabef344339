//! The extension module `gatecrash._engine`.
