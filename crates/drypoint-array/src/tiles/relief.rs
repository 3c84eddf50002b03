//! Where packed tiles go that memory has no room for: one spill for all shards, made when it is first needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drypoint_memory::SpillRange;

use super::Packer;
use crate::{ArrayError, Result, SpillLog, SpillSpace};

/// How a shard makes room. Shared by the shards of a canvas; a shard locks it while it is locked itself, never the other way.
#[derive(Default)]
pub(super) struct Relief {
    packer: Mutex<Packer>,
    spill: Mutex<Option<Arc<SpillLog>>>,
}

impl Relief {
    pub(super) fn packer(&self) -> MutexGuard<'_, Packer> {
        self.packer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Move bytes to disk.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<SpillRange> {
        Ok(self.spill()?.append(bytes)?)
    }

    /// `error` with the reason why nothing could be moved, if that is so.
    pub(super) fn explain(&self, error: ArrayError) -> ArrayError {
        SpillSpace::process().explain(error)
    }

    /// Read back what was moved.
    pub(super) fn read(&self, range: SpillRange, target: &mut [u8]) -> Result<()> {
        Ok(self.spill()?.read(range, target)?)
    }

    /// Bytes on disk.
    pub(super) fn spilled(&self) -> u64 {
        self.held().as_ref().map_or(0, |spill| spill.written())
    }

    fn spill(&self) -> Result<Arc<SpillLog>> {
        let mut held = self.held();
        match &*held {
            Some(spill) => Ok(spill.clone()),
            None => {
                let made = Arc::new(SpillSpace::process().log()?);
                *held = Some(made.clone());
                Ok(made)
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<SpillLog>>> {
        self.spill.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
