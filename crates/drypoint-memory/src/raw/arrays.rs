//! The door through which arrays of other libraries take blocks of the process's pool, and give them back by address alone.

use std::ptr::NonNull;
use std::sync::Arc;

use super::block::Mapped;
use super::records::{self, Entry};
use super::{page_map, survive_forks, yield_now};
use crate::class::Class;
use crate::pool::{ArrayAccount, ArrayRequest, Begun, Denied, PROCESS};

/// Blocks of at least this many bytes grow by moving their pages.
const MOVED_FROM: usize = 4 << 20;

impl ArrayAccount {
    /// Memory for an array, from the process's pool, until [`free_array`]. Where nothing is refused this costs a turn under
    /// the lock for a block that idled, two for a fresh one. If it is closed, the request is that of what it is a part of.
    pub fn allocate(self: &Arc<Self>, request: ArrayRequest) -> Result<NonNull<u8>, Denied> {
        survive_forks();
        self.open().allocate_here(request)
    }

    fn allocate_here(self: &Arc<Self>, request: ArrayRequest) -> Result<NonNull<u8>, Denied> {
        let class = Class::of(request.bytes).ok_or(Denied::System)?;
        loop {
            match PROCESS.with(|state| state.begin_array(self, class, request)) {
                Begun::Reused(data, record) => {
                    if request.zeroed {
                        // SAFETY: an array of at least so many bytes, known to nobody else yet.
                        unsafe { data.write_bytes(0, request.bytes) };
                    }
                    return enter(data, record);
                }
                Begun::Charged => {
                    let pages = Mapped::fresh(class).or_else(|| {
                        PROCESS.trim(0);
                        Mapped::fresh(class)
                    });
                    return self.settle(pages, class, request);
                }
                Begun::Trimmed(chain) => PROCESS.unmap(chain),
                Begun::Wait => yield_now(),
                Begun::Denied(denied) => return Err(denied),
            }
        }
    }

    /// Record a block that was charged, or take the charge back if there is none.
    fn settle(
        self: &Arc<Self>,
        pages: Option<Mapped>,
        class: Class,
        request: ArrayRequest,
    ) -> Result<NonNull<u8>, Denied> {
        let Some(pages) = pages else {
            PROCESS.with(|state| state.withdraw_array(self, class, request));
            return Err(Denied::System);
        };
        let data = pages.hand_out(Mapped::next_stagger());
        let entry = Entry {
            address: data.addr().get(),
            bytes: request.bytes,
            class,
            untouched: request.zeroed,
            site: request.site,
        };
        match PROCESS.with(|state| state.record_array(entry, self)) {
            Some(record) => enter(data, record),
            None => {
                // SAFETY: handed out above, and known to nobody.
                let pages = unsafe { Mapped::of_data(data, class) };
                PROCESS.with(|state| state.withdraw_array(self, class, request));
                drop(pages);
                Err(Denied::System)
            }
        }
    }
}

/// Make a block findable.
fn enter(data: NonNull<u8>, record: u32) -> Result<NonNull<u8>, Denied> {
    if page_map::enter(data.addr().get(), record) {
        return Ok(data);
    }
    // SAFETY: the record is that of this block, which nobody else knows yet.
    unsafe { end(data, record) };
    Err(Denied::System)
}

/// The site that the array of ours at an address was asked for at; 0 if it is not known.
pub fn array_site(data: *const u8) -> u32 {
    find(data).map_or(0, |record| records::read(record).site)
}

/// Whether there is an array of ours at an address.
pub fn is_array(data: *const u8) -> bool {
    find(data).is_some()
}

fn find(data: *const u8) -> Option<u32> {
    page_map::find(data.addr()).filter(|&record| records::read(record).address == data.addr())
}

/// Give an array's memory back. `false`, and nothing is done, if it is none of ours.
///
/// # Safety
/// If it is ours, nobody uses it any more.
pub unsafe fn free_array(data: *mut u8) -> bool {
    let (Some(record), Some(data)) = (find(data), NonNull::new(data)) else { return false };
    page_map::remove(data.addr().get());
    // SAFETY: the caller gives the array up, and this is its record.
    unsafe { end(data, record) };
    true
}

/// # Safety
/// The record is that of the block at `data`, which is in no map any more and which nobody uses.
unsafe fn end(data: NonNull<u8>, record: u32) {
    let entry = records::read(record);
    // SAFETY: the record has the class of the block, which its owner gives up.
    let pages = unsafe { Mapped::of_data(data, entry.class) };
    if entry.untouched && !pages.is_touched() {
        // Not by way of the idle blocks' lists: they write to the first page, which would give it memory now. Its bytes
        // count until it is gone.
        drop(pages);
        drop(PROCESS.with(|state| {
            state.note_filled(entry, false);
            state.forget_array(record, entry)
        }));
        return;
    }
    let (leaving, account) = PROCESS.with(|state| state.end_array(record, entry, pages));
    PROCESS.unmap(leaving);
    drop(account);
}

/// Change the size of an array, which may move; its contents are kept as far as both sizes reach. `None`, and nothing
/// is done, if it is none of ours; an error leaves it as it was. New bytes are whatever they are. To become smaller is
/// never refused, and to become larger not if the difference fits. `site` is where this is asked for, for arrays that
/// have none.
///
/// # Safety
/// If it is ours, nobody else uses it.
pub unsafe fn resize_array(
    data: *mut u8,
    bytes: usize,
    site: u32,
    overrun: usize,
) -> Option<Result<NonNull<u8>, Denied>> {
    let (record, data) = (find(data)?, NonNull::new(data)?);
    let from = records::read(record);
    let site = if from.site == 0 { site } else { from.site };
    let Some(class) = Class::of(bytes) else { return Some(Err(Denied::System)) };
    let account = records::account(record);
    let grows = bytes > from.bytes;
    let in_place =
        || PROCESS.with(|state| state.resize_array(&account, record, from, bytes, overrun)).map(|()| data);
    if class == from.class || grows && bytes <= from.class.capacity() {
        return Some(in_place());
    }
    // SAFETY: handed on to the caller.
    let in_moved_pages = || unsafe {
        moved(&account, data, record, Entry { class, bytes, site, untouched: false, ..from }, overrun)
    };
    let cheaper = from.class.capacity() >= MOVED_FROM && !PROCESS.with(|state| state.has_idle(class));
    if grows
        && cheaper
        && let Some(moved) = in_moved_pages()
    {
        return Some(Ok(moved));
    }
    let request = ArrayRequest { bytes, zeroed: false, site, overrun };
    Some(match account.allocate(request) {
        Ok(copy) => {
            // SAFETY: two blocks of at least the bytes copied, and the old one is given up by the caller.
            unsafe {
                copy.copy_from_nonoverlapping(data, from.bytes.min(bytes));
                free_array(data.as_ptr());
            }
            Ok(copy)
        }
        // There is no room for both at once.
        Err(denied) if grows => in_moved_pages().ok_or(denied),
        Err(_) => in_place(),
    })
}

/// The same contents in a larger block by moving its pages, if there is room for the difference. `None`, and nothing is
/// done, if there is not, or if the system refuses.
///
/// # Safety
/// As for [`resize_array`], and the record is that of the array.
unsafe fn moved(
    account: &Arc<ArrayAccount>,
    data: NonNull<u8>,
    record: u32,
    to: Entry,
    overrun: usize,
) -> Option<NonNull<u8>> {
    let from = records::read(record);
    // Once the pages have moved there is no way back, so whatever can fail comes before.
    let leaf = page_map::SpareLeaf::new()?;
    loop {
        match PROCESS.with(|state| state.begin_growth(account, from, to, overrun)) {
            Begun::Charged => break,
            Begun::Trimmed(chain) => PROCESS.unmap(chain),
            Begun::Wait => yield_now(),
            Begun::Reused(..) | Begun::Denied(_) => return None,
        }
    }
    page_map::remove(from.address);
    // SAFETY: the block is the caller's, of the class that its record has.
    match unsafe { Mapped::of_data(data, from.class) }.resized(to.class) {
        Ok(pages) => {
            let moved = pages.hand_out(Mapped::offset_of(data));
            let address = moved.addr().get();
            PROCESS.with(|_| records::relocate(record, Entry { address, ..to }));
            page_map::enter_with(address, record, leaf);
            Some(moved)
        }
        Err(pages) => {
            pages.hand_out(Mapped::offset_of(data));
            PROCESS.with(|state| state.recharge_array(account, to, from));
            page_map::enter_again(from.address, record);
            None
        }
    }
}
