//! Blocks that wait for their next use, in lists that are threaded through the blocks themselves: no heap is
//! needed, so the lists can live in a `static` and serve an allocator.
//!
//! Each block is in two lists. That of its class gives the most recently used first, whose pages are most likely
//! still in the cache; that of all blocks goes by age, and its far end is trimmed.

use std::ptr::{self, NonNull};

use super::block::Mapped;
use crate::class::Class;

/// A block that idled for so long, while so many large requests passed it over, is not waited for any more.
const OLD_MILLIS: u64 = 2_000;
const OLD_REQUESTS: u64 = 64;

/// When a block came to idle: the time, and how many large requests there had been.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Age {
    pub(crate) millis: u64,
    pub(crate) requests: u64,
}

/// What an idle block holds in its first bytes. Words only: no padding, so the bytes stay initialised.
#[repr(C)]
struct Node {
    class: usize,
    /// Neighbours in the list of the class; the head is the most recently used.
    newer_of_class: *mut Node,
    older_of_class: *mut Node,
    /// Neighbours in the list of all.
    newer: *mut Node,
    older: *mut Node,
    since: Age,
}

/// Idle blocks of one pool.
#[derive(Debug)]
pub(crate) struct IdleBlocks {
    newest_of_class: [*mut Node; Class::COUNT],
    newest: *mut Node,
    oldest: *mut Node,
    bytes: usize,
}

// SAFETY: the lists own their blocks, and blocks are not tied to a thread.
unsafe impl Send for IdleBlocks {}

impl IdleBlocks {
    pub(crate) const fn new() -> Self {
        let none = ptr::null_mut();
        Self { newest_of_class: [none; Class::COUNT], newest: none, oldest: none, bytes: 0 }
    }

    /// Bytes of all the blocks.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keep a block for later.
    pub(crate) fn put(&mut self, block: Mapped, since: Age) {
        #[cfg(asan)]
        super::poison::poison(block.base(), block.bytes());
        self.bytes += block.bytes();
        let class = block.class().index();
        let node = block.into_base().as_ptr().cast::<Node>();
        let older_of_class = std::mem::replace(&mut self.newest_of_class[class], node);
        let older = std::mem::replace(&mut self.newest, node);
        let newer = ptr::null_mut();
        // SAFETY: `node` is the first page of a mapping that these lists own from here on: writable, aligned to a
        // page, and large enough. The neighbours are nodes of these lists, hence alive.
        unsafe {
            node.write(Node { class, newer_of_class: newer, older_of_class, newer, older, since });
            if let Some(older_of_class) = older_of_class.as_mut() {
                older_of_class.newer_of_class = node;
            }
            match older.as_mut() {
                Some(older) => older.newer = node,
                None => self.oldest = node,
            }
        }
    }

    /// The most recently used block of a class.
    pub(crate) fn take(&mut self, class: Class) -> Option<Mapped> {
        let node = NonNull::new(self.newest_of_class[class.index()])?;
        // SAFETY: a head is a node of these lists.
        Some(unsafe { self.unlink(node) })
    }

    /// Whether there is a block of a class.
    pub(crate) fn has(&self, class: Class) -> bool {
        !self.newest_of_class[class.index()].is_null()
    }

    /// The block that was not used for longest.
    pub(crate) fn take_oldest(&mut self) -> Option<Mapped> {
        let node = NonNull::new(self.oldest)?;
        // SAFETY: the end of the list is a node of these lists.
        Some(unsafe { self.unlink(node) })
    }

    /// The block that was not used for longest, if it is old by now. No timer is needed: whoever gives a block back asks.
    pub(crate) fn take_aged(&mut self, now: Age) -> Option<Mapped> {
        let node = NonNull::new(self.oldest)?;
        // SAFETY: the end of the list is a node of these lists.
        let since = unsafe { node.as_ref() }.since;
        let old = now.millis.saturating_sub(since.millis) > OLD_MILLIS
            && now.requests.saturating_sub(since.requests) >= OLD_REQUESTS;
        // SAFETY: as above.
        old.then(|| unsafe { self.unlink(node) })
    }

    /// # Safety
    /// `node` is in these lists.
    unsafe fn unlink(&mut self, node: NonNull<Node>) -> Mapped {
        // SAFETY: the caller vouches that `node` is alive in these lists, and so then are its neighbours. It is in
        // no list when it is made a block again, of the class that it was put in with.
        let block = unsafe {
            let Node { class, newer_of_class, older_of_class, newer, older, .. } = node.read();
            match newer_of_class.as_mut() {
                Some(newer) => newer.older_of_class = older_of_class,
                None => self.newest_of_class[class] = older_of_class,
            }
            if let Some(older) = older_of_class.as_mut() {
                older.newer_of_class = newer_of_class;
            }
            match newer.as_mut() {
                Some(newer) => newer.older = older,
                None => self.newest = older,
            }
            match older.as_mut() {
                Some(older) => older.newer = newer,
                None => self.oldest = newer,
            }
            Mapped::from_base(node.cast(), Class::from_index(class))
        };
        #[cfg(asan)]
        super::poison::unpoison(block.base(), block.bytes());
        self.bytes -= block.bytes();
        block
    }
}

impl Drop for IdleBlocks {
    fn drop(&mut self) {
        while let Some(block) = self.take_oldest() {
            drop(block);
        }
    }
}

/// Blocks on their way out, strung together so that they can be carried away from under a lock without a heap.
/// Dropping it gives their pages back to the system.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    first: Option<NonNull<Node>>,
    bytes: usize,
}

// SAFETY: a chain owns its blocks, and blocks are not tied to a thread.
unsafe impl Send for Chain {}

impl Chain {
    /// Bytes of all the blocks.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Add a block in front.
    pub(crate) fn push(&mut self, block: Mapped) {
        self.bytes += block.bytes();
        let class = block.class().index();
        let node = block.into_base().cast::<Node>();
        let none = ptr::null_mut();
        let older = self.first.map_or(none, NonNull::as_ptr);
        // SAFETY: as in `IdleBlocks::put`: the first page of a mapping that the chain owns from here on.
        unsafe {
            let since = Age { millis: 0, requests: 0 };
            node.write(Node { class, newer_of_class: none, older_of_class: none, newer: none, older, since });
        }
        self.first = Some(node);
    }

    /// The block that was added last.
    pub(crate) fn pop(&mut self) -> Option<Mapped> {
        let node = self.first?;
        // SAFETY: the chain owns `node`, which is not in it when it is made a block again, of the class that it was
        // pushed with.
        let block = unsafe {
            let Node { class, older, .. } = node.read();
            self.first = NonNull::new(older);
            Mapped::from_base(node.cast(), Class::from_index(class))
        };
        self.bytes -= block.bytes();
        Some(block)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        while let Some(block) = self.pop() {
            drop(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const NEW: Age = Age { millis: 0, requests: 0 };

    #[derive(Debug, Clone)]
    enum Step {
        Put(usize),
        Take(usize),
        TakeOldest,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (0usize..4).prop_map(Step::Put),
            2 => (0usize..4).prop_map(Step::Take),
            1 => Just(Step::TakeOldest),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lists_agree_with_a_queue(steps in steps()) {
            let mut idle = IdleBlocks::new();
            let mut model: VecDeque<(usize, usize)> = VecDeque::new();
            for step in steps {
                match step {
                    Step::Put(index) => {
                        let block = Mapped::fresh(Class::from_index(index)).unwrap();
                        model.push_back((index, block.base().addr().get()));
                        idle.put(block, NEW);
                    }
                    Step::Take(index) => {
                        let at = model.iter().rposition(|&(class, _)| class == index);
                        let expected = at.and_then(|at| model.remove(at)).map(|(_, base)| base);
                        let block = idle.take(Class::from_index(index));
                        prop_assert_eq!(block.map(|block| block.base().addr().get()), expected);
                    }
                    Step::TakeOldest => {
                        let expected = model.pop_front().map(|(_, base)| base);
                        prop_assert_eq!(idle.take_oldest().map(|block| block.base().addr().get()), expected);
                    }
                }
                let bytes = model.iter().map(|&(class, _)| Class::from_index(class).mapped_bytes()).sum::<usize>();
                prop_assert_eq!(idle.bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_block_is_old_when_time_and_requests_passed_it() {
        let mut idle = IdleBlocks::new();
        idle.put(Mapped::fresh(Class::from_index(0)).unwrap(), NEW);
        assert!(idle.take_aged(Age { millis: OLD_MILLIS, requests: 1000 }).is_none());
        assert!(idle.take_aged(Age { millis: 1_000_000, requests: OLD_REQUESTS - 1 }).is_none());
        assert!(idle.take_aged(Age { millis: OLD_MILLIS + 1, requests: OLD_REQUESTS }).is_some());
        assert_eq!(idle.bytes(), 0);
    }

    #[test]
    fn a_chain_returns_what_it_was_given() {
        let mut chain = Chain::default();
        for index in 0..3 {
            chain.push(Mapped::fresh(Class::from_index(index)).unwrap());
        }
        assert_eq!(chain.bytes(), (0..3).map(|index| Class::from_index(index).mapped_bytes()).sum::<usize>());
        assert_eq!(chain.pop().map(|block| block.class().index()), Some(2));
        assert_eq!(chain.pop().map(|block| block.class().index()), Some(1));
        assert_eq!(chain.bytes(), Class::from_index(0).mapped_bytes());
    }
}
