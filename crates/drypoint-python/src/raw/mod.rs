//! The borders where Python's memory is lent to Rust and Rust's to Python.

mod addresses;
mod caller;
mod capsule;
mod census;
mod departure;
mod descriptor;
mod frame;
mod handler;
mod heap;
mod held;
mod interpreter;
mod island;
mod kinds;
mod lend;
mod loan;
mod moment;
mod ndarray;
mod objects;
mod room;
mod symbol;
mod threads;

pub(crate) use addresses::slots_for;
pub(crate) use caller::{null_is_safe, warm};
pub(crate) use capsule::{export, take_array, take_stream};
pub(crate) use census::{Census, census, tracked};
pub(crate) use departure::{Fleeting, unwatch_deaths, watch_deaths};
pub(crate) use descriptor::Input;
pub(crate) use frame::{Calls, Frame, Position, Quiet, attached, line};
pub(crate) use handler::{HandlerError, NumPy, handler_for};
pub(crate) use heap::{DEFAULT_THRESHOLD, numbers as heap_numbers, set_thresholds, trim};
pub(crate) use held::Held;
pub(crate) use interpreter::refuse_other_interpreters;
pub(crate) use island::{Graph, Kind, free, gather};
pub(crate) use lend::{Cells, item_bytes, lend, release, row_major};
pub(crate) use loan::Loan;
pub(crate) use moment::{
    Aside, Pending, add_pending_call, collector_is_on, raise_soon, thread_number, with_interpreter,
    with_interpreter_again,
};
pub(crate) use ndarray::array_data;
pub(crate) use objects::{Heap as RawHeap, UNNAMED, walk};
pub(crate) use room::Room;
pub(crate) use threads::thread_data;
