//! The compiled core of the Python package.
