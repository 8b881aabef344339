//! All tests of the crate, against what a reader of the numbers may rely on.

mod cost;
mod hist;
mod history;
mod measures;
mod objectives;
mod seconds;
mod shard;
mod since;
mod slowest;
mod snapshot;
mod tasks;
mod told;
mod validity;
mod window;

/// Numbers that look random and are the same on every run (SplitMix64,
/// <https://prng.di.unimi.it/splitmix64.c>).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1, 1 excluded.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}
