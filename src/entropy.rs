//! The one place that makes random numbers: seeds of draws, the jitter of retries, keys. A simulation has its own seeds, so
//! that it runs alike every time.

use crate::domain::draw::hex;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where randomness comes from.
#[derive(Debug, Clone)]
pub enum Entropy {
    /// The operating system.
    System,
    /// A seed and a counter; clones share the counter.
    Seeded(u64, Arc<AtomicU64>),
}

impl Entropy {
    /// Entropy that repeats for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(seed, Arc::new(AtomicU64::new(0)))
    }

    /// 32 random bytes.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn bytes(&self) -> Result<[u8; 32], NoEntropy> {
        match self {
            Self::System => Self::secret(),
            Self::Seeded(seed, counter) => {
                let count = counter.fetch_add(1, Ordering::Relaxed);
                Ok(Sha256::digest([seed.to_be_bytes(), count.to_be_bytes()].concat()).into())
            }
        }
    }

    /// 32 bytes that nobody can foresee: the operating system's, in a simulation too. For keys.
    ///
    /// # Errors
    /// As [`Entropy::bytes`].
    pub fn secret() -> Result<[u8; 32], NoEntropy> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| NoEntropy(error.to_string()))?;
        Ok(bytes)
    }

    /// 32 random bytes as lower-case hexadecimal: a seed of a draw.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn seed(&self) -> Result<String, NoEntropy> {
        Ok(hex(&self.bytes()?))
    }

    /// A number in `0.0..1.0`; 0.5 where there is no randomness (it only spreads retries).
    pub fn fraction(&self) -> f64 {
        match self.bytes() {
            Ok([a, b, c, d, ..]) => {
                f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
            }
            Err(_) => 0.5,
        }
    }
}

/// The operating system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("操作系统无法提供随机数：{0}")]
pub struct NoEntropy(String);
