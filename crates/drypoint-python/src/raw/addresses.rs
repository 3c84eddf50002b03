//! Which node an object is, by its address.

use drypoint_heap::NodeId;
use pyo3::ffi;

/// Open addressing over the numbers of nodes alone, since a map of the library's takes six times the memory. Objects that were
/// made together are found together: within a megabyte neighbours stay neighbours, so most looks find their line in the
/// cache.
pub(super) struct Addresses {
    /// The number of a node, plus one; 0 is free.
    slots: Vec<u32>,
    used: usize,
}

impl Addresses {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { slots: vec![0; slots_for(count)], used: 0 }
    }

    /// Where an address is looked for first.
    fn first(&self, address: usize) -> usize {
        const MEGABYTE: u32 = 20;
        let within = (address & ((1 << MEGABYTE) - 1)) >> 4;
        let region = (address >> MEGABYTE).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> 24;
        within.wrapping_add(region) & (self.slots.len() - 1)
    }

    /// The slot that has an address, or where it would come.
    fn place(&self, address: usize, pointers: &[*mut ffi::PyObject]) -> usize {
        let mut place = self.first(address);
        while self.slots[place] != 0 && pointers[self.slots[place] as usize - 1].addr() != address {
            place = (place + 1) & (self.slots.len() - 1);
        }
        place
    }

    pub(super) fn get(&self, address: usize, pointers: &[*mut ffi::PyObject]) -> Option<NodeId> {
        self.slots[self.place(address, pointers)].checked_sub(1)
    }

    /// The address will be looked for soon.
    pub(super) fn expect(&self, address: usize) {
        expect(&raw const self.slots[self.first(address)]);
    }

    /// The address will be looked for now: its slot is there, and tells which pointer will be compared.
    pub(super) fn expect_pointer(&self, address: usize, pointers: &[*mut ffi::PyObject]) {
        let slot = self.slots[self.first(address)] as usize;
        expect(pointers.as_ptr().wrapping_add(slot.wrapping_sub(1)));
    }

    /// Enter the node that was added last.
    pub(super) fn insert_last(&mut self, pointers: &[*mut ffi::PyObject]) {
        self.used += 1;
        if self.used * 4 >= self.slots.len() * 3 {
            self.slots = vec![0; self.slots.len() * 2];
            for (node, pointer) in pointers.iter().enumerate() {
                let place = self.place(pointer.addr(), &pointers[..node]);
                self.slots[place] = node as u32 + 1;
            }
        } else if let Some((last, before)) = pointers.split_last() {
            let place = self.place(last.addr(), before);
            self.slots[place] = pointers.len() as u32;
        }
    }
}

/// Slots for so many nodes, three quarters of which are used at most.
pub(crate) fn slots_for(nodes: usize) -> usize {
    (nodes * 4 / 3 + 1).next_power_of_two().max(1024)
}

/// What is at the address will be read soon: the memory may begin to send it.
#[inline]
pub(super) fn expect<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which reads nothing; any address will do.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
