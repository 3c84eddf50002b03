//! Which addresses are the beginnings of our arrays: a table of two levels over the pages of the address space.
//!
//! A free that comes from NumPy may be for memory that is not ours, and it comes for every small array too. So the
//! question costs one test of the address for seven of eight foreign ones and two loads for the rest, without a lock.
//! The answer stands beside the blocks and not in them, for reading the page of a foreign address would prove nothing,
//! and writing to the page of an untouched array would cost it its laziness.

use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::map;
use crate::class::ALIGNMENT;

/// Small pages, whatever the system calls a page: blocks begin in different ones.
const PAGE_BITS: u32 = 12;
const LEAF_BITS: u32 = 18;
const ROOT_BITS: u32 = 18;
const LEAF_ENTRIES: usize = 1 << LEAF_BITS;

/// One gigabyte of address space: for each page, the number of the record of the block that begins in it, plus one.
struct Leaf([AtomicU32; LEAF_ENTRIES]);

/// Untouched pages of this table take no memory, and neither do those of its leaves.
static ROOT: [AtomicPtr<Leaf>; 1 << ROOT_BITS] = [const { AtomicPtr::new(ptr::null_mut()) }; 1 << ROOT_BITS];

/// Whether a block of ours could begin here: at an odd cache line, and where addresses of programs are.
#[inline]
fn plausible(address: usize) -> bool {
    address % (2 * ALIGNMENT) == ALIGNMENT && address >> (PAGE_BITS + LEAF_BITS + ROOT_BITS) == 0
}

#[inline]
fn entry(address: usize) -> Option<&'static AtomicU32> {
    let leaf = ROOT[address >> (PAGE_BITS + LEAF_BITS)].load(Ordering::Acquire);
    // SAFETY: a leaf is published whole, by `leaf_for`, and is never given back.
    let leaf = unsafe { leaf.as_ref() }?;
    Some(&leaf.0[(address >> PAGE_BITS) & (LEAF_ENTRIES - 1)])
}

/// The record of the block that begins in the page of `address`, if one does.
#[inline]
pub(crate) fn find(address: usize) -> Option<u32> {
    if !plausible(address) {
        return None;
    }
    // Relaxed: who asks after a block of ours had its address from whoever entered it, by a way that orders.
    entry(address)?.load(Ordering::Relaxed).checked_sub(1)
}

/// Enter a block. `false` if the table has no room for it, because the system has no memory for a leaf.
pub(crate) fn enter(address: usize, record: u32) -> bool {
    if !plausible(address) {
        return false;
    }
    if entry(address).is_none() {
        let Some(leaf) = SpareLeaf::new() else { return false };
        leaf.publish(address);
    }
    enter_again(address, record);
    true
}

/// Enter a block at an address where there was one before, which cannot fail.
pub(crate) fn enter_again(address: usize, record: u32) {
    if let Some(entry) = entry(address) {
        entry.store(record + 1, Ordering::Relaxed);
    }
}

/// Enter a block at an address that was not known beforehand, with a leaf for it if it needs one: this cannot fail.
pub(crate) fn enter_with(address: usize, record: u32, leaf: SpareLeaf) {
    debug_assert!(plausible(address));
    if entry(address).is_none() {
        leaf.publish(address);
    }
    enter_again(address, record);
}

/// Take a block out, before its memory can be anybody else's.
pub(crate) fn remove(address: usize) {
    if let Some(entry) = entry(address) {
        entry.store(0, Ordering::Relaxed);
    }
}

/// A leaf that is in the table nowhere yet.
pub(crate) struct SpareLeaf(NonNull<u8>);

impl SpareLeaf {
    const BYTES: usize = size_of::<Leaf>();

    /// `None` if the system has no memory for it; it takes none before it is written to.
    pub(crate) fn new() -> Option<Self> {
        map::map(Self::BYTES).map(Self)
    }

    /// Have it stand for the addresses around this one, unless another one does already.
    fn publish(self, address: usize) {
        let place = &ROOT[address >> (PAGE_BITS + LEAF_BITS)];
        let known = place.compare_exchange(
            ptr::null_mut(),
            self.0.as_ptr().cast(),
            Ordering::Release,
            Ordering::Relaxed,
        );
        if known.is_ok() {
            std::mem::forget(self);
        }
    }
}

impl Drop for SpareLeaf {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, of this length, and published to nobody.
        unsafe { map::unmap(self.0, Self::BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Addresses of a terabyte where the system maps nothing of its own, so that tests beside this one do not meet it.
    fn addresses() -> impl Strategy<Value = usize> {
        ((1usize << 40)..(1 << 41)).prop_map(|address| address & !127 | 64)
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_table(steps in prop::collection::vec((addresses(), 0u32..1 << 20, any::<bool>()), 1..80)) {
            let mut model: HashMap<usize, u32> = HashMap::new();
            for &(address, record, removed) in &steps {
                if removed {
                    remove(address);
                    model.remove(&(address >> PAGE_BITS));
                } else {
                    prop_assert!(enter(address, record));
                    model.insert(address >> PAGE_BITS, record);
                }
                for &(address, ..) in &steps {
                    prop_assert_eq!(find(address), model.get(&(address >> PAGE_BITS)).copied());
                }
            }
            for &(address, ..) in &steps {
                remove(address);
            }
        }
    }

    #[test]
    fn addresses_that_cannot_be_ours_are_not_looked_up() {
        for address in [0, 63, 128, 4096, 1 << 48 | 64, usize::MAX, usize::MAX & !127 | 64] {
            assert_eq!(find(address), None);
            assert!(!enter(address, 1), "{address:#x}");
            remove_if_plausible(address);
        }
        assert_eq!(find(64), None);
    }

    fn remove_if_plausible(address: usize) {
        if plausible(address) {
            remove(address);
        }
    }
}
