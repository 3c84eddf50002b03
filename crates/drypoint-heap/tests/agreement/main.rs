//! Every algorithm against a slow, obvious twin, on small random graphs with loops, repeated edges, garbage and cycles.

mod chains;
mod cycles;
mod differences;
mod dominators;
mod groups;
mod heaps;
mod retained;
mod twins;
