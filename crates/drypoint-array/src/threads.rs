//! Threads that share one piece of work: each takes of it until there is none.

use crate::Result;

/// Run `work` on so many threads; the first error of any is the result.
pub(crate) fn share(workers: usize, work: &(impl Fn() -> Result<()> + Sync)) -> Result<()> {
    if workers < 2 {
        return work();
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for other in others {
            let joined = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(joined);
        }
        result
    })
}
