//! Who has an account and who can be asked to give memory back.
//!
//! Nothing may be allocated under the lock, yet the lists grow: so a list is copied outside, changed there, and put in
//! the place of the old one under the lock, if that is still the one that was copied.

use std::sync::Arc;

use super::account::Account;
use super::core::Core;
use super::reclaim::{ReclaimOrder, Reclaimer, Registered};
use super::state::State;
use crate::ledger::ConsumerUsage;

/// Names that hold nothing are forgotten beyond so many.
const REMEMBERED_ACCOUNTS: usize = 256;

impl Core {
    /// The account of a name, the same for all who use the name.
    pub(super) fn account(&self, name: &str) -> Arc<Account> {
        let find = |state: &mut State| {
            state
                .accounts
                .iter()
                .flat_map(|accounts| accounts.iter())
                .find(|account| &**account.name() == name)
                .cloned()
        };
        if let Some(account) = self.with(find) {
            return account;
        }
        let account = Arc::new(Account::new(name));
        loop {
            let known = self.with(|state| state.accounts.clone());
            let accounts = known.as_deref().unwrap_or_default();
            // An account that only the list holds (and this copy of it) is nobody's any more.
            let forgotten =
                |account: &Arc<Account>| Arc::strong_count(account) == 2 && account.holds_nothing();
            let (gone, mut next): (Vec<_>, Vec<_>) = if accounts.len() < REMEMBERED_ACCOUNTS {
                (Vec::new(), accounts.to_vec())
            } else {
                accounts.iter().cloned().partition(forgotten)
            };
            next.push(account.clone());
            let next: Arc<[_]> = next.into();
            // The lists are exchanged under the lock if nobody came by since; the loser is freed after it.
            let outcome = self.with(|state| {
                if let Some(account) = find(state) {
                    return Ok((account, Some(next)));
                }
                if same_list(&state.accounts, &known) && gone.iter().all(forgotten) {
                    return Ok((account.clone(), state.accounts.replace(next)));
                }
                Err(next)
            });
            if let Ok((account, _)) = outcome {
                return account;
            }
        }
    }

    pub(super) fn register(&self, order: ReclaimOrder, reclaimer: &Arc<dyn Reclaimer>) {
        self.change_reclaimers(|reclaimers| {
            let place = reclaimers.partition_point(|registered| registered.order <= order);
            reclaimers.insert(place, Registered { order, reclaimer: Arc::downgrade(reclaimer) });
        });
    }

    pub(super) fn unregister(&self, reclaimer: &Arc<dyn Reclaimer>) {
        let gone = Arc::as_ptr(reclaimer).cast::<()>();
        self.change_reclaimers(|reclaimers| {
            let place =
                reclaimers.iter().position(|registered| registered.reclaimer.as_ptr().cast::<()>() == gone);
            if let Some(place) = place {
                reclaimers.remove(place);
            }
        });
    }

    fn change_reclaimers(&self, change: impl Fn(&mut Vec<Registered>)) {
        loop {
            let known = self.with(|state| state.reclaimers.clone());
            let mut next = known.as_deref().unwrap_or_default().to_vec();
            change(&mut next);
            let next: Arc<[_]> = next.into();
            let old = self.with(|state| {
                if same_list(&state.reclaimers, &known) {
                    Ok(state.reclaimers.replace(next))
                } else {
                    Err(next)
                }
            });
            if old.is_ok() {
                return;
            }
        }
    }

    /// What each consumer holds, together with what `look` sees in the same instant.
    pub(super) fn usage<R>(&self, look: impl Fn(&State) -> R) -> (R, Vec<ConsumerUsage>) {
        loop {
            let known = self.with(|state| state.accounts.clone());
            let accounts = known.as_deref().unwrap_or_default();
            let mut usage = Vec::with_capacity(accounts.len());
            let seen = self.with(|state| {
                usage.extend(accounts.iter().map(|account| account.usage()));
                same_list(&state.accounts, &known).then(|| look(state))
            });
            if let Some(seen) = seen {
                return (seen, usage);
            }
        }
    }
}

fn same_list<T: ?Sized>(one: &Option<Arc<T>>, other: &Option<Arc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}
