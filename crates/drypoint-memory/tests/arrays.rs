//! Arrays of other libraries from the process's pool: their contents, their accounts, and what is none of ours.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard};

use drypoint_memory::{
    ArrayAccount, ArrayRequest, Denied, MemoryPool, free_array, is_array, live_array_bytes, living_arrays,
    resize_array,
};
use proptest::prelude::*;

/// The pool is the process's, and so are its limits: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

const KB: usize = 1 << 10;

fn request(bytes: usize) -> ArrayRequest {
    ArrayRequest { bytes, zeroed: false, site: 0, overrun: 0 }
}

fn zeros(bytes: usize) -> ArrayRequest {
    ArrayRequest { zeroed: true, ..request(bytes) }
}

/// An array, freed when it goes, whose bytes all follow from its seed.
struct Array {
    data: NonNull<u8>,
    bytes: usize,
    seed: u8,
}

// SAFETY: it owns its memory.
unsafe impl Send for Array {}

impl Array {
    fn new(account: &Arc<ArrayAccount>, wanted: ArrayRequest, seed: u8) -> Result<Self, Denied> {
        let data = account.allocate(wanted)?;
        let mut array = Self { data, bytes: wanted.bytes, seed };
        if wanted.zeroed {
            assert!(array.items().iter().all(|&byte| byte == 0), "zeros of {} bytes", wanted.bytes);
        }
        array.fill();
        Ok(array)
    }

    fn items(&mut self) -> &mut [u8] {
        // SAFETY: it owns as many bytes, which `new` or the system wrote.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), self.bytes) }
    }

    fn fill(&mut self) {
        let seed = self.seed;
        for (at, byte) in self.items().iter_mut().enumerate().step_by(977) {
            *byte = seed.wrapping_add(at as u8);
        }
    }

    fn check(&mut self, bytes: usize) {
        let seed = self.seed;
        for (at, &byte) in self.items()[..bytes].iter().enumerate().step_by(977) {
            assert_eq!(byte, seed.wrapping_add(at as u8), "at {at}");
        }
    }

    fn resize(&mut self, bytes: usize) {
        // SAFETY: it owns the array.
        self.data =
            unsafe { resize_array(self.data.as_ptr(), bytes, 0, 0) }.expect("ours").expect("there is room");
        let kept = self.bytes.min(bytes);
        self.bytes = bytes;
        self.check(kept);
        self.fill();
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        self.check(self.bytes);
        // SAFETY: it owns the array.
        assert!(unsafe { free_array(self.data.as_ptr()) });
    }
}

#[derive(Debug, Clone)]
enum Step {
    Make { bytes: usize, zeroed: bool },
    Resize { which: usize, bytes: usize },
    Free { which: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bytes = prop_oneof![6 => 64 * KB..300 * KB, 2 => 1..64 * KB, 2 => 1024 * KB..6000 * KB];
    let step = prop_oneof![
        4 => (bytes.clone(), any::<bool>()).prop_map(|(bytes, zeroed)| Step::Make { bytes, zeroed }),
        2 => (any::<usize>(), bytes).prop_map(|(which, bytes)| Step::Resize { which, bytes }),
        3 => any::<usize>().prop_map(|which| Step::Free { which }),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn accounts_add_up(steps in steps()) {
        let _alone = alone();
        let root = ArrayAccount::root();
        let inner = root.child("inner", usize::MAX);
        let mut arrays: Vec<Array> = Vec::new();
        let (mut made, mut allocated) = (0, 0);
        for (seed, step) in steps.into_iter().enumerate() {
            match step {
                Step::Make { bytes, zeroed } => {
                    let wanted = ArrayRequest { zeroed, ..request(bytes) };
                    arrays.push(Array::new(&inner, wanted, seed as u8).unwrap());
                    made += 1;
                    allocated += bytes as u64;
                }
                Step::Resize { which, bytes } if !arrays.is_empty() => {
                    let which = which % arrays.len();
                    arrays[which].resize(bytes);
                }
                Step::Free { which } if !arrays.is_empty() => {
                    arrays.swap_remove(which % arrays.len());
                }
                _ => {}
            }
            let live = arrays.iter().map(|array| array.bytes).sum::<usize>();
            for account in [&root, &inner] {
                let usage = account.usage();
                prop_assert_eq!((usage.live, usage.arrays), (live, arrays.len()));
                prop_assert!(usage.peak >= live && usage.allocations >= made && usage.allocated >= allocated);
                prop_assert_eq!(usage.hits + usage.misses, usage.allocations);
            }
            let mut sizes: Vec<_> = living_arrays(&inner).into_iter().map(|(bytes, _)| bytes).collect();
            let mut expected: Vec<_> = arrays.iter().map(|array| array.bytes).collect();
            sizes.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(sizes, expected);
        }
        drop(arrays);
        prop_assert_eq!((root.live(), inner.live()), (0, 0));
        drop(inner);
        prop_assert_eq!(Arc::strong_count(&root), 1);
    }
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let foreign = vec![0u8; 1 << 20];
    let account = ArrayAccount::root();
    let array = Array::new(&account, request(100 * KB), 1).unwrap();
    let inside = array.data.as_ptr().wrapping_add(128);
    for pointer in [std::ptr::null_mut(), foreign.as_ptr().cast_mut(), inside] {
        assert!(!is_array(pointer));
        // SAFETY: none of ours, so nothing is done.
        assert!(unsafe { !free_array(pointer) && resize_array(pointer, 10, 0, 0).is_none() });
    }
    assert!(is_array(array.data.as_ptr()));
}

#[test]
fn ceilings_hold_inwards_and_may_be_passed_on_request() {
    let _alone = alone();
    let outer = ArrayAccount::root().child("outer", 300 * KB);
    let inner = outer.child("inner", 200 * KB);
    let first = Array::new(&inner, request(150 * KB), 1).unwrap();
    let denied = Array::new(&inner, request(100 * KB), 2).err().unwrap();
    let Denied::Account { name, limit, available } = denied else { panic!("{denied:?}") };
    assert_eq!((&*name, limit, available), ("inner", 200 * KB, 50 * KB));
    let second = Array::new(&outer, request(150 * KB), 3).unwrap();
    assert_eq!(outer.available(), 0);
    assert!(
        matches!(Array::new(&inner, request(1), 4), Err(Denied::Account { name, .. }) if &*name == "outer")
    );
    let over = Array::new(&inner, ArrayRequest { overrun: usize::MAX, ..request(100 * KB) }, 5).unwrap();
    assert_eq!(inner.usage().live, 250 * KB);
    drop((first, second, over));
    assert_eq!(outer.usage().live, 0);
    assert_eq!(outer.usage().peak, 400 * KB);
}

#[test]
fn the_budget_of_the_process_counts_them_if_it_is_told_to() {
    let _alone = alone();
    let (pool, account) = (MemoryPool::process(), ArrayAccount::root());
    let before = pool.limit();
    pool.set_limit(64 << 20).unwrap();
    let array = Array::new(&account, request(100 << 20), 1).unwrap();
    assert!(pool.count_arrays(true).is_err());
    drop(array);
    pool.count_arrays(true).unwrap();
    let array = Array::new(&account, request(40 << 20), 1).unwrap();
    let usage = pool.snapshot();
    assert!(usage.consumer("arrays").unwrap().reserved >= 40 << 20);
    assert!(usage.available < 24 << 20);
    assert!(matches!(Array::new(&account, request(40 << 20), 1), Err(Denied::Pool { .. })));
    assert!(pool.consumer("test").try_reserve(40 << 20).is_err());
    assert!(pool.set_limit(32 << 20).is_err());
    drop(array);
    // What idles makes room, for other sizes too.
    drop(Array::new(&account, request(60 << 20), 1).unwrap());
    drop(pool.consumer("test").try_reserve(60 << 20).unwrap());
    pool.count_arrays(false).unwrap();
    pool.set_limit(before).unwrap();
}

#[test]
fn untouched_zeros_stay_with_the_system() {
    let _alone = alone();
    let account = ArrayAccount::root();
    for bytes in [4 << 20, 100 << 20] {
        MemoryPool::process().trim(0);
        for _ in 0..3 {
            let data = account.allocate(zeros(bytes)).unwrap();
            // SAFETY: just made, given up at once.
            assert!(unsafe { free_array(data.as_ptr()) });
        }
        if cfg!(target_os = "linux") {
            assert_eq!(MemoryPool::process().snapshot().idle, 0);
        }
        // Those that are filled are kept, and cleared where they serve again.
        for seed in 0..3 {
            drop(Array::new(&account, zeros(bytes), seed).unwrap());
        }
        assert!(MemoryPool::process().snapshot().idle >= bytes);
    }
    assert!(account.usage().hits > 0);
}

#[test]
fn threads_share_the_pool_and_keep_their_contents() {
    let _alone = alone();
    let root = ArrayAccount::root();
    let handed_on: Mutex<Vec<Array>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            let (root, handed_on) = (&root, &handed_on);
            scope.spawn(move || {
                let account = root.child("thread", usize::MAX);
                let mut arrays = Vec::new();
                let mut random = u64::from(thread) + 1;
                for turn in 0..400 {
                    random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let bytes = (random >> 33) as usize % (400 * KB) + 1;
                    match (random >> 20) % 5 {
                        0 | 1 => arrays.push(
                            Array::new(
                                &account,
                                ArrayRequest { zeroed: turn % 3 == 0, ..request(bytes) },
                                turn as u8,
                            )
                            .unwrap(),
                        ),
                        2 => drop(arrays.pop()),
                        3 => handed_on.lock().unwrap().extend(arrays.pop()),
                        _ => {
                            let taken = handed_on.lock().unwrap().pop();
                            if let Some(mut taken) = taken {
                                taken.resize(bytes);
                            }
                        }
                    }
                }
            });
        }
    });
    drop(handed_on);
    assert_eq!(root.usage().live, 0);
    assert_eq!(Arc::strong_count(&root), 1);
}

/// An array of an account with a ceiling, as it is and as it becomes.
fn resized(array: &mut Array, bytes: usize) -> Result<(), Denied> {
    let kept = array.bytes.min(bytes);
    // SAFETY: it owns the array.
    array.data = unsafe { resize_array(array.data.as_ptr(), bytes, 0, 0) }.expect("ours")?;
    array.bytes = bytes;
    array.check(kept);
    array.fill();
    Ok(())
}

#[test]
fn only_the_difference_has_to_fit() {
    let _alone = alone();
    for counted in [false, true] {
        let pool = MemoryPool::process();
        let before = pool.limit();
        pool.trim(0);
        pool.set_limit(110 << 20).unwrap();
        pool.count_arrays(counted).unwrap();
        let root = ArrayAccount::root();
        let account = root.child("scope", 100 << 20);
        let mut array = Array::new(&account, request(60 << 20), 1).unwrap();
        resized(&mut array, 50 << 20).unwrap();
        if cfg!(target_os = "linux") {
            resized(&mut array, 90 << 20).unwrap();
            assert!(resized(&mut array, 101 << 20).is_err());
            assert_eq!((account.live(), account.usage().arrays), (90 << 20, 1));
            assert!(account.usage().peak <= 100 << 20);
        }
        // Beyond its ceiling it may still become smaller.
        let over =
            Array::new(&account, ArrayRequest { overrun: usize::MAX, ..request(40 << 20) }, 2).unwrap();
        resized(&mut array, 70 << 20).unwrap();
        resized(&mut array, 100 * KB).unwrap();
        drop((over, array));
        assert_eq!((account.live(), root.live()), (0, 0));
        assert_eq!(account.usage().hits + account.usage().misses, account.usage().allocations);
        pool.count_arrays(false).unwrap();
        pool.set_limit(before).unwrap();
    }
}

#[test]
fn a_closed_account_hands_its_requests_on() {
    let _alone = alone();
    let root = ArrayAccount::root();
    let outer = root.child("outer", 500 * KB);
    let inner = outer.child("inner", 200 * KB);
    let mut early = Array::new(&inner, request(150 * KB), 1).unwrap();
    assert!(Array::new(&inner, request(100 * KB), 2).is_err());
    inner.close();
    let late = Array::new(&inner, request(300 * KB), 3).unwrap();
    assert_eq!((inner.usage().live, outer.usage().live), (150 * KB, 450 * KB));
    assert_eq!(inner.available(), 50 * KB);
    assert!(
        matches!(Array::new(&inner, request(100 * KB), 4), Err(Denied::Account { name, .. }) if &*name == "outer")
    );
    early.resize(180 * KB);
    outer.close();
    root.close();
    drop(Array::new(&inner, request(900 * KB), 5).unwrap());
    drop((early, late));
    assert_eq!((inner.live(), outer.live(), root.live()), (0, 0, 0));
    assert_eq!(root.usage().peak, 900 * KB + 480 * KB);
}

#[cfg(feature = "fault-injection")]
#[test]
fn what_the_system_refuses_is_as_if_it_had_not_been_asked() {
    use drypoint_memory::fault::fail_next_mappings;

    let _alone = alone();
    let account = ArrayAccount::root();
    let mut array = Array::new(&account, request(9 << 20), 1).unwrap();
    let before = (account.usage(), MemoryPool::process().snapshot().live);
    for failures in 1..12 {
        MemoryPool::process().trim(0);
        fail_next_mappings(failures);
        match account.allocate(request(20 << 20)) {
            // SAFETY: just made.
            Ok(data) => assert!(unsafe { free_array(data.as_ptr()) }),
            Err(denied) => {
                assert_eq!(denied, Denied::System);
                assert_eq!((account.usage(), MemoryPool::process().snapshot().live), before);
            }
        }
        fail_next_mappings(0);
        if account.usage().allocations > before.0.allocations {
            break;
        }
    }
    for failures in 1..6 {
        MemoryPool::process().trim(0);
        fail_next_mappings(failures);
        let grown = resized(&mut array, (10 + failures) << 20);
        fail_next_mappings(0);
        array.check(array.bytes);
        assert_eq!(account.usage().live, array.bytes, "{grown:?}");
    }
}

#[test]
fn growth_is_seen_by_whoever_watches() {
    let _alone = alone();
    let account = ArrayAccount::root();
    let before = live_array_bytes();
    let array = Array::new(&account, request(123 * KB), 1).unwrap();
    assert_eq!(live_array_bytes(), before + 123 * KB);
    drop(array);
    assert_eq!(live_array_bytes(), before);
}
